"""Reading a whole list page by page while others change it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol, TypeVar

from bot.connectors.chatgpt.wire import Keyed
from bot.connectors.contract import Unexpected

PAGE: Final = 100  # the longest page that any client asks for

Entry_co = TypeVar("Entry_co", bound=Keyed, covariant=True)
Entry = TypeVar("Entry", bound=Keyed)


class Stretch(Protocol[Entry_co]):
    """A page of a list that is walked through by position."""

    @property
    def items(self) -> Sequence[Entry_co]: ...

    @property
    def total(self) -> int | None:
        """How long the whole list is; None where the page does not say."""
        ...

    @property
    def limit(self) -> int | None:
        """How long pages are; None where the page does not say."""
        ...


#: Reads the page that begins at an offset.
ReadPage = Callable[[int], Awaitable[Stretch[Entry]]]


async def everything(read: ReadPage[Entry]) -> list[Entry]:
    """All items, each once. Read once more when what the list says of its length does not fit: somebody has come or
    gone between two pages, and moved somebody else across their border.
    """
    items, fits = await _once(read)
    if not fits:
        again, fits = await _once(read)
        items = again if fits else items | again
    return list(items.values())


async def _once(read: ReadPage[Entry]) -> tuple[dict[str, Entry], bool]:
    """All pages once, and whether every page told the length that came out (a missing or zero total tells none)."""
    items: dict[str, Entry] = {}
    totals: set[int] = set()
    offset = 0
    while True:
        page = await read(offset)
        known = len(items)
        items |= {item.key: item for item in page.items}
        if page.total:
            totals.add(page.total)
        length = page.limit or PAGE  # the server may give shorter pages than it was asked for
        complete = bool(page.total) and len(items) >= (page.total or 0)
        if complete or len(page.items) < length or len(items) == known:
            return items, totals <= {len(items)}
        offset += length


# -- lists with a cursor -----------------------------------------------------------------------------------------------
class Listing(Protocol[Entry_co]):
    """A page of a list that is walked through from one item to the next."""

    @property
    def data(self) -> Sequence[Entry_co]: ...

    @property
    def has_more(self) -> bool | None:
        """None where the page does not say."""
        ...

    def following(self) -> dict[str, str]:
        """The query that asks for what comes after this page."""
        ...


async def walked(read: Callable[[dict[str, str]], Awaitable[Listing[Entry_co]]]) -> list[Entry_co]:
    """All items, each once. A list that does not say whether it goes on is asked until nothing new comes.

    Raises:
        Unexpected: the list says that it goes on, and does not: a part of it may be missing.
    """
    items: dict[str, Entry_co] = {}
    query: dict[str, str] = {}
    while True:
        page = await read(query)
        known = len(items)
        items |= {item.key: item for item in page.data}
        if page.has_more is False or (page.has_more is None and len(items) == known):
            return list(items.values())
        if len(items) == known:
            raise Unexpected("ChatGPT says that a list goes on, and gives nothing new of it.")
        query = page.following()

"""Reading a whole list page by page while others change it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from bot.connectors.chatgpt.wire import Item, Page

PAGE: Final = 100  # the longest page that any client asks for

#: Reads the page that begins at an offset.
ReadPage = Callable[[int], Awaitable[Page[Item]]]


async def everything(read: ReadPage[Item]) -> list[Item]:
    """All items, each once. Read once more when what the list says of its length does not fit: somebody has come or
    gone between two pages, and moved somebody else across their border.
    """
    items, fits = await _once(read)
    if not fits:
        again, fits = await _once(read)
        items = again if fits else items | again
    return list(items.values())


async def _once(read: ReadPage[Item]) -> tuple[dict[str, Item], bool]:
    """All pages once, and whether every page told the length that came out (a missing or zero total tells none)."""
    items: dict[str, Item] = {}
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

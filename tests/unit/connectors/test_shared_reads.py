"""Many who look into one list share the reading of it, and nobody believes a read that began before they asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from bot.connectors.chatgpt.shared_reads import SharedReads
from bot.connectors.contract import TryLater

#: searches side by side, so that a test needs no crowd
FEW = 2

Entry = tuple[str | None, str]  # address, role


@dataclass
class Provider:
    """A list of which every read waits until it is let go, and then shows what was there when it began."""

    entries: list[Entry]
    reads: list[str] = field(default_factory=list)  # the address that was searched for, or "everything"
    doors: list[asyncio.Future[None]] = field(default_factory=list)

    async def search(self, email: str) -> list[Entry]:
        return [entry for entry in await self._read(email) if entry[0] == email]

    async def everything(self) -> list[Entry]:
        return await self._read("everything")

    async def _read(self, what: str) -> list[Entry]:
        seen = list(self.entries)
        self.reads.append(what)
        self.doors.append(asyncio.get_running_loop().create_future())
        await self.doors[-1]
        return seen

    @property
    def under_way(self) -> list[str]:
        return [read for read, door in zip(self.reads, self.doors, strict=True) if not door.done()]

    def let_go(self, error: Exception | None = None) -> None:
        """Everything that is being read comes to its end."""
        for door in self.doors:
            if not door.done():
                door.set_exception(error) if error else door.set_result(None)


def shared(provider: Provider, *, page: int = 100, scarce: bool = False, few: int = FEW) -> SharedReads[Entry]:
    return SharedReads(
        search=provider.search,
        everything=provider.everything,
        address=lambda entry: entry[0],
        page=page,
        scarce=lambda: scarce,
        few=few,
    )


@pytest.fixture
def provider() -> Provider:
    return Provider([(f"p{number}", "member") for number in range(10)])


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110  # a condition, not an event
            await asyncio.sleep(0)


def look(list_: SharedReads[Entry], *numbers: int) -> list[asyncio.Task[list[Entry]]]:
    return [asyncio.create_task(list_.about(f"p{number}")) for number in numbers]


async def test_whoever_is_alone_searches_at_once(provider: Provider) -> None:
    """No wait, no whole list."""
    (looking,) = look(shared(provider), 3)
    await until(lambda: provider.under_way == ["p3"])
    provider.let_go()
    assert await looking == [("p3", "member")]
    assert provider.reads == ["p3"]


async def test_those_who_come_meanwhile_are_served_together(provider: Provider) -> None:
    """The first few search; the others share one reading of the whole list, each finding their own."""
    looking = look(shared(provider), *range(10))
    await until(lambda: len(provider.reads) == FEW)
    provider.let_go()
    await until(lambda: provider.under_way == ["everything"])
    provider.let_go()
    assert await asyncio.gather(*looking) == [[(f"p{number}", "member")] for number in range(10)]
    assert len(provider.reads) == FEW + 1


async def test_a_read_that_is_under_way_is_never_joined(provider: Provider) -> None:
    """Whoever asks while the whole list is read may have been changed since it began: they get the next one."""
    list_ = shared(provider)
    early = look(list_, *range(8))
    await until(lambda: len(provider.reads) == FEW)
    provider.let_go()
    await until(lambda: provider.under_way == ["everything"])
    provider.entries = [(f"p{number}", "admin") for number in range(10)]
    late = look(list_, *range(2, 8))
    await asyncio.sleep(0)
    provider.let_go()
    assert await asyncio.gather(*early) == [[(f"p{number}", "member")] for number in range(8)]
    await until(lambda: provider.under_way == ["everything"])
    provider.let_go()
    assert await asyncio.gather(*late) == [[(f"p{number}", "admin")] for number in range(2, 8)]


async def test_a_long_list_is_worth_reading_for_a_greater_crowd_only(provider: Provider) -> None:
    """Its pages come one after the other, searches side by side: for ten people five pages are no shorter way."""
    list_ = shared(provider, page=2)
    first = look(list_, *range(6))
    await until(lambda: len(provider.reads) == FEW)  # how long the list is, nobody knows yet
    provider.let_go()
    await until(lambda: provider.under_way == ["everything"])
    provider.let_go()
    await asyncio.gather(*first)
    second = look(list_, *range(10))
    await until(lambda: len(provider.under_way) == 10)
    provider.let_go()
    assert await asyncio.gather(*second) == [[(f"p{number}", "member")] for number in range(10)]
    assert provider.reads.count("everything") == 1


async def test_an_error_reaches_everybody_who_waits(provider: Provider) -> None:
    """And nobody else: the next look begins anew."""
    list_ = shared(provider)
    looking = look(list_, *range(8))
    await until(lambda: len(provider.reads) == FEW)
    provider.let_go()
    await until(lambda: provider.under_way == ["everything"])
    provider.let_go(TryLater("busy"))
    outcomes = await asyncio.gather(*looking, return_exceptions=True)
    assert [isinstance(outcome, TryLater) for outcome in outcomes] == [False] * FEW + [True] * (8 - FEW)
    (again,) = look(list_, 1)
    await until(lambda: provider.under_way == ["p1"])
    provider.let_go()
    assert await again == [("p1", "member")]


async def test_an_error_of_a_search_holds_nobody_up(provider: Provider) -> None:
    """It is only theirs who searched."""
    looking = look(shared(provider), *range(8))
    await until(lambda: len(provider.reads) == FEW)
    provider.let_go(TryLater("busy"))
    await until(lambda: provider.under_way == ["everything"])
    provider.let_go()
    outcomes = await asyncio.gather(*looking, return_exceptions=True)
    assert [isinstance(outcome, TryLater) for outcome in outcomes] == [True] * FEW + [False] * (8 - FEW)


async def test_who_gives_up_takes_the_read_from_nobody(provider: Provider) -> None:
    """Neither who waits for a read to begin, nor who waits for its end, nor who searched."""
    list_ = shared(provider)
    looking = look(list_, *range(9))
    await until(lambda: len(provider.reads) == FEW)
    looking[0].cancel()  # searches
    looking[FEW].cancel()  # waits for its turn
    await asyncio.wait([looking[0], looking[FEW]])
    provider.let_go()
    await until(lambda: provider.under_way == ["everything"])
    looking[FEW + 1].cancel()  # waits for the end
    await asyncio.wait([looking[FEW + 1]])
    provider.let_go()
    rest = [number for number in range(9) if number not in (0, FEW, FEW + 1)]
    assert await asyncio.gather(*(looking[number] for number in rest)) == [[(f"p{n}", "member")] for n in rest]


async def test_a_read_that_nobody_wants_any_more_is_given_up(provider: Provider) -> None:
    """Everybody has left; the next one finds the list free."""
    list_ = shared(provider)
    looking = look(list_, *range(8))
    await until(lambda: len(provider.reads) == FEW)
    provider.let_go()
    await until(lambda: provider.under_way == ["everything"])
    for each in looking:
        each.cancel()
    await asyncio.wait(looking)
    await until(provider.doors[-1].cancelled)
    (again,) = look(list_, 1)
    await until(lambda: provider.under_way == ["p1"])
    provider.let_go()
    assert await again == [("p1", "member")]


async def test_a_long_list_is_worth_it_for_many_only(provider: Provider) -> None:
    """Of a list of ten pages, ten searches cost what the whole costs: so many go side by side, without waiting."""
    list_ = shared(provider, page=1)
    learning = look(list_, *range(8))
    await until(lambda: len(provider.reads) == FEW)
    provider.let_go()
    await until(lambda: provider.under_way == ["everything"])
    provider.let_go()
    await asyncio.wait(learning)
    looking = look(list_, *range(10))
    await until(lambda: len(provider.under_way) == 10)
    assert "everything" not in provider.under_way
    provider.let_go()
    await asyncio.wait(looking)


async def test_where_calls_are_scarce_others_are_waited_for(provider: Provider) -> None:
    """Nobody reads yet, and still those who come one by one share a read, however few; the last one searches."""
    list_ = shared(provider, scarce=True, few=8)
    looking = []
    for number in range(5):
        looking += look(list_, number)
        await asyncio.sleep(0)
    assert provider.reads == []
    await until(lambda: provider.under_way == ["everything"])
    looking += look(list_, 7)
    provider.let_go()
    await until(lambda: provider.under_way == ["p7"])
    provider.let_go()
    found = await asyncio.gather(*looking)
    assert found == [[(f"p{number}", "member")] for number in (0, 1, 2, 3, 4, 7)]


async def test_nobody_is_absent_among_hidden_addresses(provider: Provider) -> None:
    """Whom the whole list does not show, while it hides somebody's address, is searched for."""
    provider.entries.append((None, "member"))
    looking = look(shared(provider), 0, 1, 2, 3, 77)
    for done in ("p0", "everything", "p77"):
        await until(lambda done=done: done in provider.under_way)  # type: ignore[misc]
        provider.let_go()
    assert [len(found) for found in await asyncio.gather(*looking)] == [1, 1, 1, 1, 0]

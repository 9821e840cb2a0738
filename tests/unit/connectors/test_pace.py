"""Calls are spread so that a provider's limit is used and never exceeded."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.connectors.chatgpt.pace import Pace
from bot.connectors.contract import TryLater

PER = timedelta(milliseconds=100)


async def test_within_any_window_there_are_no_more_calls_than_allowed() -> None:
    """Counted from the answer of one to the sending of another, so that the way there and back cannot matter."""
    loop, limit = asyncio.get_running_loop(), 3
    pace = Pace(limit=limit, per=PER)
    sent: list[float] = []
    answered: list[float] = []

    async def call(number: int) -> None:
        async with pace.turn("GET users"):
            sent.append(loop.time())
            await asyncio.sleep(0.01 * (number % 3))
            answered.append(loop.time())

    await asyncio.gather(*(call(number) for number in range(10)))
    answered.sort()
    for number in range(limit, 10):
        assert sent[number] - answered[number - limit] >= PER.total_seconds() - 0.001
    assert sent[limit - 1] - sent[0] < PER.total_seconds(), "what is allowed at once goes at once"


async def test_routes_do_not_wait_for_each_other() -> None:
    """The limit is one for each method and path."""
    pace = Pace(limit=1, per=timedelta(minutes=1))
    async with asyncio.timeout(30):
        for route in ("GET users", "GET invites", "POST invites"):
            async with pace.turn(route):
                pass


async def test_who_gives_up_waiting_uses_nothing_up() -> None:
    """The turn goes to the next."""
    pace = Pace(limit=1, per=PER)
    async with pace.turn("r"):
        pass
    waiting = [asyncio.create_task(_take(pace)) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    async with asyncio.timeout(30):
        await waiting[1]
    assert waiting[0].cancelled()


async def test_a_call_that_fails_counts() -> None:
    """The provider has seen it."""
    pace = Pace(limit=1, per=timedelta(minutes=1))
    with pytest.raises(ValueError, match="broken"):
        async with pace.turn("r"):
            raise ValueError("broken")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await _take(pace)


async def test_the_providers_own_word_counts() -> None:
    """Also for those who wait already, and also where it says a shorter time after a longer one."""
    pace = Pace(limit=1, per=PER)
    await _take(pace)
    waiting = asyncio.create_task(_take(pace))
    await asyncio.sleep(0)
    pace.hold("r", timedelta(minutes=1))
    pace.hold("r", timedelta(milliseconds=1))
    with pytest.raises(TryLater) as stopped:
        await waiting
    assert stopped.value.after is not None
    assert timedelta(seconds=30) < stopped.value.after < timedelta(minutes=1)


async def test_when_the_time_that_the_provider_wanted_is_over_all_is_as_before() -> None:
    """Nobody has to say so."""
    pace = Pace(limit=1, per=PER)
    pace.hold("r", timedelta(milliseconds=300))
    assert not await _taken(pace)
    async with asyncio.timeout(30):
        while not await _taken(pace):  # noqa: ASYNC110  # a condition, not an event
            await asyncio.sleep(0.005)


async def test_it_is_known_how_much_of_the_limit_is_used_up() -> None:
    """By the calls of that route within the last while, and no longer."""
    pace = Pace(limit=4, per=PER)
    for _ in range(3):
        await _take(pace)
    assert (pace.spent("r"), pace.spent("another")) == (0.75, 0.0)
    async with asyncio.timeout(30):
        while pace.spent("r"):  # noqa: ASYNC110  # a condition, not an event
            await asyncio.sleep(0.005)


async def test_who_would_have_to_wait_is_told_for_how_long_and_keeps_their_place() -> None:
    """Window after window; whoever comes later is let in later, and whoever comes back is let in."""
    pace = Pace(limit=2, per=timedelta(minutes=1))
    assert not pace.pause("r", "first")
    await _take_from(pace, "r")
    assert not pace.pause("r", "second")
    await _take_from(pace, "r")
    minutes = [pace.pause("r", f"person {number}") / timedelta(minutes=1) for number in range(5)]
    assert minutes == pytest.approx([1, 1, 2, 2, 3], abs=0.1)
    assert pace.pause("r", "person 3") / timedelta(minutes=1) == pytest.approx(2, abs=0.1)
    assert not pace.pause("another", "person 4")


async def test_who_comes_back_in_time_finds_a_slot() -> None:
    """And leaves the line, so that the next one moves up."""
    pace = Pace(limit=1, per=PER)
    await _take(pace)
    await asyncio.sleep(pace.pause("r", "first").total_seconds() + 0.001)
    assert not pace.pause("r", "first")
    async with asyncio.timeout(30):
        await _take(pace)


async def test_calls_that_wait_in_their_place_are_before_the_line() -> None:
    """They have their slots already."""
    pace = Pace(limit=1, per=timedelta(minutes=1))
    await _take(pace)
    waiting = asyncio.create_task(_take(pace))
    await asyncio.sleep(0)
    pace.hold("another", timedelta(minutes=5))
    assert pace.pause("r", "first") / timedelta(minutes=1) == pytest.approx(1, abs=0.1)
    assert pace.pause("another", "first") / timedelta(minutes=1) == pytest.approx(5, abs=0.1)
    waiting.cancel()


async def _taken(pace: Pace) -> bool:
    try:
        await _take(pace)
    except TryLater:
        return False
    return True


async def _take(pace: Pace) -> None:
    await _take_from(pace, "r")


async def _take_from(pace: Pace, route: str) -> None:
    async with pace.turn(route):
        pass

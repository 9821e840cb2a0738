"""PostgreSQL goes away in the middle of approvals; two replicas go on when it is back: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from sandbox.slack.state import Message
from tests.support.harbour import PATIENCE, Employee, Harbour
from tests.support.postgresql import PrivateServer
from tests.support.usher_process import UsherProcess

pytestmark = pytest.mark.postgres

#: seconds in which those who press while it lasts would be answered, if anybody could answer
WHILE_IT_LASTS = 1.0

Trouble = Callable[[PrivateServer, str], AbstractContextManager[None]]


@contextmanager
def every_connection_is_lost(server: PrivateServer, name: str) -> Iterator[None]:
    """As when a firewall or a proxy between them is restarted."""
    assert server.disconnect_all(name)
    yield


@contextmanager
def the_server_crashes(server: PrivateServer, _name: str) -> Iterator[None]:
    """And is there again, after its recovery: as a failover looks from outside."""
    server.stop(signal.SIGQUIT)
    yield
    server.start()


@contextmanager
def the_server_hangs(server: PrivateServer, _name: str) -> Iterator[None]:
    """It says nothing for a while, and then all that it had heard."""
    with server.paused():
        yield


TROUBLES: tuple[Trouble, ...] = (every_connection_is_lost, the_server_crashes, the_server_hangs)


async def test_approvals_survive_whatever_happens_to_the_server(
    unsteady_server: PrivateServer, unsteady_url: str, tmp_path: Path
) -> None:
    """It strikes while an invite is on its way; others press meanwhile, and again where Slack showed them an error."""
    name = unsteady_url.rpartition("/")[2]
    async with Harbour.open(tmp_path, unsteady_url) as harbour:
        crew = [harbour.hire(number) for number in range(4 * len(TROUBLES))]
        second = harbour.another_usher(USHER_DATABASE_POOL="2")
        await asyncio.gather(harbour.start(), second.start())
        try:
            for number, trouble in enumerate(TROUBLES):
                those = crew[4 * number : 4 * number + 4]
                await approved_while(trouble(unsteady_server, name), harbour, second, those)
                await demand_that_all_is_well(harbour, those)
                await demand_readiness(harbour.usher, second)
        finally:
            await second.kill()
        assert sorted(grant.beneficiary_id for grant in await harbour.grants()) == [one.who.id for one in crew]
        await harbour.demand_whole_ledger()


async def approved_while(
    trouble: AbstractContextManager[None], harbour: Harbour, second: UsherProcess, crew: Sequence[Employee]
) -> None:
    """Two managers press before it strikes and two while it lasts, at either replica."""
    cards = [await harbour.ask(employee) for employee in crew]
    await harbour.at_rest()
    presses = [
        pressed(harbour, url, employee, card)
        for url, employee, card in zip(2 * (harbour.usher.url, second.url), crew, cards, strict=True)
    ]
    with ExitStack() as lasting:
        pressing = [asyncio.create_task(press) for press in presses[:2]]
        await strikes(harbour, crew, lambda: lasting.enter_context(trouble))
        pressing += [asyncio.create_task(press) for press in presses[2:]]
        await asyncio.wait(pressing, timeout=WHILE_IT_LASTS)
        await asyncio.to_thread(lasting.close)
    await asyncio.gather(*pressing)
    await harbour.invited(*crew)


async def demand_that_all_is_well(harbour: Harbour, crew: Sequence[Employee]) -> None:
    """Everybody has one invite, and no card has a button left."""
    assert [harbour.invites_sent(employee.email) for employee in crew] == [1] * len(crew)
    assert [card.buttons for employee in crew for card in harbour.told(employee.manager) if card.buttons] == []


async def demand_readiness(*ushers: UsherProcess) -> None:
    """Both are back without a hand."""
    async with httpx.AsyncClient(trust_env=False) as client:
        for usher in ushers:
            assert (await client.get(f"{usher.url}/readyz")).json() == {"ready": True, "missing": []}


async def strikes(harbour: Harbour, crew: Sequence[Employee], trouble: Callable[[], None]) -> None:
    """Has it happen before ChatGPT answers the first invite of one of them, and returns when it has."""
    begun, struck = False, asyncio.Event()

    async def strike(_call: object) -> None:
        nonlocal begun
        if not begun and any(harbour.invites_sent(employee.email) for employee in crew):
            begun = True
            await asyncio.to_thread(trouble)
            struck.set()

    harbour.chatgpt.before_answer.append(strike)
    async with asyncio.timeout(PATIENCE):
        await struck.wait()


async def pressed(harbour: Harbour, url: str, employee: Employee, card: Message) -> None:
    """The manager presses Approve, and again when Slack shows an error, until the card has no such button any more."""
    while "Approve" in card.buttons:
        delivery = await harbour.press_at(url, employee.manager, "Approve", card)
        if not delivery.error:
            return

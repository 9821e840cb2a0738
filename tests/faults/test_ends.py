"""A grant ends when its time is over, whatever the process did meanwhile."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from storage.tables import EndReason, GrantState
from tests.support.harbour import Employee, Harbour


async def test_an_end_that_passed_while_usher_was_down_is_acted_on_at_the_start(harbour: Harbour) -> None:
    """Killed while the grant is active, started after its end: the member goes at once and hears why."""
    employee = harbour.hire(1)
    await harbour.start()
    await be_given(harbour, employee, "5s")
    (grant,) = await harbour.grants()
    await harbour.kill()
    await harbour.until(lambda: known(grant.ends_at) < datetime.now(UTC))
    assert harbour.is_member(employee.email)

    await harbour.start()
    await harbour.until(lambda: not harbour.is_member(employee.email))
    await harbour.sees(employee.who, "has ended")
    await harbour.at_rest()
    (grant,) = await harbour.grants()
    assert (grant.state, grant.end_reason) == (GrantState.ENDED, EndReason.EXPIRED)
    assert len(harbour.told(employee.who)) == len({message.shown for message in harbour.told(employee.who)})


async def test_ten_grants_approved_at_once_end_each_at_its_time(harbour: Harbour) -> None:
    """None is lost among the others, and none ends early."""
    crew = [harbour.hire(number) for number in range(10)]
    await harbour.start()
    cards = [await harbour.ask(employee, "chatgpt codex 3s to test") for employee in crew]
    await harbour.at_rest()

    await asyncio.gather(
        *(employee.manager.press("Approve", in_=card) for employee, card in zip(crew, cards, strict=True))
    )
    await asyncio.gather(*(harbour.accept(employee) for employee in crew))

    await harbour.until(lambda: all(employee.who.message("has ended") for employee in crew))
    await harbour.at_rest()
    ends = {grant.beneficiary_id: grant for grant in await harbour.grants()}
    assert {grant.state for grant in ends.values()} == {GrantState.ENDED}
    delays = [removed_at(harbour, employee.email) - known(ends[employee.who.id].ends_at) for employee in crew]
    assert timedelta() <= min(delays)


async def be_given(harbour: Harbour, employee: Employee, duration: str) -> None:
    """From the request to the card “Active”."""
    await harbour.approved(employee, f"chatgpt codex {duration} to test")
    await harbour.accept(employee)
    await harbour.sees(employee.who, "· Active")


def known(moment: datetime | None) -> datetime:
    assert moment is not None
    return moment


def removed_at(harbour: Harbour, email: str) -> datetime:
    """When they were removed from the workspace; they were removed once."""
    (event,) = [event for event in harbour.chatgpt.events if event.what.endswith(f"{email} was removed")]
    return event.at

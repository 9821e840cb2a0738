"""Several stages, several approvers, and what time does to a request."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.access import subjects
from bot.access.operations.cancel import cancel
from bot.access.operations.decide import decide
from bot.access.operations.expire import expire
from bot.access.operations.release import release
from bot.access.operations.skip_approver import skip_approver
from bot.access.operations.submit import Submitted
from bot.access.refusals import Refusal, Refused
from bot.access.wish import Wish
from storage.database import Database, Transaction
from storage.tables import AccessRequest, Approval, Card, Decision, Grant, Incident, IncidentState, Person, RequestState
from tests.integration.operations.asking import approve, ask, count, deny, lines, refusal, rows, wish
from tests.support.clock import MovableClock


async def test_a_second_press_is_no_vote_at_the_next_stage(company: Database) -> None:
    """Maya decides at both stages; whoever presses twice has not read what the second one asks."""
    asked = await ask(company, wish("twice"))
    for _ in range(3):
        assert await approve(company, asked.request_id, stage=0) is RequestState.PENDING
    assert await count(company, Grant) == 0
    assert await approve(company, asked.request_id, stage=1) is RequestState.APPROVED
    assert [data["stage"] for _, _, data in await lines(company, "request.vote")] == [0, 1]


async def test_where_all_are_asked_all_must_agree(company: Database) -> None:
    """One approval is not enough; one denial is."""
    both = await ask(company, wish("everybody"))
    assert await approve(company, both.request_id, "UNOOR") is RequestState.PENDING
    assert await approve(company, both.request_id, "UMAYA") is RequestState.APPROVED
    other = await ask(company, wish("everybody", for_="UTOM"), by="UTOM")
    assert await approve(company, other.request_id, "UNOOR") is RequestState.PENDING
    assert await deny(company, other.request_id, "UMAYA") is RequestState.DENIED
    [request] = await rows(company, AccessRequest, AccessRequest.id == other.request_id)
    assert (request.decided_by, request.decision_reason) == ("UMAYA", "not now")


async def test_a_word_that_was_given_cannot_be_turned_round(company: Database) -> None:
    """The same again changes nothing; the opposite is refused, by whoever it is."""
    asked = await ask(company, wish("either"))
    await approve(company, asked.request_id, "UMAYA")
    assert await approve(company, asked.request_id, "UMAYA") is RequestState.APPROVED
    for person in ("UMAYA", "UNOOR"):
        why = await refusal(
            company, decide, request_id=asked.request_id, approver_id=person, decision=Decision.DENIED, reason="no"
        )
        assert why is Refusal.ALREADY_DECIDED
    assert len(await lines(company, "request.vote")) == 1


async def test_who_is_told_that_they_asked_already_is_led_there(company: Database) -> None:
    """With the address of their own card; nobody can open a card in another person's conversation."""
    asked = await ask(company)

    async def post(tx: Transaction) -> None:
        subject = subjects.request(asked.request_id)
        tx.session.add(
            Card(
                id="card", subject=subject, slot="status:ULENA", recipient="ULENA", permalink="https://x.example/p1",
                updated_at=tx.now,
            )
        )  # fmt: skip

    await company.write(post)
    for person, link in (("ULENA", "https://x.example/p1"), ("UMAYA", None)):
        with pytest.raises(Refused) as told:
            await ask(company, by=person)
        assert (told.value.refusal, told.value.who, told.value.permalink) == (Refusal.ALREADY_ASKED, "ULENA", link)


async def test_a_dead_request_is_in_nobodys_way(company: Database, clock: MovableClock) -> None:
    """Its time is over though nobody has written that down yet: it can be asked anew, and what was is expired."""
    first = await ask(company)
    clock.advance(timedelta(days=3))
    second = await ask(company)
    assert second.request_id != first.request_id
    states = [request.state for request in await rows(company, AccessRequest)]
    assert states == [RequestState.EXPIRED, RequestState.PENDING]
    assert len(await lines(company, "request.expired")) == 1


async def test_nothing_expires_before_its_time(company: Database, clock: MovableClock) -> None:
    """Also when an admin has the task for it run now."""
    asked = await ask(company)
    clock.advance(timedelta(days=3) - timedelta(seconds=1))
    await company.write(expire, request_id=asked.request_id)
    assert await approve(company, asked.request_id) is RequestState.APPROVED


async def test_what_the_policy_approves_is_given_once(company: Database) -> None:
    """Eight forms at once: one grant, and seven are told that they have it."""
    what = Wish(application="open", reason="to read", beneficiary_id="ULENA")
    results = await asyncio.gather(*(ask(company, what, origin=f"view {n}") for n in range(8)), return_exceptions=True)
    assert sum(isinstance(result, Submitted) for result in results) == 1
    assert {result.refusal for result in results if isinstance(result, Refused)} == {Refusal.ALREADY_HAVE}
    assert await count(company, Grant) == 1


async def test_only_the_requester_cancels_and_only_in_time(company: Database) -> None:
    """Twice is once; somebody else may not, and after the decision it is Give back."""
    asked = await ask(company, by="UNOOR")
    assert await refusal(company, cancel, request_id=asked.request_id, actor="ULENA") is Refusal.NOT_YOURS
    for _ in range(2):
        await company.write(cancel, request_id=asked.request_id, actor="UNOOR")
    assert [(event, actor) for event, actor, _ in await lines(company, "request.cancelled")] == [
        ("request.cancelled", "UNOOR")
    ]
    other = await ask(company)
    await approve(company, other.request_id)
    assert await refusal(company, cancel, request_id=other.request_id, actor="ULENA") is Refusal.ALREADY_DECIDED
    assert await refusal(company, cancel, request_id="nothing", actor="ULENA") is Refusal.GONE


async def test_whoever_cannot_be_reached_is_replaced(company: Database) -> None:
    """The fallback is asked; when nobody is left it is an incident, which ends with the request."""
    asked = await ask(company)
    for person in ("UMAYA", "UMAYA", "UNOOR"):
        await company.write(skip_approver, request_id=asked.request_id, approver_id=person, why="user_disabled")
    approvals = await rows(company, Approval)
    assert {(one.approver_id, one.why, one.unreachable_at is not None) for one in approvals} == {
        ("UMAYA", "manager", True),
        ("UNOOR", "fallback", True),
    }
    assert len(await lines(company, "request.approver_skipped")) == 2
    [incident] = await rows(company, Incident)
    assert (incident.cause, incident.state) == ("NobodyToAsk", IncidentState.OPEN)
    await company.write(cancel, request_id=asked.request_id, actor="ULENA")
    [incident] = await rows(company, Incident)
    assert incident.state is IncidentState.RESOLVED


async def test_all_does_not_wait_for_who_cannot_be_reached(company: Database) -> None:
    """Noor has agreed; that Maya cannot be reached decides it."""
    asked = await ask(company, wish("everybody"))
    await approve(company, asked.request_id, "UNOOR")
    await company.write(skip_approver, request_id=asked.request_id, approver_id="UMAYA", why="user_disabled")
    [request] = await rows(company, AccessRequest)
    assert request.state is RequestState.APPROVED


async def test_who_has_left_decides_nothing_more(company: Database) -> None:
    """Though their name is still on the list."""
    asked = await ask(company)

    async def leave(tx: Transaction) -> None:
        await tx.session.execute(sa.update(Person).where(Person.id == "UMAYA").values(active=False))

    await company.write(leave)
    why = await refusal(company, decide, request_id=asked.request_id, approver_id="UMAYA", decision=Decision.APPROVED)
    assert why is Refusal.NOT_ASKED


async def test_what_was_given_back_can_be_asked_for_at_once(company: Database) -> None:
    """While the old access is still being taken away."""
    asked = await ask(company)
    await approve(company, asked.request_id)
    await company.write(release, request_id=asked.request_id, actor="ULENA")
    assert (await ask(company)).state is RequestState.PENDING

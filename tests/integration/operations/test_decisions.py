"""Asking and deciding on both databases: one wish is one request, one decision one grant, whoever presses at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.access.operations.cancel import cancel
from bot.access.operations.expire import expire
from bot.access.operations.release import release
from bot.access.operations.submit import Submitted
from bot.access.refusals import Refusal, Refused
from bot.access.wish import Wish, WrongWish
from storage import audit
from storage.database import Database
from storage.tables import AccessRequest, Approval, Grant, GrantState, LedgerLine, RequestState, Task
from tests.integration.operations.asking import approve, ask, count, wish
from tests.support.clock import MovableClock


async def test_eight_submissions_at_once_are_one_request(company: Database) -> None:
    """The database knows one open request for each wish; the other seven are told where it stands."""
    results = await asyncio.gather(*(ask(company, origin=f"view {n}") for n in range(8)), return_exceptions=True)
    assert sum(isinstance(result, Submitted) for result in results) == 1
    refusals = [result.refusal for result in results if isinstance(result, Refused)]
    assert refusals == [Refusal.ALREADY_ASKED] * 7
    assert await count(company, AccessRequest) == 1


async def test_a_redelivered_submission_is_the_success_it_was(company: Database) -> None:
    """Slack delivers again what was not acknowledged in time: nobody is told that they asked already."""
    first = await ask(company, origin="the same view")
    again = await ask(company, origin="the same view")
    assert again == first
    assert await count(company, AccessRequest) == 1


@pytest.mark.parametrize("presses", [("UMAYA", "UNOOR"), ("UMAYA", "UMAYA")], ids=["two approvers", "one, twice"])
async def test_two_presses_at_once_are_one_grant(
    company: Database, database_url: str, clock: MovableClock, presses: tuple[str, str]
) -> None:
    """Also from two processes: whoever is second sees what the first decided."""
    other = company if company.is_sqlite else await Database.open(database_url, clock=clock)
    for number in range(10):
        asked = await ask(company, wish("either", reason=f"round {number}"))
        results = await asyncio.gather(
            approve(company, asked.request_id, presses[0]),
            approve(other, asked.request_id, presses[1]),
            return_exceptions=True,
        )
        assert RequestState.APPROVED in results
        assert await count(company, Grant) == number + 1
        await company.write(release, request_id=asked.request_id, actor="ULENA")
    if other is not company:
        await other.close()


@pytest.mark.parametrize(
    ("by", "refusal"),
    [
        ("ULENA", Refusal.OWN_REQUEST),
        ("UNOOR", Refusal.NOT_ASKED),
        ("UTOM", Refusal.NOT_ASKED),
        ("UNOBODY", Refusal.NOT_ASKED),
    ],
)
async def test_who_was_not_asked_decides_nothing(company: Database, by: str, refusal: Refusal) -> None:
    """Neither the requester, nor an admin, nor a colleague, nor somebody unknown."""
    asked = await ask(company)
    with pytest.raises(Refused) as refused:
        await approve(company, asked.request_id, by)
    assert refused.value.refusal is refusal
    assert await count(company, AccessRequest, AccessRequest.state == RequestState.PENDING) == 1


async def test_nobody_decides_what_they_would_get(company: Database) -> None:
    """Maya asks for Lena: Lena's manager is the requester, so the fallback is asked; Lena cannot decide either."""
    asked = await ask(company, by="UMAYA")
    for person in ("UMAYA", "ULENA"):
        with pytest.raises(Refused) as refused:
            await approve(company, asked.request_id, person)
        assert refused.value.refusal is Refusal.OWN_REQUEST
    assert await approve(company, asked.request_id, "UNOOR") is RequestState.APPROVED


async def test_what_is_over_cannot_be_decided(company: Database, clock: MovableClock) -> None:
    """After a cancellation, after its time, and after that time was written down."""
    cancelled = await ask(company)
    await company.write(cancel, request_id=cancelled.request_id, actor="ULENA")
    late = await ask(company)
    clock.advance(timedelta(days=3))
    for request_id, refusal in ((cancelled.request_id, Refusal.CANCELLED), (late.request_id, Refusal.EXPIRED)):
        with pytest.raises(Refused) as refused:
            await approve(company, request_id)
        assert refused.value.refusal is refusal
    await company.write(expire, request_id=late.request_id)
    with pytest.raises(Refused):
        await approve(company, late.request_id)
    assert await count(company, Grant) == 0


async def test_stages_are_asked_one_after_the_other(company: Database) -> None:
    """The second stage is asked when the first has agreed, and only then is there a grant."""
    asked = await ask(company, wish("staged"))
    assert await count(company, Approval) == 1
    assert await approve(company, asked.request_id, "UMAYA") is RequestState.PENDING
    assert (await count(company, Approval), await count(company, Grant)) == (2, 0)
    assert await approve(company, asked.request_id, "UNOOR") is RequestState.APPROVED
    assert await count(company, Grant) == 1


async def test_a_policy_may_approve_by_itself(company: Database) -> None:
    """Nobody is asked, and the justification stands in the ledger."""
    asked = await ask(company, Wish(application="open", reason="to read", beneficiary_id="ULENA"))
    assert asked.state is RequestState.APPROVED
    async with company.read() as session:
        line = (await session.scalars(sa.select(LedgerLine).where(LedgerLine.event == "request.approved"))).one()
    assert "Everybody may have this" in line.data


async def test_who_has_it_is_told_so_unless_they_want_it_for_longer(company: Database) -> None:
    """The same for as long or less is refused; for longer it is a wish of its own."""
    asked = await ask(company, wish(days=7))
    await approve(company, asked.request_id)
    with pytest.raises(Refused) as refused:
        await ask(company, wish(days=7))
    assert refused.value.refusal is Refusal.ALREADY_HAVE
    assert (await ask(company, wish(days=30))).state is RequestState.PENDING


@pytest.mark.parametrize(
    ("person", "refusal"),
    [("UGUEST", Refusal.GUEST), ("UBOT", Refusal.NOT_IN_DIRECTORY), ("UNOBODY", Refusal.NOT_IN_DIRECTORY)],
)
async def test_only_colleagues_get_access(company: Database, person: str, refusal: Refusal) -> None:
    """Neither guests nor bots nor strangers, whoever asks for them."""
    for requester in (person, "ULENA"):
        with pytest.raises(Refused) as refused:
            await ask(company, wish(for_=person), by=requester)
        assert refused.value.refusal is refusal
    assert await count(company, AccessRequest) == 0


async def test_what_is_not_offered_is_told_by_field(company: Database) -> None:
    """Every wrong field at once, each with what is possible."""
    wrong = Wish(
        application="chatgpt", role="boss", seat_type=None, duration_seconds=5, reason=" ", beneficiary_id="ULENA"
    )
    with pytest.raises(WrongWish) as told:
        await ask(company, wrong)
    assert set(told.value.fields) == {"role", "seat_type", "duration", "reason"}


async def test_a_decision_leaves_its_tasks_and_an_unbroken_ledger(company: Database) -> None:
    """What follows from a decision is in the same commit, with the reason verbatim in the ledger."""
    reason = "<!channel> *bold* :tada: 🎉\n" * 100
    asked = await ask(company, wish(reason=reason))
    await approve(company, asked.request_id)
    async with company.read() as session:
        kinds = set(await session.scalars(sa.select(Task.kind)))
        events = list(await session.scalars(sa.select(LedgerLine.event).order_by(LedgerLine.seq)))
        grant = (await session.scalars(sa.select(Grant))).one()
        submitted = (await session.scalars(sa.select(LedgerLine).where(LedgerLine.event == "request.submitted"))).one()
        verdict = await audit.verify(session)
    assert {"account", "cards", "expire"} <= kinds
    assert events[-3:] == ["request.submitted", "request.vote", "request.approved"]
    assert grant.state is GrantState.GRANTING
    assert verdict.problem is None
    assert audit.canonical({"reason": reason})[1:-1] in submitted.data

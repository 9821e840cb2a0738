"""Every way in which access ends begins the same: once, with who and why in the ledger, and a task that follows it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bot.access.operations.answer_incident import Answer, answer_incident
from bot.access.operations.answer_step import answer_step
from bot.access.operations.ending import end_grant
from bot.access.operations.incidents import open_incident, resolve_incident
from bot.access.operations.leave import leave
from bot.access.operations.release import release
from bot.access.operations.revoke import revoke
from bot.access.refusals import Refusal
from storage.database import Database, Transaction
from storage.ids import new_id
from storage.tables import (
    AccessRequest,
    Account,
    AccountStatus,
    Approval,
    EndReason,
    Grant,
    GrantState,
    Incident,
    IncidentState,
    ManualStep,
    Person,
    RequestState,
    StepState,
    Task,
)
from tests.integration.operations.asking import approve, ask, granted, lines, refusal, rows, wish


async def state_of(company: Database, grant_id: str) -> tuple[GrantState, EndReason | None, str | None]:
    [grant] = await rows(company, Grant, Grant.id == grant_id)
    return grant.state, grant.end_reason, grant.end_note


async def tasks(company: Database, kind: str) -> set[str]:
    return {task.key for task in await rows(company, Task, Task.kind == kind, Task.state == "open")}


# -- given back and taken away -----------------------------------------------------------------------------------------
async def test_given_back_by_either_of_the_two_it_is_about(company: Database) -> None:
    """Noor asked for Lena: she may as well as Lena; Maya who approved it may not. Twice is once."""
    request_id, grant_id = await granted(company, by="UNOOR")
    assert await refusal(company, release, request_id=request_id, actor="UMAYA") is Refusal.NOT_YOURS
    for actor in ("UNOOR", "ULENA"):
        await company.write(release, request_id=request_id, actor=actor)
    assert await state_of(company, grant_id) == (GrantState.ENDING, EndReason.RELEASED, None)
    assert [(actor, data["why"]) for _, actor, data in await lines(company, "grant.ending")] == [("UNOOR", "released")]
    assert "chatgpt:ULENA" in await tasks(company, "account")


async def test_there_is_nothing_to_give_back_before_and_after(company: Database) -> None:
    """A request that is not decided, and a grant that has ended."""
    asked = await ask(company)
    assert await refusal(company, release, request_id=asked.request_id, actor="ULENA") is Refusal.NOT_ACTIVE
    await approve(company, asked.request_id)

    async def end(tx: Transaction) -> None:
        await tx.session.execute(sa.update(Grant).values(state=GrantState.ENDED))

    await company.write(end)
    assert await refusal(company, release, request_id=asked.request_id, actor="ULENA") is Refusal.NOT_ACTIVE


async def test_revoked_with_a_reason(company: Database) -> None:
    """The reason is kept for the person and the ledger; a second time there is nothing to revoke."""
    _, grant_id = await granted(company)
    await company.write(revoke, grant_id=grant_id, actor="shell:root", reason="the project is over")
    assert await state_of(company, grant_id) == (GrantState.ENDING, EndReason.REVOKED, "the project is over")
    [(_, actor, data)] = await lines(company, "grant.ending")
    assert (actor, data["note"]) == ("shell:root", "the project is over")
    again = {"actor": "shell:root", "reason": "again"}
    assert await refusal(company, revoke, grant_id=grant_id, **again) is Refusal.NOT_ACTIVE
    assert await refusal(company, revoke, grant_id=new_id(), **again) is Refusal.GONE


async def test_who_leaves_takes_along_what_they_had_asked_and_were_asked(company: Database) -> None:
    """Lena loses her grant; Maya's vote is asked of somebody else; what Tom asked for himself is cancelled with him."""
    _, grant_id = await granted(company)
    toms = await ask(company, wish(for_="UTOM"), by="UTOM")

    async def deactivate(tx: Transaction, *people: str) -> None:
        await tx.session.execute(sa.update(Person).where(Person.id.in_(people)).values(active=False))

    await company.write(leave, person_id="ULENA")
    assert (await state_of(company, grant_id))[0] is GrantState.GRANTING, "she is still there"

    await company.write(deactivate, "ULENA", "UMAYA")
    for _ in range(2):
        await company.write(leave, person_id="ULENA")
        await company.write(leave, person_id="UMAYA")
    assert (await state_of(company, grant_id))[:2] == (GrantState.ENDING, EndReason.LEFT)
    approvals = await rows(company, Approval, Approval.request_id == toms.request_id)
    assert {(one.approver_id, one.unreachable_at is None) for one in approvals} == {("UMAYA", False), ("UNOOR", True)}

    await company.write(deactivate, "UTOM")
    await company.write(leave, person_id="UTOM")
    [request] = await rows(company, AccessRequest, AccessRequest.id == toms.request_id)
    assert (request.state, request.decided_by) == (RequestState.CANCELLED, None)
    assert len(await lines(company, "grant.ending")) == 1


# -- by hand -----------------------------------------------------------------------------------------------------------
async def step_of(company: Database, *, give: bool = True) -> str:
    """A step in front of Figma's admin, as the engine makes one; returns its id."""
    step_id = new_id()

    async def make(tx: Transaction) -> None:
        there = AccountStatus.ABSENT if give else AccountStatus.MEMBER
        await tx.session.merge(
            Account(application="figma", person_id="ULENA", email="lena@harbour.example", status=there, baseline={})
        )
        wanted = {"role": "", "seat_type": ""} if give else None
        tx.session.add(
            ManualStep(
                id=step_id, application="figma", person_id="ULENA", change={"wanted": wanted}, instructions="",
                state=StepState.OPEN, created_at=tx.now,
            )
        )  # fmt: skip

    await company.write(make)
    return step_id


async def test_done_by_hand_is_the_observation(company: Database) -> None:
    """Where nobody but a human can see; said twice it is said once, and it cannot be taken back."""
    await granted(company, "figma")
    step_id = await step_of(company)
    answer = {"step_id": step_id, "actor": "UNOOR"}
    assert await refusal(company, answer_step, step_id=step_id, actor="UMAYA", done=True) is Refusal.NOT_ADMIN
    for _ in range(2):
        await company.write(answer_step, **answer, done=True)
    assert await refusal(company, answer_step, **answer, done=False, reason="no") is Refusal.ALREADY_DECIDED
    [account] = await rows(company, Account)
    assert account.status is AccountStatus.MEMBER
    assert [(event, actor) for event, actor, _ in await lines(company, "step.")] == [("step.done", "UNOOR")]
    assert "figma:ULENA" in await tasks(company, "account")


async def test_what_could_not_be_given_is_over(company: Database) -> None:
    """With the reason, for who waits."""
    _, grant_id = await granted(company, "figma")
    step_id = await step_of(company)
    await company.write(answer_step, step_id=step_id, actor="UNOOR", done=False, reason="no licence")
    assert await state_of(company, grant_id) == (GrantState.ENDING, EndReason.GIVEN_UP, "no licence")
    assert await rows(company, Incident) == []


async def test_what_could_not_be_taken_away_is_an_incident(company: Database) -> None:
    """It stays open until an admin says that it is done, which then counts as seen."""
    await granted(company, "figma")
    await company.write(answer_step, step_id=await step_of(company, give=False), actor="UNOOR", done=False, reason="?")
    [incident] = await rows(company, Incident)
    assert (incident.cause, incident.scope, incident.state) == ("CouldNotRemove", "figma:ULENA", IncidentState.OPEN)
    second = await step_of(company, give=False)
    await company.write(answer_incident, incident_id=incident.id, actor="UNOOR", answer=Answer.BY_HAND)
    [step] = await rows(company, ManualStep, ManualStep.id == second)
    assert step.state is StepState.DONE
    [account] = await rows(company, Account)
    assert account.status is AccountStatus.ABSENT


# -- incidents ---------------------------------------------------------------------------------------------------------
async def incident_of(company: Database, scope: str, **more: str) -> str:
    return await company.write(
        open_incident, scope=scope, cause="Refused", explanation="because", remedy="do something", **more
    )


async def test_one_scope_has_one_open_incident(company: Database) -> None:
    """Met again it is counted; solved and met again it is a new one."""
    first = await incident_of(company, "chatgpt", application="chatgpt")
    assert await incident_of(company, "chatgpt", application="chatgpt") == first
    [incident] = await rows(company, Incident)
    assert incident.count == 2
    await company.write(resolve_incident, scope="chatgpt", actor="usher")
    assert await incident_of(company, "chatgpt", application="chatgpt") != first
    assert [event for event, _, _ in await lines(company, "incident.")] == [
        "incident.opened", "incident.resolved", "incident.opened",
    ]  # fmt: skip


async def test_given_up_ends_what_is_being_given(company: Database) -> None:
    """And closes the incident, in the name of who gave up; a second answer comes too late."""
    _, grant_id = await granted(company)
    incident_id = await incident_of(company, "chatgpt:ULENA", application="chatgpt", person_id="ULENA")
    await company.write(answer_incident, incident_id=incident_id, actor="UNOOR", answer=Answer.GIVE_UP)
    assert (await state_of(company, grant_id))[:2] == (GrantState.ENDING, EndReason.GIVEN_UP)
    [incident] = await rows(company, Incident)
    assert (incident.state, incident.resolved_by) == (IncidentState.RESOLVED, "UNOOR")
    for answer in Answer:
        why = await refusal(company, answer_incident, incident_id=incident_id, actor="UNOOR", answer=answer)
        assert why is Refusal.ALREADY_DECIDED


async def test_a_removal_is_not_given_up(company: Database) -> None:
    """Nor is a request: nothing is changed and nothing recorded."""
    request_id, _ = await granted(company)
    incident_id = await incident_of(company, "chatgpt:ULENA", application="chatgpt", person_id="ULENA")
    await company.write(release, request_id=request_id, actor="ULENA")
    nobody = await incident_of(company, f"request:{request_id}", application="chatgpt", person_id="ULENA")
    for each in (incident_id, nobody):
        why = await refusal(company, answer_incident, incident_id=each, actor="UNOOR", answer=Answer.GIVE_UP)
        assert why is Refusal.CANNOT_GIVE_UP
    assert await lines(company, "incident.give_up") == []
    assert {incident.state for incident in await rows(company, Incident)} == {IncidentState.OPEN}


async def test_nobody_to_ask_is_looked_at_again(company: Database) -> None:
    """Noor has no manager and is the only admin: Try again says so until there is somebody, and then asks them."""
    asked = await ask(company, wish(for_="UNOOR"), by="UNOOR")
    [incident] = await rows(company, Incident)
    again = {"incident_id": incident.id, "actor": "UNOOR", "answer": Answer.TRY_AGAIN}
    await company.write(answer_incident, **again)
    [incident] = await rows(company, Incident)
    assert (incident.state, incident.note) == (IncidentState.OPEN, "Looked again: there is still nobody to ask.")

    async def promote(tx: Transaction) -> None:
        await tx.session.execute(sa.update(Person).where(Person.id == "UNOOR").values(manager_from_file="UMAYA"))

    await company.write(promote)
    await company.write(answer_incident, **again)
    [incident] = await rows(company, Incident)
    assert (incident.state, incident.note) == (IncidentState.RESOLVED, "Somebody else has been asked.")
    assert await approve(company, asked.request_id) is RequestState.APPROVED


async def test_ending_what_has_ended_changes_nothing(company: Database) -> None:
    """Whatever the reason, the first one stands."""
    _, grant_id = await granted(company)

    async def twice(tx: Transaction) -> list[bool]:
        grant = await tx.session.get_one(Grant, grant_id)
        return [await end_grant(tx, grant, why=why, actor="usher") for why in (EndReason.EXPIRED, EndReason.REVOKED)]

    assert await company.write(twice) == [True, False]
    assert (await state_of(company, grant_id))[1] is EndReason.EXPIRED


@pytest.mark.parametrize("answer", list(Answer))
async def test_an_incident_that_is_not_there(company: Database, answer: Answer) -> None:
    """Is gone."""
    assert await refusal(company, answer_incident, incident_id=new_id(), actor="UNOOR", answer=answer) is Refusal.GONE

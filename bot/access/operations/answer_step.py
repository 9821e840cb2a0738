"""An app admin says that a change by hand is done, or could not be done."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import subjects
from bot.access.catalog_store import load_application
from bot.access.operations.ending import end_grant
from bot.access.operations.following import converge_account
from bot.access.operations.incidents import open_incident
from bot.access.refusals import Refusal, Refused
from storage.database import Transaction
from storage.tables import Account, AccountStatus, EndReason, Grant, ManualStep, Person, StepState


async def answer_step(tx: Transaction, *, step_id: str, actor: str, done: bool, reason: str | None = None) -> None:
    """Takes an app admin's word for a change that only a human can see.

    Args:
        tx: the transaction.
        step_id: the step.
        actor: who answers, by Slack user id; must be an admin of the application.
        done: Done, or Could not.
        reason: why it could not be done; the person who waits reads it.

    Raises:
        Refused: it is not theirs to answer, or was answered already.
    """
    step = await find_step(tx.session, step_id=step_id, actor=actor, locked=True)
    answer = StepState.DONE if done else StepState.REFUSED
    if step.state is answer and step.answered_by == actor:
        return
    demand_open(step)
    await _answer(tx, step, actor=actor, answer=answer, reason=reason)


async def find_step(session: AsyncSession, *, step_id: str, actor: str, locked: bool = False) -> ManualStep:
    """The step, for somebody who may answer it; `locked` against another answer at the same time.

    Raises:
        Refused: there is no such step, or it is not theirs to answer.
    """
    statement = sa.select(ManualStep).where(ManualStep.id == step_id)
    step = await session.scalar(statement.with_for_update() if locked else statement)
    if step is None:
        raise Refused(Refusal.GONE)
    if actor not in await step_owners(session, step.application):
        raise Refused(Refusal.NOT_ADMIN)
    return step


def demand_open(step: ManualStep) -> None:
    """Raises `Refused` when a step was answered already."""
    if step.state is not StepState.OPEN:
        raise Refused(Refusal.ALREADY_DECIDED, who=step.answered_by)


async def done_by_hand(tx: Transaction, *, application: str, person_id: str, actor: str) -> None:
    """Takes an admin's word that the change which an account waits for was made, if it waits for one by hand."""
    step = await tx.session.scalar(
        sa.select(ManualStep)
        .where(
            ManualStep.application == application,
            ManualStep.person_id == person_id,
            ManualStep.state == sa.literal_column("'open'"),
        )
        .with_for_update()
    )
    if step is not None:
        await _answer(tx, step, actor=actor, answer=StepState.DONE, reason=None)


async def _answer(tx: Transaction, step: ManualStep, *, actor: str, answer: StepState, reason: str | None) -> None:
    done = answer is StepState.DONE
    step.state = answer
    step.answered_at = tx.now
    step.answered_by = actor
    step.reason = reason
    tx.record(
        "step.done" if done else "step.refused",
        actor=actor,
        subject=subjects.step(step.id),
        application=step.application,
        person=step.person_id,
        wanted=step.change.get("wanted"),
        reason=reason,
    )
    if done:
        await _believe(tx, step)
    elif step.change.get("wanted") is not None:
        await _give_up_giving(tx, step, actor)
    else:
        await open_incident(
            tx,
            scope=subjects.account(step.application, step.person_id),
            application=step.application,
            person_id=step.person_id,
            cause="CouldNotRemove",
            explanation=f"The access could not be taken away by hand: {reason or 'no reason was given'}",
            remedy="Take the access away, then press I did it by hand. Usher does not give up on a removal.",
        )
    converge_account(tx, step.application, step.person_id)
    tx.enqueue(subjects.CARDS, subjects.step(step.id), lock_key=f"cards:{subjects.step(step.id)}")


async def step_owners(session: AsyncSession, application: str) -> set[str]:
    """Slack user ids of those who carry out an application's changes by hand: its admins, else its owner."""
    entry = await load_application(session, application)
    names = (entry.admins or ((entry.owner,) if entry.owner else ())) if entry else ()
    found = await session.scalars(
        sa.select(Person.id).where(sa.or_(Person.id.in_(names), Person.email.in_(names)), Person.active)
    )
    return set(found)


async def _believe(tx: Transaction, step: ManualStep) -> None:
    """Where nobody but a human can see an account, their word is the observation."""
    account = await tx.session.get(Account, (step.application, step.person_id))
    if account is None:
        raise Refused(Refusal.GONE)
    wanted = step.change.get("wanted")
    account.status = AccountStatus.MEMBER if wanted is not None else AccountStatus.ABSENT
    account.role = wanted["role"] if wanted else ""
    account.seat_type = wanted["seat_type"] if wanted else ""
    account.observed_at = tx.now


async def _give_up_giving(tx: Transaction, step: ManualStep, actor: str) -> None:
    holding = await tx.session.scalars(
        sa.select(Grant).where(
            Grant.application == step.application,
            Grant.beneficiary_id == step.person_id,
            Grant.state.in_(["granting", "waiting", "failed"]),
        )
    )
    for grant in holding.all():
        await end_grant(tx, grant, why=EndReason.GIVEN_UP, actor=actor, note=step.reason)

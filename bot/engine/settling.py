"""The transactions around an account's convergence: what is written before a change, and after it was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from bot.access import lifecycle, subjects
from bot.access.desired import Entitlement
from bot.access.operations.ending import end_grant, mark_ending
from bot.access.operations.following import refresh_cards, refresh_pending, refresh_seat_card
from bot.access.operations.incidents import resolve_incident
from bot.connectors.contract import Account as Observed
from bot.connectors.contract import (
    ByHand,
    CancelInvite,
    Change,
    ConnectorError,
    Invite,
    Remove,
    Resend,
    SetRole,
    SetSeatType,
    UnknownOutcome,
)
from bot.connectors.registry import capabilities_of
from bot.engine import seats
from bot.engine.situation import Situation, read_situation
from storage.database import Transaction
from storage.fixed import fixed
from storage.ids import new_id
from storage.rows import objects
from storage.tables import (
    Account,
    AccountStatus,
    EndReason,
    Grant,
    GrantState,
    ManualStep,
    StepState,
    table_of,
)

#: how long an account must be missing before Usher believes that somebody removed it
MISSING_FOR = timedelta(seconds=30)


#: an account's row when no change is on its way
NO_CHANGE: Mapping[str, None] = {
    "last_change": None,
    "last_change_at": None,
    "last_change_key": None,
    "last_change_sent": None,
}


_LIVING = fixed(
    sa.select(Grant.id, Grant.state).where(
        Grant.beneficiary_id == sa.bindparam("person_id"),
        Grant.application == sa.bindparam("application"),
        Grant.state != sa.literal_column("'ended'"),
    )
)
_OF_ACCOUNT = (Account.application == sa.bindparam("application"), Account.person_id == sa.bindparam("person_id"))
_ACCOUNT = fixed(sa.select(table_of(Account)).where(*_OF_ACCOUNT).with_for_update())


class Overtaken(Exception):
    """The grants changed while the account was being looked at, or somebody said what is there: look again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One grant's transition, as what was observed asks for it."""

    grant: Grant
    to: GrantState
    event: str
    values: Mapping[str, Any]


def name_of(change: Change) -> str:
    """A change in words that are the same for the same change, for the account's row and the ledger."""
    match change:
        case Invite(email=email, entitlement=Entitlement(role=role, seat_type=seat_type)):
            return f"invite {email} as {role or '-'} on {seat_type or '-'}"
        case Resend(email=email):
            return f"resend the invite of {email}"
        case CancelInvite(email=email):
            return f"cancel the invite of {email}"
        case SetRole(email=email, role=role):
            return f"set the role of {email} to {role}"
        case SetSeatType(email=email, seat_type=seat_type):
            return f"set the seat of {email} to {seat_type}"
        case Remove(email=email):
            return f"remove {email}"


def is_invite(name: str) -> bool:
    """Is it the name of an invite, whatever to?"""
    return name.startswith("invite ")


async def move_by_time(tx: Transaction, application: str, person_id: str) -> Situation | None:
    """Starts the grants whose start has come and ends those whose end has; returns what is known then."""
    situation = await read_situation(tx, application, person_id, now=tx.now)
    if situation is None:
        return None
    tx.hold(*situation.grants)
    starting, over = situation.due()
    for grant in starting:
        if not await tx.move(Grant, grant.id, before=[GrantState.SCHEDULED], to=GrantState.GRANTING):
            continue  # it was taken back in this very moment
        tx.record("grant.started", actor="usher", subject=subjects.grant(grant.id), before=GrantState.SCHEDULED)
        refresh_cards(tx, grant.request_id)
    for grant, why in over:
        await mark_ending(tx, grant, why=why, actor="usher")
    return situation


async def note_change(tx: Transaction, situation: Situation, observed: Observed, change: Change) -> Situation:
    """Writes down what is about to be sent, and, before the first change, what was there before Usher.

    Raises:
        Overtaken: the grants or the account are no longer those that the change was made for.
        seats.CountFirst, seats.CountSoon, seats.NoneFree: it takes a seat, and there may be none.
    """
    situation = situation.copied()
    account = await _still(tx, situation)
    if _last_sent(account) != _last_sent(situation.account):
        raise Overtaken  # this worker slept over the end of its lease, and another one has sent something
    await seats.demand_room(tx, situation, change)
    baseline = situation.baseline(observed)
    values = {
        **_as_columns(observed),
        "email": observed.email,
        "baseline": {"role": baseline.role, "seat_type": baseline.seat_type} if baseline else {},
        "last_change": name_of(change),
        "last_change_at": tx.now,
        "last_change_key": getattr(change, "key", None),
        "last_change_sent": situation.times_sent(name_of(change)) + 1,
        "missing_since": None,
        # before it is sent: were it lost, the person is not written to twice
        **({"invite_resent_at": tx.now} if isinstance(change, Resend) else {}),
    }
    account = await _put_account(tx, situation, account, values)
    if isinstance(change, CancelInvite):
        await _invite_anew(tx, situation)
    tx.record(
        "account.change_sent",
        actor="usher",
        subject=subjects.account(situation.entry.key, situation.person.id),
        change=name_of(change),
        grants=[grant.id for grant in situation.grants],
    )
    return replace(situation, account=account, now=tx.now)


async def _invite_anew(tx: Transaction, situation: Situation) -> None:
    """An invite is taken back to make room for another one: that it is gone then is nobody else's doing."""
    for grant in situation.holding:
        there = [GrantState.INVITED, GrantState.ACTIVE]
        was, why = grant.state, "another invite follows"
        if await tx.move(Grant, grant.id, before=there, to=GrantState.GRANTING, invited_at=None):
            grant.state, grant.invited_at = GrantState.GRANTING, None
            tx.record("grant.granting", actor="usher", subject=subjects.grant(grant.id), before=was, why=why)


async def forget_change(tx: Transaction, situation: Situation, error: ConnectorError) -> None:
    """The last change did not happen, or nobody knows: it is waited for no longer.

    What may have happened after all keeps its idempotency key, so that it cannot happen twice: also what was refused
    now, but had been sent before.
    """
    was_sent_before = situation.account is not None and (situation.account.last_change_sent or 0) > 1
    values = {"last_change_at": None} if isinstance(error, UnknownOutcome) or was_sent_before else NO_CHANGE
    await tx.session.execute(
        sa.update(Account)
        .where(Account.application == situation.entry.key, Account.person_id == situation.person.id)
        .values(**values)
    )


async def spend_key(tx: Transaction, situation: Situation) -> None:
    """A change that was sent more than once has its answer: were it sent yet again, its key would bring only that."""
    await tx.session.execute(
        sa.update(Account)
        .where(Account.application == situation.entry.key, Account.person_id == situation.person.id)
        .values(last_change_key=None)
    )


def steps(situation: Situation, observed: Observed) -> list[Step]:
    """What an account that is as it should be means for each grant. Pure."""
    found = []
    for grant in situation.grants:
        if grant.state is GrantState.ENDING:
            found.append(
                Step(grant=grant, to=GrantState.ENDED, event="grant.ended", values={"ended_at": situation.now})
            )
        elif grant.state is GrantState.SCHEDULED or situation.is_in_line(grant):
            continue
        elif observed.status == AccountStatus.MEMBER and grant.state is not GrantState.ACTIVE:
            found.append(
                Step(grant=grant, to=GrantState.ACTIVE, event="grant.active", values=_joined(situation, grant))
            )
        elif observed.status == AccountStatus.INVITED and grant.state is not GrantState.INVITED:
            # who was active has accepted that invite: this one is another, and somebody else's
            invited_at = None if grant.state is GrantState.ACTIVE else grant.invited_at
            values = {"invited_at": invited_at or situation.now}
            found.append(Step(grant=grant, to=GrantState.INVITED, event="grant.invited", values=values))
    return found


def _joined(situation: Situation, grant: Grant) -> dict[str, Any]:
    """The time of a limited grant that is not counting yet begins when the person is there."""
    values: dict[str, Any] = {"active_at": grant.active_at or situation.now}
    if grant.duration_seconds is not None and grant.ends_at is None:
        values["ends_at"] = situation.now + timedelta(seconds=grant.duration_seconds)
    return values


async def settle(tx: Transaction, situation: Situation, observed: Observed) -> tuple[Grant, ...]:
    """The account is as it should be: moves the grants on, keeps what was observed, closes what was in the way.

    Returns:
        The grants that are still living.
    """
    if not capabilities_of(situation.entry.connector).observes:
        await _still(tx, situation)  # somebody may just have said what is there
    situation = replace(situation.copied(), now=tx.now)
    for step in steps(situation, observed):
        before = [step.grant.state] if step.to in _following(step.grant.state) else []
        moved = await tx.move(Grant, step.grant.id, before=before, to=step.to, **step.values)
        if not moved:
            continue
        for name, value in {"state": step.to, **step.values}.items():
            setattr(step.grant, name, value)
        [was] = before
        tx.record(
            step.event,
            actor="usher",
            subject=subjects.grant(step.grant.id),
            before=was,
            observed=observed.status,
            role=observed.role,
            seat_type=observed.seat_type,
            why=step.grant.end_reason,
            ends_at=step.grant.ends_at,
        )
        refresh_cards(tx, step.grant.request_id)
        refresh_seat_card(tx, step.grant)
    await _end_replaced(tx, situation)
    living = tuple(grant for grant in situation.grants if grant.state is not GrantState.ENDED)
    await _keep(tx, situation, observed, keep_baseline=bool(living))
    await _close_steps(tx, situation)
    if situation.trouble is not None and not situation.locked_out:
        await resolve_incident(tx, scope=situation.trouble.scope, actor="usher", note="Seen to be as it should be.")
    elif situation.trouble is not None and _was_asked_again(situation, observed):
        await resolve_incident(
            tx,
            scope=situation.trouble.scope,
            actor="usher",
            note="Asked for once more. If they still cannot get in, they can say so again.",
        )
    if situation.outage is not None and not situation.outage.looking:
        await resolve_incident(tx, scope=situation.outage.scope, actor="usher", note="It works again.")
    return living


def _was_asked_again(situation: Situation, observed: Observed) -> bool:
    """Was the account of somebody who cannot get in asked for once more, as an admin wanted?"""
    account, there = situation.account, observed.entitlement
    if account is None or account.last_change_at is None or there is None:
        return False
    return account.last_change == name_of(Resend(email=observed.email, entitlement=there))


async def _end_replaced(tx: Transaction, situation: Situation) -> None:
    """What another grant has taken the place of ends: its person has the other one now."""
    replaced = {grant.replaces_id for grant in situation.grants if grant.state is GrantState.ACTIVE}
    for grant in situation.grants:
        if grant.id in replaced:
            await end_grant(tx, grant, why=EndReason.REPLACED, actor="usher")


async def note_missing(tx: Transaction, situation: Situation, observed: Observed) -> timedelta:
    """Keeps since when an account that was there is missing; long enough, and its grants are over.

    Returns:
        For how long it has been missing.
    """
    since = (situation.account.missing_since if situation.account else None) or tx.now
    await _write_account(tx, situation, {**_as_columns(observed), "email": observed.email, "missing_since": since})
    gone_for = tx.now - since
    if gone_for >= MISSING_FOR:
        # whoever removed it did not leave what was there before Usher either
        await _write_account(tx, situation, {"baseline": {}})
        for grant in situation.holding:
            await end_grant(
                tx,
                grant,
                why=EndReason.REMOVED_OUTSIDE,
                actor="usher",
                note="Somebody removed the account outside Usher.",
            )
    return gone_for


def vanished(situation: Situation, observed: Observed) -> bool:
    """Is an account gone that was seen before, without Usher having touched it?"""
    if observed.status != AccountStatus.ABSENT:
        return False
    was_there = any(grant.state in (GrantState.ACTIVE, GrantState.INVITED) for grant in situation.holding)
    return was_there or (not situation.holding and _was_left(situation))


def _was_left(situation: Situation) -> bool:
    """Was a member there before Usher, whom it has had no reason to remove?"""
    known = situation.account
    if known is None or not known.baseline:
        return False
    return known.status is AccountStatus.MEMBER or known.missing_since is not None


async def ask_for_hands(tx: Transaction, situation: Situation, wanted: Entitlement | None, by_hand: ByHand) -> None:
    """Asks the application's admins to make a change, unless they are being asked for just that.

    Raises:
        Overtaken: the grants or the account are no longer those that the change was made for.
    """
    await _still(tx, situation)
    await forget_change(tx, situation, by_hand)  # nothing was sent that could be seen in a moment
    change = {"wanted": {"role": wanted.role, "seat_type": wanted.seat_type} if wanted else None}
    standing = await tx.session.scalar(_open_steps(situation))
    if standing is not None and standing.change == change:
        return
    if standing is not None:
        await _obsolete(tx, standing)
    if situation.account is None or situation.account.baseline is None:
        nothing = {"status": AccountStatus.ABSENT, "role": "", "seat_type": "", "baseline": {}}
        await _write_account(tx, situation, {**nothing, "email": situation.email or ""})
    step = ManualStep(
        id=new_id(),
        application=situation.entry.key,
        person_id=situation.person.id,
        change=change,
        instructions=by_hand.explanation,
        state=StepState.OPEN,
        created_at=tx.now,
    )
    tx.session.add(step)
    tx.record("step.asked", actor="usher", subject=subjects.step(step.id), application=situation.entry.key, **change)
    _refresh_step(tx, step.id)
    for grant in situation.grants:
        refresh_cards(tx, grant.request_id)


async def _close_steps(tx: Transaction, situation: Situation) -> None:
    if situation.entry.connector.type != "manual":
        return
    standing = await tx.session.scalar(_open_steps(situation))
    if standing is not None:
        await _obsolete(tx, standing)


async def _obsolete(tx: Transaction, step: ManualStep) -> None:
    step.state = StepState.OBSOLETE
    step.answered_at = tx.now
    await tx.session.flush()
    _refresh_step(tx, step.id)


def _open_steps(situation: Situation) -> sa.Select[ManualStep]:
    return sa.select(ManualStep).where(
        ManualStep.application == situation.entry.key,
        ManualStep.person_id == situation.person.id,
        ManualStep.state == sa.literal_column("'open'"),
    )


def _refresh_step(tx: Transaction, step_id: str) -> None:
    subject = subjects.step(step_id)
    tx.enqueue(subjects.CARDS, subject, lock_key=f"cards:{subject}")


async def _still(tx: Transaction, situation: Situation) -> Account | None:
    """The account's row, locked. Raises `Overtaken` where anything is not as it was."""
    living = await tx.execute(_LIVING, _key(situation))
    if {tuple(row) for row in living} != {(grant.id, grant.state) for grant in situation.grants}:
        raise Overtaken
    account = await _account(tx, situation)
    if _what_is_there(account) != _what_is_there(situation.account):
        raise Overtaken
    return account


async def _keep(tx: Transaction, situation: Situation, observed: Observed, *, keep_baseline: bool) -> None:
    """Keeps what was observed, and shows it to those who are deciding about this person meanwhile."""
    known = situation.account
    values: dict[str, Any] = {**_as_columns(observed), "email": observed.email, "missing_since": None, **NO_CHANGE}
    if observed.status == AccountStatus.ABSENT:
        values["invite_resent_at"] = None
    if not keep_baseline:
        values["baseline"] = None
    elif known is None or known.baseline is None:
        baseline = observed.entitlement
        values["baseline"] = {"role": baseline.role, "seat_type": baseline.seat_type} if baseline else {}
    await _write_account(tx, situation, values)
    changed = known is None or (known.status, known.role, known.seat_type) != (
        observed.status,
        observed.role,
        observed.seat_type,
    )
    if changed or not situation.grants:  # where nothing was granted it is a look, and somebody waits for its answer
        await refresh_pending(tx, situation.entry.key, situation.person.id)
    if changed:
        await seats.follow_change(tx, situation, observed)


async def _write_account(tx: Transaction, situation: Situation, values: Mapping[str, Any]) -> None:
    await _put_account(tx, situation, await _account(tx, situation), values)


async def _put_account(
    tx: Transaction, situation: Situation, account: Account | None, values: Mapping[str, Any]
) -> Account:
    """Updates the account's row, or makes it. The account's lock in the task queue keeps it to one writer at a time."""
    if account is None:
        account = Account(**_key(situation), **values, observed_at=tx.now)
        await tx.insert(account)
    else:
        await tx.change(account, **values, observed_at=tx.now)
    return account


async def _account(tx: Transaction, situation: Situation) -> Account | None:
    """The account's row, locked."""
    return next(iter(await objects(tx, Account, _ACCOUNT, _key(situation))), None)


def _key(situation: Situation) -> dict[str, str]:
    return {"application": situation.entry.key, "person_id": situation.person.id}


def _what_is_there(account: Account | None) -> tuple[str, str, str]:
    return (account.status, account.role, account.seat_type) if account else (AccountStatus.ABSENT, "", "")


def _last_sent(account: Account | None) -> tuple[str | None, int | None]:
    return (account.last_change, account.last_change_sent) if account else (None, None)


def _as_columns(observed: Observed) -> dict[str, Any]:
    return {
        "status": AccountStatus(observed.status),
        "role": observed.role,
        "seat_type": observed.pending_seat_type or observed.seat_type,
        "provider_id": observed.provider_id,
    }


def _following(state: GrantState) -> set[GrantState]:
    return {to for to in GrantState if state in lifecycle.before_grant(to)}

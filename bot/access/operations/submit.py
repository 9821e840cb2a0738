"""Somebody asks for access."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from bot.access import lifecycle, subjects
from bot.access.catalog import ApplicationEntry
from bot.access.catalog_store import load_offer
from bot.access.circumstances import find_circumstances
from bot.access.conditions import Way, way
from bot.access.desired import Terms
from bot.access.durations import write_duration
from bot.access.emergency import in_emergency
from bot.access.may_ask import demand_may_ask
from bot.access.operations.asking import ask, facts_about
from bot.access.operations.expire import expire
from bot.access.operations.following import CARDS_WITHOUT_LOOK, converge_account, give, pass_request, refresh_cards
from bot.access.people_facts import load_facts
from bot.access.policy import Facts
from bot.access.policy_rules import PolicyRules
from bot.access.refusals import Refusal, Refused
from bot.access.request_rules import rules_of, snapshot
from bot.access.wish import Wish, WrongWish, terms
from storage.database import Transaction
from storage.fixed import fixed
from storage.ids import new_id
from storage.tables import AccessRequest, Card, Grant, RequestState


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A request that was recorded."""

    request_id: str
    state: RequestState


async def submit(
    tx: Transaction,
    *,
    wish: Wish,
    requester_id: str,
    channel: str,
    origin: str | None = None,
    extends: Grant | None = None,
    replaces: Grant | None = None,
    batch_id: str | None = None,
) -> Submitted:
    """Records a request and asks whoever decides.

    Args:
        tx: the transaction.
        wish: what is asked for.
        requester_id: who asks, as authenticated by the door.
        channel: the door: slack or chatgpt.
        origin: what was submitted (a Slack view's id), so that a redelivery of it is known as one.
        extends: the grant that is to go on; `operations/extend.py` has checked whose it is.
        replaces: the grant whose place this is to take; `operations/change.py` has checked whose it is.
        batch_id: the form that asked for several people at once.

    Raises:
        WrongWish: the catalogue does not offer that.
        Refused: this person may not ask for that, has it already, or has asked already.
    """
    offer = await load_offer(tx, wish.application)
    if offer is None:
        raise WrongWish({"application": "Choose an application."})
    entry, rules = offer
    asked_for = terms(wish, entry)
    facts = await load_facts(
        tx,
        rules,
        requester_id=requester_id,
        beneficiary_id=wish.beneficiary_id,
        owner=entry.owner,
        admins=entry.admins,
        now=tx.now,
    )
    demand_may_ask(facts, entry, rules)

    circumstances = await find_circumstances(
        tx, rules, facts, wish, asked_for, channel=channel, extension=extends is not None
    )
    going = way(rules, circumstances)
    if wish.emergency:
        going, asked_for = in_emergency(going, rules, asked_for)
    request = _request(tx, wish, asked_for, entry, going, requester_id, channel, origin)
    request.extends_id = extends.id if extends else None
    request.replaces_id = replaces.id if replaces else None
    request.batch_id = batch_id
    request.unconfirmed = going.rules.beneficiary_confirms and requester_id != wish.beneficiary_id
    while not await tx.insert_unless_there(request):
        same = await _same_submission(tx, request)
        if same is not None:
            return same
        await _make_way(tx, request)
    await _refuse_what_they_have(tx, request, extends)

    tx.record(
        "request.submitted",
        actor=requester_id,
        subject=subjects.request(request.id),
        application=request.application,
        role=request.role,
        seat_type=request.seat_type,
        duration=write_duration(request.duration_seconds),
        beneficiary=wish.beneficiary_id,
        reason=wish.reason,
        channel=channel,
        extends=request.extends_id,
        replaces=request.replaces_id,
        batch=request.batch_id,
        starts_at=request.starts_at,
        emergency=request.emergency or None,
        rule=going.matched.name if going.matched else None,
        because=going.matched.because if going.matched else None,
    )
    return Submitted(request_id=request.id, state=await _go(tx, request, going.rules, facts))


async def _go(tx: Transaction, request: AccessRequest, rules: PolicyRules, facts: Facts) -> RequestState:
    """The way of a request that was just recorded: denied or approved by the policy itself, or asked of somebody.

    Returns the state that it is in after that.
    """
    if rules.deny:
        await _settle(tx, request, RequestState.DENIED, rules.deny)
        tx.record("request.denied", actor="usher", subject=subjects.request(request.id), reason=rules.deny)
        refresh_cards(tx, request.id)
        return RequestState.DENIED
    if not request.unconfirmed:
        if rules.auto_approve:
            await _settle(tx, request, RequestState.APPROVED, rules.auto_approve)
            await pass_request(tx, request, actor="usher", why=rules.auto_approve)
            return RequestState.APPROVED
        if request.emergency:
            grant_id = await give(tx, request)
            tx.record("request.given_first", actor="usher", subject=subjects.request(request.id), grant=grant_id)
        await ask(tx, request, facts, [])
    refresh_cards(tx, request.id, after=CARDS_WITHOUT_LOOK)
    converge_account(tx, request.application, request.beneficiary_id)  # a look: the approver then knows what is there
    tx.enqueue(subjects.EXPIRE, request.id, run_at=request.expires_at)
    return RequestState.PENDING


async def go_on(tx: Transaction, request: AccessRequest) -> None:
    """The way of a request that its beneficiary has just confirmed."""
    request.unconfirmed = False
    await _go(tx, request, rules_of(request), await facts_about(tx, request))


async def _settle(tx: Transaction, request: AccessRequest, to: RequestState, why: str) -> None:
    """Inserted as pending all the same: that is how the database knows of two at once."""
    await tx.move(
        AccessRequest,
        request.id,
        before=lifecycle.before_request(to),
        to=to,
        decided_at=tx.now,
        decision_reason=why,
    )


def _request(
    tx: Transaction,
    wish: Wish,
    asked_for: Terms,
    entry: ApplicationEntry,
    going: Way,
    requester_id: str,
    channel: str,
    origin: str | None,
) -> AccessRequest:
    return AccessRequest(
        id=new_id(),
        requester_id=requester_id,
        beneficiary_id=wish.beneficiary_id,
        application=wish.application,
        role=asked_for.entitlement.role,
        seat_type=asked_for.entitlement.seat_type,
        duration_seconds=asked_for.duration_seconds,
        reason=wish.reason,
        channel=channel,
        origin=origin,
        starts_at=wish.starts_at,
        emergency=wish.emergency and bool(going.rules.approve),
        state=RequestState.PENDING,
        stage=0,
        rules=snapshot(going, entry),
        created_at=tx.now,
        expires_at=tx.now + timedelta(seconds=going.rules.decide_within),
    )


async def _same_submission(tx: Transaction, request: AccessRequest) -> Submitted | None:
    """The same submission again is the success it was."""
    if request.origin is None:
        return None
    same = await tx.session.scalar(sa.select(AccessRequest).where(AccessRequest.origin == request.origin))
    return None if same is None else Submitted(request_id=same.id, state=same.state)


async def _make_way(tx: Transaction, request: AccessRequest) -> None:
    """The same wish as another one is told where that stands, unless its time is over and nobody has noted that."""
    pending = await tx.session.scalar(
        sa.select(AccessRequest).where(
            AccessRequest.beneficiary_id == request.beneficiary_id,
            AccessRequest.application == request.application,
            AccessRequest.role == request.role,
            AccessRequest.seat_type == request.seat_type,
            AccessRequest.state == sa.literal_column("'pending'"),
        )
    )
    if pending is None:
        return  # it was decided in this very moment
    if await expire(tx, request_id=pending.id) is not None:
        raise Refused(
            Refusal.ALREADY_ASKED,
            who=pending.beneficiary_id,
            permalink=await _permalink(tx, pending.id, request.requester_id),
        )


#: living grants for the same entitlement
_HELD = fixed(
    sa.select(Grant.id, Grant.request_id, Grant.duration_seconds, Grant.starts_at, Grant.ends_at).where(
        Grant.beneficiary_id == sa.bindparam("beneficiary"),
        Grant.application == sa.bindparam("application"),
        Grant.role == sa.bindparam("role"),
        Grant.seat_type == sa.bindparam("seat_type"),
        Grant.state != sa.literal_column("'ended'"),
        Grant.state != sa.literal_column("'ending'"),
    )
)


async def _refuse_what_they_have(tx: Transaction, request: AccessRequest, extends: Grant | None) -> None:
    """Somebody who has this for at least as long is told so; asking for longer than that is a wish of its own."""
    bound = {
        "beneficiary": request.beneficiary_id,
        "application": request.application,
        "role": request.role,
        "seat_type": request.seat_type,
    }
    for held in await tx.execute(_HELD, bound):
        if _goes_on(held, extends, request) if extends else _lasts(held) >= _lasts(request):
            raise Refused(
                Refusal.ALREADY_HAVE,
                who=request.beneficiary_id,
                permalink=await _permalink(tx, held.request_id, request.requester_id),
                detail={"until": held.ends_at},
            )


def _goes_on(held: sa.Row[Any], extends: Grant, request: AccessRequest) -> bool:
    """Does what is held make an extension needless: because it is one already, or lasts as long as one would?"""
    if held.id == extends.id or extends.ends_at is None:
        return False
    if held.starts_at >= extends.ends_at or held.duration_seconds is None:
        return True
    until = held.ends_at or held.starts_at
    return bool((until - extends.ends_at).total_seconds() >= _lasts(request))


def _lasts(what: AccessRequest | sa.Row[Any]) -> float:
    return float("inf") if what.duration_seconds is None else what.duration_seconds


async def _permalink(tx: Transaction, request_id: str, reader_id: str) -> str | None:
    """Of the reader's own card: nobody can open another person's conversation with Usher."""
    return await tx.session.scalar(
        sa.select(Card.permalink).where(
            Card.subject == subjects.request(request_id), Card.slot == subjects.status_slot(reader_id)
        )
    )

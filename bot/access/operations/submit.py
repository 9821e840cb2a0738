"""Somebody asks for access."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from bot.access import lifecycle, subjects
from bot.access.catalog import ApplicationEntry, PolicyRules
from bot.access.catalog_store import load_offer
from bot.access.durations import write_duration
from bot.access.operations.expire import expire
from bot.access.operations.following import (
    CARDS_WITHOUT_LOOK,
    ask,
    converge_account,
    pass_request,
    refresh_cards,
    snapshot,
)
from bot.access.people_facts import colleague, load_people
from bot.access.policy import Facts, names_in
from bot.access.refusals import Refusal, Refused
from bot.access.wish import Terms, Wish, WrongWish, terms
from storage.database import Transaction
from storage.ids import new_id
from storage.tables import AccessRequest, Card, Grant, Person, RequestState


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
) -> Submitted:
    """Records a request and asks whoever decides.

    Args:
        tx: the transaction.
        wish: what is asked for.
        requester_id: who asks, as authenticated by the door.
        channel: the door: slack or chatgpt.
        origin: what was submitted (a Slack view's id), so that a redelivery of it is known as one.
        extends: the grant that is to go on; `operations/extend.py` has checked whose it is.

    Raises:
        WrongWish: the catalogue does not offer that.
        Refused: this person may not ask for that, has it already, or has asked already.
    """
    offer = await load_offer(tx.session, wish.application)
    if offer is None:
        raise WrongWish({"application": "Choose an application."})
    entry, rules = offer
    asked_for = terms(wish, entry)
    people = await load_people(
        tx.session,
        (requester_id, wish.beneficiary_id),
        names_in(rules, entry),
        managers_of=(wish.beneficiary_id,),
    )
    _refuse_strangers(people.get(requester_id), people.get(wish.beneficiary_id))
    _refuse_address(people[wish.beneficiary_id], entry)

    request = _request(tx, wish, asked_for, entry, rules, requester_id, channel, origin)
    request.extends_id = extends.id if extends else None
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
    )
    if rules.auto_approve:
        # inserted as pending all the same: that is how the database knows of two at once
        await tx.move(
            AccessRequest,
            request.id,
            before=lifecycle.before_request(RequestState.APPROVED),
            to=RequestState.APPROVED,
            decided_at=tx.now,
            decision_reason=rules.auto_approve,
        )
        await pass_request(tx, request, actor="usher", why=rules.auto_approve)
        return Submitted(request_id=request.id, state=RequestState.APPROVED)
    facts = Facts(
        requester_id=requester_id,
        beneficiary_id=wish.beneficiary_id,
        owner=entry.owner,
        admins=entry.admins,
        colleagues={id_: colleague(person) for id_, person in people.items()},
    )
    await ask(tx, request, facts)
    refresh_cards(tx, request.id, after=CARDS_WITHOUT_LOOK)
    converge_account(tx, wish.application, wish.beneficiary_id)  # a look, so that the approver knows what is there
    tx.enqueue(subjects.EXPIRE, request.id, run_at=request.expires_at)
    return Submitted(request_id=request.id, state=RequestState.PENDING)


def _request(
    tx: Transaction,
    wish: Wish,
    asked_for: Terms,
    entry: ApplicationEntry,
    rules: PolicyRules,
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
        state=RequestState.PENDING,
        stage=0,
        rules=snapshot(rules, entry),
        created_at=tx.now,
        expires_at=tx.now + timedelta(seconds=rules.decide_within),
    )


def _refuse_strangers(requester: Person | None, beneficiary: Person | None) -> None:
    for person in (requester, beneficiary):
        if person is None or not person.active or person.is_bot:
            raise Refused(Refusal.NOT_IN_DIRECTORY, who=person.id if person else None)
        if person.is_guest:
            raise Refused(Refusal.GUEST, who=person.id)
    if beneficiary is not None and beneficiary.email is None:
        raise Refused(Refusal.NO_EMAIL, who=beneficiary.id)


def _refuse_address(beneficiary: Person, entry: ApplicationEntry) -> None:
    if not entry.takes_address(beneficiary.email or ""):
        raise Refused(Refusal.EMAIL_DOMAIN, who=beneficiary.id, detail={"domains": entry.email_domains})


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
_HELD = sa.select(Grant).where(
    Grant.beneficiary_id == sa.bindparam("beneficiary"),
    Grant.application == sa.bindparam("application"),
    Grant.role == sa.bindparam("role"),
    Grant.seat_type == sa.bindparam("seat_type"),
    Grant.state != sa.literal_column("'ended'"),
    Grant.state != sa.literal_column("'ending'"),
)


async def _refuse_what_they_have(tx: Transaction, request: AccessRequest, extends: Grant | None) -> None:
    """Somebody who has this for at least as long is told so; asking for longer than that is a wish of its own."""
    bound = {
        "beneficiary": request.beneficiary_id,
        "application": request.application,
        "role": request.role,
        "seat_type": request.seat_type,
    }
    for held in await tx.session.scalars(_HELD, bound):
        if _goes_on(held, extends, request) if extends else _lasts(held) >= _lasts(request):
            raise Refused(
                Refusal.ALREADY_HAVE,
                who=request.beneficiary_id,
                permalink=await _permalink(tx, held.request_id, request.requester_id),
                detail={"until": held.ends_at},
            )


def _goes_on(held: Grant, extends: Grant, request: AccessRequest) -> bool:
    """Does what is held make an extension needless: because it is one already, or lasts as long as one would?"""
    if held.id == extends.id or extends.ends_at is None:
        return False
    if held.starts_at >= extends.ends_at or held.duration_seconds is None:
        return True
    until = held.ends_at or held.starts_at
    return (until - extends.ends_at).total_seconds() >= _lasts(request)


def _lasts(what: AccessRequest | Grant) -> float:
    return float("inf") if what.duration_seconds is None else what.duration_seconds


async def _permalink(tx: Transaction, request_id: str, reader_id: str) -> str | None:
    """Of the reader's own card: nobody can open another person's conversation with Usher."""
    return await tx.session.scalar(
        sa.select(Card.permalink).where(
            Card.subject == subjects.request(request_id), Card.slot == subjects.status_slot(reader_id)
        )
    )

"""An approver approves or denies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.access import subjects
from bot.access.catalog_store import load_offer
from bot.access.desired import Terms
from bot.access.durations import write_duration
from bot.access.leeway import Changes, demand_within, leeway
from bot.access.operations.asking import follow_votes
from bot.access.operations.looking import seconds_looked
from bot.access.refusals import Refusal, Refused
from bot.access.request_rules import terms_of, write_terms
from storage.database import Transaction
from storage.fixed import fixed
from storage.rows import Rows, as_object
from storage.tables import AccessRequest, Approval, Card, Decision, Person, RequestState, table_of

_TOO_LATE = {
    RequestState.APPROVED: Refusal.ALREADY_DECIDED,
    RequestState.DENIED: Refusal.ALREADY_DECIDED,
    RequestState.CANCELLED: Refusal.CANCELLED,
    RequestState.EXPIRED: Refusal.EXPIRED,
}

_BY_ID = sa.select(table_of(AccessRequest)).where(AccessRequest.id == sa.bindparam("id"))
_REQUEST = fixed(_BY_ID)
_LOCKED = fixed(_BY_ID.with_for_update())
_ASKED = fixed(
    sa.select(table_of(Approval), Person.active, Card.ts)
    .join(Person, Person.id == Approval.approver_id)
    .outerjoin(
        Card,
        sa.and_(
            Card.subject == sa.bindparam("subject"),
            Card.slot == sa.literal(subjects.approval_slot("")) + Approval.approver_id,
        ),
    )
    .where(Approval.request_id == sa.bindparam("id"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """One person's vote about a request, and those of all who were asked."""

    request: AccessRequest
    mine: Approval
    all: list[Approval]
    card_ts: str | None  # Slack's `ts` of the card on which this person was asked

    def demand_open(self, now: datetime) -> None:
        """Raises `Refused` when it is too late for this vote."""
        demand_pending(self.request, now)
        if self.mine.decision is not None:
            raise Refused(Refusal.ALREADY_DECIDED, who=self.mine.approver_id)
        if self.mine.stage != self.request.stage:
            raise Refused(Refusal.NOT_ASKED)


async def find_ballot(
    rows: Rows, *, request_id: str, approver_id: str, stage: int | None = None, locked: bool = False
) -> Ballot:
    """The vote of one person at a stage of a request.

    Args:
        rows: to read with.
        request_id: the request.
        approver_id: the person, by Slack user id.
        stage: the stage that they were asked at; None for the one that the request is at.
        locked: of two who vote at once, the second sees what came of the first.

    Raises:
        Refused: there is no such request, it is their own, or they were not asked.
    """
    found = (await rows.execute(_LOCKED if locked else _REQUEST, {"id": request_id})).mappings().all()
    if not found:
        raise Refused(Refusal.GONE)
    request = as_object(AccessRequest, found[0])
    if approver_id in (request.requester_id, request.beneficiary_id):
        raise Refused(Refusal.OWN_REQUEST)
    at = request.stage if stage is None else stage
    asked = (await rows.execute(_ASKED, {"id": request_id, "subject": subjects.request(request_id)})).mappings().all()
    votes = [as_object(Approval, one) for one in asked]
    for vote, one in zip(votes, asked, strict=True):
        if one["active"] and vote.approver_id == approver_id and vote.stage == at:
            return Ballot(request=request, mine=vote, all=votes, card_ts=one["ts"])
    raise Refused(Refusal.NOT_ASKED)


async def decide(
    tx: Transaction,
    *,
    request_id: str,
    approver_id: str,
    decision: Decision,
    stage: int | None = None,
    reason: str | None = None,
    changes: Changes | None = None,
) -> RequestState:
    """Counts one approver's word, and returns the state of the request after it.

    The same word by the same person again changes nothing and is no error: Slack delivers twice and people press twice.

    Args:
        tx: the transaction.
        request_id: the request.
        approver_id: who decides, as authenticated by the door.
        decision: their word.
        stage: the stage that they were asked at, so that a second press is no vote at the next stage; None for the
            one that the request is at.
        reason: why; the requester reads it.
        changes: what is to be given instead of what stands, if anything is; for an approval. Nobody gives more than
            was asked for, nor more than an earlier approver left of it.

    Raises:
        Refused: the person may not decide this request, or it can no longer be decided.
        WrongWish: the changes are more than what stands, or not offered.
    """
    ballot = await find_ballot(tx, request_id=request_id, approver_id=approver_id, stage=stage, locked=True)
    request, mine = ballot.request, ballot.mine
    tx.hold(request, *ballot.all)
    if mine.decision is decision:
        return request.state
    ballot.demand_open(tx.now)
    stood = terms_of(request)
    if changes is not None and changes.of(stood) != stood:
        await _change(tx, request, changes.of(stood))
        await tx.change(mine, changes=request.terms)
    await tx.change(mine, decision=decision, reason=reason, decided_at=tx.now)
    tx.record(
        "request.vote",
        actor=approver_id,
        subject=subjects.request(request_id),
        decision=decision.value,
        stage=request.stage,
        why_asked=mine.why,
        on_behalf_of=mine.for_id,
        reason=reason,
        **_difference(stood, terms_of(request)),
        seconds_to_decide=seconds_looked(ballot.card_ts, asked_at=mine.asked_at, now=tx.now),
    )
    await follow_votes(tx, request, ballot.all, actor=approver_id, reason=reason)
    return request.state


async def _change(tx: Transaction, request: AccessRequest, to: Terms) -> None:
    """Raises `WrongWish` for more than what stands, and for what is not offered any more."""
    offer = await load_offer(tx, request.application)
    demand_within(leeway(request, offer[0] if offer else None), to)
    await tx.change(request, terms=write_terms(to))


def _difference(before: Terms, after: Terms) -> dict[str, dict[str, str]]:
    """What an approver changed, in the ledger's words; nothing where they changed nothing."""
    was, is_now = _in_words(before), _in_words(after)
    differ = [key for key in was if was[key] != is_now[key]]
    if not differ:
        return {}
    return {"before": {key: was[key] for key in differ}, "after": {key: is_now[key] for key in differ}}


def _in_words(terms: Terms) -> dict[str, str]:
    return {
        "role": terms.entitlement.role,
        "seat_type": terms.entitlement.seat_type,
        "duration": write_duration(terms.duration_seconds),
    }


def demand_pending(request: AccessRequest, now: datetime) -> None:
    """Raises `Refused` when a request can no longer be decided. Expiry is computed: a late task approves nothing."""
    if request.state is not RequestState.PENDING:
        raise Refused(_TOO_LATE[request.state], who=request.decided_by)
    if request.expires_at <= now:
        raise Refused(Refusal.EXPIRED)

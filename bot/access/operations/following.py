"""What follows from a decision, inside the transaction that made it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.access import lifecycle, subjects
from bot.access.catalog import ApplicationEntry, PolicyRules
from bot.access.operations.incidents import open_incident
from bot.access.people_facts import colleague, load_people
from bot.access.policy import Facts, Vote, outcome, who_decides
from storage.database import Transaction
from storage.ids import new_id
from storage.tables import AccessRequest, Approval, Decision, Grant, GrantState, RequestState

#: what a decision asks of ChatGPT goes first; the cards follow after an instant that nobody notices
CARDS_AFTER = timedelta(milliseconds=30)
#: the cards of a new request wait for the look at the account, which tells the approver what there is; but not for long
CARDS_WITHOUT_LOOK = timedelta(milliseconds=700)


_PENDING = sa.select(AccessRequest.id).where(
    AccessRequest.beneficiary_id == sa.bindparam("person_id"),
    AccessRequest.application == sa.bindparam("application"),
    AccessRequest.state == sa.literal_column("'pending'"),
)


def snapshot(rules: PolicyRules, entry: ApplicationEntry) -> dict[str, object]:
    """The rules as they stand now, to be kept with a request: a later catalogue does not change who decides it."""
    return {
        "policy": rules.model_dump(mode="json"),
        "owner": entry.owner,
        "admins": list(entry.admins),
        "starts": entry.starts,
    }


def rules_of(request: AccessRequest) -> PolicyRules:
    """The policy as it stood when the request was made."""
    return PolicyRules.model_validate(request.rules["policy"])


def refresh_cards(tx: Transaction, request_id: str, *, after: timedelta = CARDS_AFTER) -> None:
    """Sees to it that every card of a request shows what is true now."""
    subject = subjects.request(request_id)
    tx.enqueue(subjects.CARDS, subject, lock_key=f"cards:{subject}", run_at=tx.now + after)


async def refresh_pending(tx: Transaction, application: str, person_id: str) -> None:
    """As `refresh_cards`, for every request about a person's account that somebody is deciding now."""
    pending = await tx.session.scalars(_PENDING, {"application": application, "person_id": person_id})
    for request_id in pending.all():
        refresh_cards(tx, request_id)


def refresh_seat_card(tx: Transaction, grant: Grant) -> None:
    """Sees to it that the admins' card about a grant in line shows what is true now, if there ever was one."""
    if grant.waiting_since is not None:
        subject = subjects.seat(grant.id)
        tx.enqueue(subjects.CARDS, subject, lock_key=f"cards:{subject}", run_at=tx.now + CARDS_AFTER)


def converge_account(tx: Transaction, application: str, person_id: str) -> None:
    """Sees to it that an account becomes what the living grants say."""
    key = subjects.account(application, person_id)
    tx.enqueue(
        subjects.ACCOUNT, key, lock_key=f"account:{key}", payload={"application": application, "person": person_id}
    )


async def pass_request(
    tx: Transaction,
    request: AccessRequest,
    *,
    actor: str,
    why: str | None,
) -> str:
    """A request that everybody agreed to becomes a grant. Returns the grant's id.

    The grant of an extension starts when the one that it extends ends: both turn in the same task, so that the account
    stays as it is. Where that one has ended meanwhile, it is a grant like any other.
    """
    goes_on_from = await _end_of_extended(tx, request)
    starts_at = goes_on_from or tx.now
    time_counts = goes_on_from is not None or request.rules.get("starts") == "approved"
    limited = request.duration_seconds is not None
    grant = Grant(
        id=new_id(),
        request_id=request.id,
        beneficiary_id=request.beneficiary_id,
        application=request.application,
        role=request.role,
        seat_type=request.seat_type,
        duration_seconds=request.duration_seconds,
        state=GrantState.GRANTING if goes_on_from is None else GrantState.SCHEDULED,
        created_at=tx.now,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(seconds=request.duration_seconds or 0) if limited and time_counts else None,
    )
    await tx.insert(grant)
    tx.record("request.approved", actor=actor, subject=subjects.request(request.id), reason=why, grant=grant.id)
    converge_account(tx, request.application, request.beneficiary_id)
    refresh_cards(tx, request.id)
    return grant.id


async def _end_of_extended(tx: Transaction, request: AccessRequest) -> datetime | None:
    """When the access ends that a request asks to go on; None where there is none, or not any more."""
    extended = await tx.session.get(Grant, request.extends_id) if request.extends_id is not None else None
    if extended is None or extended.state not in lifecycle.HOLDING | {GrantState.SCHEDULED}:
        return None
    return extended.ends_at if extended.ends_at is not None and extended.ends_at > tx.now else None


async def facts_about(
    tx: Transaction, request: AccessRequest, names: Collection[str], unreachable: Collection[str] = ()
) -> Facts:
    """What the policy needs to know to say whom to ask about a request."""
    people = await load_people(
        tx.session,
        (request.requester_id, request.beneficiary_id),
        names,
        managers_of=(request.beneficiary_id,),
    )
    return Facts(
        requester_id=request.requester_id,
        beneficiary_id=request.beneficiary_id,
        owner=request.rules.get("owner"),
        admins=tuple(request.rules.get("admins", ())),
        colleagues={id_: colleague(person) for id_, person in people.items()},
        unreachable=unreachable,
    )


def names_for(request: AccessRequest, rules: PolicyRules) -> frozenset[str]:
    """Everybody whom a request's rules may name."""
    listed = {name for stage in (*rules.approve, *rules.fallback) for name in stage.people}
    owner = request.rules.get("owner")
    return frozenset(listed | set(request.rules.get("admins", ())) | ({owner} if owner else set()))


async def ask(tx: Transaction, request: AccessRequest, facts: Facts, *, already_asked: Collection[str] = ()) -> int:
    """Asks whoever decides at the request's stage, and returns how many people that is.

    Nobody to ask is an incident: the request waits, and the admins are told.

    Args:
        tx: the transaction of the decision that led here.
        request: the request, at the stage that is to be asked.
        facts: what the policy needs to know.
        already_asked: people who have been asked at this stage before; they are not asked twice.
    """
    deciding = [
        approver
        for approver in who_decides(rules_of(request), request.stage, facts)
        if approver.id not in already_asked
    ]
    await tx.insert(
        *(
            Approval(
                request_id=request.id,
                stage=request.stage,
                approver_id=approver.id,
                why=approver.why,
                asked_at=tx.now,
            )
            for approver in deciding
        )
    )
    if not deciding:
        await open_incident(
            tx,
            scope=subjects.request(request.id),
            application=request.application,
            person_id=request.beneficiary_id,
            cause="NobodyToAsk",
            explanation="Nobody is left who may decide this request: everybody whom the policy names is the "
            "requester, the beneficiary, inactive or out of reach.",
            remedy="Set the person's manager (usher people import) or activate an approver, then press Try again.",
        )
    return len(deciding)


def votes(approvals: Iterable[Approval], *, stage: int) -> list[Vote]:
    """What those who were asked at a stage have said so far."""
    return [
        Vote(approver_id=each.approver_id, decision=each.decision, reachable=each.unreachable_at is None)
        for each in approvals
        if each.stage == stage
    ]


async def follow_votes(
    tx: Transaction, request: AccessRequest, approvals: list[Approval], *, actor: str, reason: str | None
) -> None:
    """Moves a pending request on, as far as the votes carry it: to its next stage, to approved or to denied."""
    rules = rules_of(request)
    verdict = outcome(rules.approve[request.stage], votes(approvals, stage=request.stage))
    last = request.stage + 1 == len(rules.approve)
    if verdict is Decision.APPROVED and not last:
        request.stage += 1
        await ask(tx, request, await facts_about(tx, request, names_for(request, rules)))
    elif verdict is not None:
        request.state = RequestState.APPROVED if verdict is Decision.APPROVED else RequestState.DENIED
        request.decided_at = tx.now
        request.decided_by = actor
        request.decision_reason = reason
        if verdict is Decision.APPROVED:
            await pass_request(tx, request, actor=actor, why=reason)
        else:
            tx.record("request.denied", actor=actor, subject=subjects.request(request.id), reason=reason)
    refresh_cards(tx, request.id)

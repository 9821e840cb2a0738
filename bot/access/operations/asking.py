"""Whom a request is asked of, and what their answers come to, inside the transaction of the decision."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta

from bot.access import lifecycle, subjects
from bot.access.operations.ending import take_back
from bot.access.operations.following import pass_request, refresh_cards
from bot.access.operations.incidents import open_incident, resolve_incident
from bot.access.people_facts import load_facts
from bot.access.policy import Facts, Vote, can_still_agree, outcome, who_decides
from bot.access.policy_rules import Stage
from bot.access.request_rules import rules_of
from storage.database import Transaction
from storage.tables import AccessRequest, Approval, Decision, EndReason, RequestState


async def facts_about(tx: Transaction, request: AccessRequest, unreachable: Collection[str] = ()) -> Facts:
    """What the policy needs to know to say whom to ask about a request."""
    return await load_facts(
        tx,
        rules_of(request),
        requester_id=request.requester_id,
        beneficiary_id=request.beneficiary_id,
        owner=request.rules.get("owner"),
        admins=request.rules.get("admins", ()),
        now=tx.now,
        unreachable=unreachable,
    )


async def ask(tx: Transaction, request: AccessRequest, facts: Facts, approvals: list[Approval]) -> None:
    """Asks whoever decides at the request's stage, and adds them to its approvals.

    Nobody is asked twice at a stage, and a yes from an earlier stage counts where the stage does not want a fresh one.
    Too few to agree is an incident: the request waits, and the admins are told.
    """
    rules = rules_of(request)
    stage = rules.approve[request.stage]
    asked = {each.approver_id for each in approvals if each.stage == request.stage}
    agreed = {each.approver_id: each.stage for each in approvals if each.decision is Decision.APPROVED}
    new = [
        Approval(
            request_id=request.id,
            stage=request.stage,
            approver_id=approver.id,
            why=approver.why,
            for_id=approver.for_id,
            asked_at=tx.now,
        )
        for approver in who_decides(rules, request.stage, facts)
        if approver.id not in asked
    ]
    for approval in new:
        if approval.approver_id in agreed and not stage.fresh:
            approval.decision = Decision.APPROVED
            approval.decided_at = tx.now
            approval.counted_from = agreed[approval.approver_id]
    await tx.insert(*new)
    approvals.extend(new)
    if rules.escalate_after is not None:
        tx.enqueue(subjects.ESCALATE, request.id, run_at=tx.now + timedelta(seconds=rules.escalate_after))
    if verdict(stage, approvals, at=request.stage) is None and not is_enough(stage, approvals, at=request.stage):
        await open_incident(
            tx,
            scope=subjects.request(request.id),
            application=request.application,
            person_id=request.beneficiary_id,
            cause="NobodyToAsk",
            explanation="Too few are left who may decide this request: whoever else the policy names is the "
            "requester, the beneficiary, inactive or out of reach.",
            remedy="Set the person's manager (usher people import) or activate an approver, then press Try again. "
            "Usher's admins can also decide it themselves: Home tab, All requests.",
        )


def verdict(stage: Stage, approvals: Iterable[Approval], *, at: int) -> Decision | None:
    """What those who were asked at a stage have come to."""
    return outcome(stage, votes(approvals, stage=at))


def is_enough(stage: Stage, approvals: Iterable[Approval], *, at: int) -> bool:
    """Can those who were asked at a stage still come to a yes?"""
    return can_still_agree(stage, votes(approvals, stage=at))


def votes(approvals: Iterable[Approval], *, stage: int) -> list[Vote]:
    """What those who were asked at a stage have said so far."""
    return [
        Vote(
            approver_id=each.approver_id,
            decision=each.decision,
            reachable=each.unreachable_at is None,
            why=each.why,
        )
        for each in approvals
        if each.stage == stage
    ]


async def follow_votes(
    tx: Transaction, request: AccessRequest, approvals: list[Approval], *, actor: str, reason: str | None
) -> None:
    """Moves a pending request on, as far as the votes carry it: to its next stage, to approved or to denied."""
    stages = rules_of(request).approve
    said = verdict(stages[request.stage], approvals, at=request.stage)
    if said is not None and _were_too_few(stages[request.stage], approvals, at=request.stage):
        await resolve_incident(tx, scope=subjects.request(request.id), actor=actor, note="The request was decided.")
    while said is Decision.APPROVED and request.stage + 1 < len(stages):
        await tx.change(request, stage=request.stage + 1)
        await ask(tx, request, await facts_about(tx, request), approvals)
        said = verdict(stages[request.stage], approvals, at=request.stage)
    if said is Decision.APPROVED:
        await _decide(tx, request, RequestState.APPROVED, actor, reason)
        await pass_request(tx, request, actor=actor, why=reason)
    elif said is Decision.DENIED:
        await _decide(tx, request, RequestState.DENIED, actor, reason)
        tx.record("request.denied", actor=actor, subject=subjects.request(request.id), reason=reason)
        await take_back(tx, request, why=EndReason.REVOKED, actor=actor, note=reason)
    refresh_cards(tx, request.id)


def _were_too_few(stage: Stage, approvals: Iterable[Approval], *, at: int) -> bool:
    """Can there be an incident because nobody was left to ask at a stage?"""
    here = [each for each in approvals if each.stage == at]
    return len(here) < stage.least or any(each.unreachable_at is not None for each in here)


async def _decide(tx: Transaction, request: AccessRequest, to: RequestState, actor: str, reason: str | None) -> None:
    await tx.move(
        AccessRequest,
        request.id,
        before=lifecycle.before_request(to),
        to=to,
        decided_at=tx.now,
        decided_by=None if actor == "usher" else actor,
        decision_reason=reason,
    )

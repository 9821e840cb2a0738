"""Who is asked, and when that is enough. Pure: facts in, answers out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from bot.access.catalog import ApplicationEntry, ApproverKind, PolicyRules, Stage
from storage.tables import Decision

#: why somebody is asked, when the stage's own approvers cannot be
FALLBACK = "fallback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """What a policy needs to know about a person."""

    id: str
    email: str | None
    manager_id: str | None
    can_decide: bool  # active, and not a bot


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a policy needs to know about a request."""

    requester_id: str
    beneficiary_id: str
    owner: str | None
    admins: tuple[str, ...]
    colleagues: Mapping[str, Colleague]  # by Slack user id
    #: people who can no longer be reached about this request
    unreachable: Collection[str] = field(default=frozenset())

    def find(self, name: str) -> Colleague | None:
        """The person behind an e-mail address or a Slack user id."""
        if "@" not in name:
            return self.colleagues.get(name)
        return next((each for each in self.colleagues.values() if each.email == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approver:
    """Somebody to ask, and why them."""

    id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """What one of those who were asked has said so far."""

    approver_id: str
    decision: Decision | None
    reachable: bool


def approvers(stage: Stage, facts: Facts) -> tuple[Approver, ...]:
    """The people whom a stage names, without those who may not decide this request.

    Nobody decides for themselves: neither the requester nor the beneficiary is ever among them.
    """
    excluded = {facts.requester_id, facts.beneficiary_id, *facts.unreachable}
    found = (facts.find(name) for name in _names(stage, facts))
    ids = dict.fromkeys(each.id for each in found if each and each.can_decide and each.id not in excluded)
    return tuple(Approver(id=id_, why=stage.kind.value) for id_ in ids)


def who_decides(rules: PolicyRules, stage: int, facts: Facts) -> tuple[Approver, ...]:
    """Whom to ask at this stage: its own approvers, else the first fallback that has any; empty when nobody can be."""
    own = approvers(rules.approve[stage], facts)
    if own:
        return own
    for fallback in rules.fallback:
        others = approvers(fallback, facts)
        if others:
            return tuple(Approver(id=other.id, why=FALLBACK) for other in others)
    return ()


def outcome(stage: Stage, votes: Iterable[Vote]) -> Decision | None:
    """What a stage has come to: one denial ends it; `any` wants one approval, `all` wants everybody who can be reached.

    None while somebody still has to say something.
    """
    cast = list(votes)
    if any(vote.decision is Decision.DENIED for vote in cast):
        return Decision.DENIED
    approved = [vote for vote in cast if vote.decision is Decision.APPROVED]
    if not approved:
        return None
    missing = [vote for vote in cast if vote.decision is None and vote.reachable]
    return Decision.APPROVED if stage.need == "any" or not missing else None


def names_in(rules: PolicyRules, entry: ApplicationEntry) -> frozenset[str]:
    """Everybody whom the policy may name, by e-mail address or Slack user id; managers apart."""
    listed = {name for stage in (*rules.approve, *rules.fallback) for name in stage.people}
    return frozenset(listed | set(entry.admins) | ({entry.owner} if entry.owner else set()))


def _names(stage: Stage, facts: Facts) -> Iterable[str]:
    match stage.kind:
        case ApproverKind.MANAGER:
            beneficiary = facts.colleagues.get(facts.beneficiary_id)
            return [beneficiary.manager_id] if beneficiary and beneficiary.manager_id else []
        case ApproverKind.APP_ADMINS:
            return facts.admins
        case ApproverKind.OWNER:
            return [facts.owner] if facts.owner else []
        case ApproverKind.USERS:
            return stage.people

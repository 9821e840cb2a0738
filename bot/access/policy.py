"""Whom to ask about a request, and what their answers come to. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bot.access.catalog import ApplicationEntry
from bot.access.policy_rules import ApproverKind, Approvers, PolicyRules, Stage
from storage.tables import Decision

#: why somebody is asked whom the stage itself does not name
FALLBACK = "fallback"
ESCALATION = "escalation"
OVERRIDE = "override"


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """What a policy needs to know about a person."""

    id: str
    email: str | None
    manager_id: str | None
    can_decide: bool  # active, and not a bot
    title: str = ""
    is_guest: bool = False
    delegate_id: str | None = None  # who decides in their place now, because they are away


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a policy needs to know about a request."""

    requester_id: str
    beneficiary_id: str
    owner: str | None
    admins: tuple[str, ...]
    colleagues: Mapping[str, Colleague]  # by Slack user id
    groups: Mapping[str, Collection[str]] = field(default_factory=dict)  # members of user groups, by how they are named
    #: people who can no longer be reached about this request
    unreachable: Collection[str] = field(default=frozenset())

    def find(self, name: str) -> Colleague | None:
        """The person behind an e-mail address or a Slack user id."""
        if "@" not in name:
            return self.colleagues.get(name)
        return next((each for each in self.colleagues.values() if each.email == name), None)

    def manager_of(self, person_id: str | None) -> str | None:
        """The manager of somebody, by Slack user id."""
        person = self.colleagues.get(person_id) if person_id else None
        return person.manager_id if person else None

    def may_decide(self, person_id: str) -> bool:
        """Nobody decides for themselves, and nobody who has left or cannot be reached."""
        person = self.colleagues.get(person_id)
        own = {self.requester_id, self.beneficiary_id}
        return person is not None and person.can_decide and person_id not in own and person_id not in self.unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class Approver:
    """Somebody to ask, why them, and whom they stand in for."""

    id: str
    why: str
    for_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """What one of those who were asked has said so far."""

    approver_id: str
    decision: Decision | None
    reachable: bool
    why: str = ""


def approvers(stage: Stage, facts: Facts) -> tuple[Approver, ...]:
    """The people whom a stage names, without those who may not decide this request, each of them once.

    Somebody who is away is replaced by whoever decides for them. That person's own delegate does not count, and
    neither does one who may not decide this request: then whoever is away is asked all the same.
    """
    found: dict[str, Approver] = {}
    for one in stage.who:
        for name in _names(one, facts):
            person = facts.find(name)
            if person is None or not facts.may_decide(person.id):
                continue
            delegate = person.delegate_id
            if stage.delegates and delegate and facts.may_decide(delegate):
                found.setdefault(delegate, Approver(id=delegate, why=one.kind.value, for_id=person.id))
            elif person.id not in found or found[person.id].for_id:
                found[person.id] = Approver(id=person.id, why=one.kind.value)  # their own word, not only another's
    return tuple(found.values())


def who_decides(rules: PolicyRules, stage: int, facts: Facts) -> tuple[Approver, ...]:
    """Whom to ask at this stage: its own approvers, and where those are too few the fallbacks, one after the other.

    There may be fewer than the stage wants to agree, or nobody: then somebody has to be told.
    """
    wanted = rules.approve[stage]
    asked = {each.id: each for each in approvers(wanted, facts)}
    for fallback in rules.fallback:
        if len(asked) >= wanted.least:
            break
        for other in approvers(fallback, facts):
            asked.setdefault(other.id, Approver(id=other.id, why=FALLBACK, for_id=other.for_id))
    return tuple(asked.values())


def escalation(rules: PolicyRules, facts: Facts, *, already_asked: Collection[str]) -> tuple[Approver, ...]:
    """Whom to ask too when nobody has answered: the manager's manager, or else the first fallback with somebody new."""
    above = facts.manager_of(facts.manager_of(facts.beneficiary_id))
    if above and above not in already_asked and facts.may_decide(above):
        return (Approver(id=above, why=ESCALATION),)
    for fallback in rules.fallback:
        others = [other for other in approvers(fallback, facts) if other.id not in already_asked]
        if others:
            return tuple(Approver(id=other.id, why=ESCALATION, for_id=other.for_id) for other in others)
    return ()


def outcome(stage: Stage, votes: Iterable[Vote]) -> Decision | None:
    """What a stage has come to; None while somebody still has to say something.

    One denial ends it. `any` wants one approval, `at_least` so many, `all` everybody's who can be reached. An admin who
    overrides decides alone; whoever was asked because nobody answered decides for those who have not.
    """
    cast = list(votes)
    if any(vote.decision is Decision.DENIED for vote in cast):
        return Decision.DENIED
    agreed = [vote for vote in cast if vote.decision is Decision.APPROVED]
    if any(vote.why == OVERRIDE for vote in agreed):
        return Decision.APPROVED
    if len(agreed) < stage.least:
        return None
    if stage.need == "all" and not any(vote.why == ESCALATION for vote in agreed):
        missing = [vote for vote in cast if vote.decision is None and vote.reachable and vote.why != ESCALATION]
        return None if missing else Decision.APPROVED
    return Decision.APPROVED


def can_still_agree(stage: Stage, votes: Iterable[Vote]) -> bool:
    """Are there enough who have agreed, or can still be reached, for the stage to be passed?"""
    cast = list(votes)
    agreed = sum(vote.decision is Decision.APPROVED for vote in cast)
    waiting = sum(vote.decision is None and vote.reachable for vote in cast)
    return waiting > 0 and agreed + waiting >= stage.least


def names_in(rules: PolicyRules, owner: str | None, admins: Iterable[str]) -> frozenset[str]:
    """Everybody whom the policy may name, by e-mail address or Slack user id; managers and user groups apart."""
    listed = {name for stage in rules.stages() for one in stage.who for name in one.people}
    return frozenset(listed | set(admins) | ({owner} if owner else set()))


def names_of(entry: ApplicationEntry, rules: PolicyRules) -> frozenset[str]:
    """The same for an application of the catalogue."""
    return names_in(rules, entry.owner, entry.admins)


def _names(one: Approvers, facts: Facts) -> Iterator[str]:
    manager = facts.manager_of(facts.beneficiary_id)
    match one.kind:
        case ApproverKind.MANAGER:
            yield from [manager] if manager else []
        case ApproverKind.MANAGER_OF_MANAGER:
            above = facts.manager_of(manager)
            yield from [above] if above else []
        case ApproverKind.APP_ADMINS:
            yield from facts.admins
        case ApproverKind.OWNER:
            yield from [facts.owner] if facts.owner else []
        case ApproverKind.USERS:
            yield from one.people
        case ApproverKind.USERGROUP:
            yield from facts.groups.get(one.group or "", ())

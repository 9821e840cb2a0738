"""What a draft catalogue would have made of requests that were recorded. Pure.

The past is not known as it was: managers, titles and user groups are those of today, nobody is away, and whether a seat
raised the bill is unknown.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bot.access.catalog import ApplicationEntry, Catalog
from bot.access.conditions import Circumstances, Matched, Way, way
from bot.access.desired import Terms
from bot.access.emergency import in_emergency
from bot.access.may_ask import demand_may_ask
from bot.access.policy import Colleague, Facts, names_of, who_decides
from bot.access.policy_rules import PolicyRules
from bot.access.refusals import Refusal, Refused
from bot.access.wish import Wish, WrongWish, terms
from storage.tables import RequestState

#: people who were asked, by stage
Asked = tuple[tuple[str, ...], ...]


class Happened(StrEnum):
    """What became of a request."""

    #: approved, and nobody was asked
    AUTO_APPROVED = "auto_approved"
    APPROVED = "approved"
    DENIED = "denied"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    PENDING = "pending"


class Would(StrEnum):
    """What a draft would make of it."""

    AUTO_APPROVE = "auto_approve"
    ASK = "ask"
    #: a stage comes to too few people: the request waits, and the admins are told
    NOBODY = "nobody_to_ask"
    DENY = "deny"
    #: it could not be asked for
    REFUSE = "refuse"


#: what happened, and what would, of which a seat more or less may come
_REFUSED_THEN = {Happened.DENIED, Happened.EXPIRED}
_GIVEN_THEN = {Happened.AUTO_APPROVED, Happened.APPROVED}
_REFUSED_BY_DRAFT = {Would.DENY, Would.REFUSE}

_WHY_REFUSED = {
    Refusal.NOT_IN_DIRECTORY: "They are not in the directory.",
    Refusal.GUEST: "Guests may not have it.",
    Refusal.NO_EMAIL: "They have no e-mail address.",
    Refusal.EMAIL_DOMAIN: "Their address is not of the application's domains.",
    Refusal.NOT_ON_BEHALF: "They may not ask for somebody else.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A request as it was recorded."""

    id: str
    created_at: datetime
    requester_id: str
    beneficiary_id: str
    application: str
    role: str
    seat_type: str
    duration_seconds: int | None
    channel: str
    extension: bool
    emergency: bool
    state: RequestState
    asked: Asked = ()

    @property
    def happened(self) -> Happened:
        if self.state is RequestState.APPROVED and not any(self.asked):
            return Happened.AUTO_APPROVED
        return Happened(self.state.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The directory as it is now."""

    people: Mapping[str, Colleague]  # everybody, by Slack user id
    members: Mapping[str, Collection[str]] = field(default_factory=dict)  # of user groups, by how the draft names them


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What happened to a request, and what a draft would have made of it.

    Attributes:
        would: what the draft would do.
        why: its justification, the text of its denial, or why it could not be asked for; "" where somebody is asked.
        matched: the rule that it falls under.
        asked: whom the draft would ask, by stage, as if every stage agreed.
        once: the same people as often as they would be asked: a yes at an earlier stage counts later.
    """

    recorded: Recorded
    would: Would
    why: str = ""
    matched: Matched | None = None
    asked: Asked = ()
    once: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offer:
    """An application of the draft, with everybody whom its policy may name."""

    entry: ApplicationEntry
    rules: PolicyRules
    named: Mapping[str, Colleague]
    members: Mapping[str, Collection[str]]


class Replay:
    """A draft that is ready to look at many requests."""

    def __init__(self, draft: Catalog, today: Today) -> None:
        self._today = today
        in_order = sorted(today.people.values(), key=lambda each: each.can_decide)
        by_name = {each.email: each for each in in_order if each.email}
        by_name |= today.people  # of several with one address it is that of whoever is active
        self._groups: dict[str, set[str]] = defaultdict(set)  # somebody's, as conditions compare them
        for group, members in today.members.items():
            for person in members:
                self._groups[person].add(group.casefold())
        self._offers = {
            entry.key: _offer(entry, draft.policies[entry.policy], today, by_name) for entry in draft.applications
        }

    def of(self, recorded: Recorded) -> Replayed:
        """What the draft would make of a request."""
        offer = self._offers.get(recorded.application)
        if offer is None:
            return Replayed(recorded=recorded, would=Would.REFUSE, why="The draft does not offer it.")
        facts = self._facts(recorded, offer)
        try:
            going = self._way(recorded, offer, facts)
        except WrongWish as wrong:
            return Replayed(recorded=recorded, would=Would.REFUSE, why=" ".join(wrong.fields.values()))
        except Refused as refused:
            return Replayed(recorded=recorded, would=Would.REFUSE, why=_WHY_REFUSED[refused.refusal])
        rules, matched = going.rules, going.matched
        if rules.deny:
            return Replayed(recorded=recorded, would=Would.DENY, why=rules.deny, matched=matched)
        if rules.auto_approve:
            return Replayed(recorded=recorded, would=Would.AUTO_APPROVE, why=rules.auto_approve, matched=matched)
        asked = tuple(tuple(each.id for each in who_decides(rules, at, facts)) for at in range(len(rules.approve)))
        enough = all(len(people) >= stage.least for people, stage in zip(asked, rules.approve, strict=True))
        return Replayed(
            recorded=recorded,
            would=Would.ASK if enough else Would.NOBODY,
            matched=matched,
            asked=asked,
            once=_once(rules, asked),
        )

    def _way(self, recorded: Recorded, offer: _Offer, facts: Facts) -> Way:
        """The way that it would go. Raises WrongWish or Refused where it could not be asked for."""
        asked_for = terms(_wish(recorded), offer.entry)
        demand_may_ask(facts, offer.entry, offer.rules)
        going = way(offer.rules, self._circumstances(recorded, facts, asked_for))
        return in_emergency(going, offer.rules, asked_for)[0] if recorded.emergency else going

    def _facts(self, recorded: Recorded, offer: _Offer) -> Facts:
        people = self._today.people
        beneficiary = people[recorded.beneficiary_id]
        manager = people.get(beneficiary.manager_id or "")
        above = people.get(manager.manager_id or "") if manager else None
        # whoever left since could ask then
        own = {id_: replace(people[id_], can_decide=True) for id_ in (recorded.requester_id, recorded.beneficiary_id)}
        managers = {each.id: each for each in (manager, above) if each}
        return Facts(
            requester_id=recorded.requester_id,
            beneficiary_id=recorded.beneficiary_id,
            owner=offer.entry.owner,
            admins=offer.entry.admins,
            colleagues={**offer.named, **managers, **own},
            groups=offer.members,
        )

    def _circumstances(self, recorded: Recorded, facts: Facts, asked_for: Terms) -> Circumstances:
        beneficiary = facts.colleagues[recorded.beneficiary_id]
        return Circumstances(
            role=asked_for.entitlement.role,
            seat_type=asked_for.entitlement.seat_type,
            duration_seconds=asked_for.duration_seconds,
            on_behalf=recorded.requester_id != recorded.beneficiary_id,
            extension=recorded.extension,
            channel=recorded.channel,
            title=beneficiary.title,
            is_guest=beneficiary.is_guest,
            email=beneficiary.email or "",
            groups=frozenset(self._groups.get(beneficiary.id, ())),
            raises_bill=None,
        )


@dataclass(slots=True, kw_only=True)
class Tally:
    """What many requests come to.

    Attributes:
        outcomes: how often each thing happened, with what the draft would do.
        asked: requests of which somebody was asked.
        asked_then: how often somebody was asked.
        asked_by_draft: how often they would be.
        more: requests that were not granted, and that the draft would approve by itself.
        fewer: requests that were granted, and that the draft would not.
    """

    outcomes: Counter[tuple[Happened, Would]] = field(default_factory=Counter)
    asked: int = 0
    asked_then: Counter[str] = field(default_factory=Counter)
    asked_by_draft: Counter[str] = field(default_factory=Counter)
    more: int = 0
    fewer: int = 0

    def add(self, one: Replayed) -> None:
        happened = one.recorded.happened
        self.outcomes[happened, one.would] += 1
        self.asked += any(one.recorded.asked)
        self.asked_then.update(person for stage in one.recorded.asked for person in stage)
        self.asked_by_draft.update(one.once)
        self.more += happened in _REFUSED_THEN and one.would is Would.AUTO_APPROVE
        self.fewer += happened in _GIVEN_THEN and one.would in _REFUSED_BY_DRAFT

    @property
    def total(self) -> int:
        return self.outcomes.total()

    def happened(self, *words: Happened) -> int:
        """How many had one of these outcomes."""
        return sum(count for (word, _), count in self.outcomes.items() if word in words)

    def would(self, *words: Would) -> int:
        """How many would have one of these."""
        return sum(count for (_, word), count in self.outcomes.items() if word in words)

    def approvers(self) -> list[tuple[str, int, int]]:
        """Everybody who was or would be asked, how often then and by the draft; the greatest difference first."""
        everybody = self.asked_then.keys() | self.asked_by_draft.keys()
        rows = [(person, self.asked_then[person], self.asked_by_draft[person]) for person in everybody]
        return sorted(rows, key=lambda row: (-abs(row[2] - row[1]), row[0]))


def _offer(entry: ApplicationEntry, rules: PolicyRules, today: Today, by_name: Mapping[str, Colleague]) -> _Offer:
    members = {group: today.members[group] for group in rules.groups() if group in today.members}
    names: Iterable[str] = {*names_of(entry, rules), *(person for each in members.values() for person in each)}
    found = [by_name[name] for name in names if name in by_name]
    return _Offer(entry=entry, rules=rules, named={each.id: each for each in found}, members=members)


def _wish(recorded: Recorded) -> Wish:
    return Wish(
        application=recorded.application,
        role=recorded.role,
        seat_type=recorded.seat_type,
        duration_seconds=recorded.duration_seconds,
        reason="recorded",
        beneficiary_id=recorded.beneficiary_id,
        emergency=recorded.emergency,
    )


def _once(rules: PolicyRules, asked: Asked) -> tuple[str, ...]:
    """Everybody as often as they are asked, if they say yes each time."""
    before: set[str] = set()
    found: list[str] = []
    for stage, people in zip(rules.approve, asked, strict=True):
        found += [person for person in people if stage.fresh or person not in before]
        before |= {*people}
    return tuple(found)

"""A policy as the catalogue writes it: stages of approvers, and rules that say when others decide, or nobody.

Values, and how they are read and written; what they come to for a request is `conditions.py` and `policy.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, model_serializer, model_validator

from bot.access.catalog_values import EmailDomain, LimitedDuration, PersonName, ShortText, Value


class ApproverKind(StrEnum):
    """Who may be asked."""

    MANAGER = "manager"
    MANAGER_OF_MANAGER = "manager_of_manager"
    APP_ADMINS = "app_admins"
    OWNER = "owner"
    USERS = "users"
    USERGROUP = "usergroup"


#: kinds that are nobody until they are told whom, with how to tell
_TOLD_WHOM = {ApproverKind.USERS: "{users: [ada@example.com]}", ApproverKind.USERGROUP: "{usergroup: it-admins}"}

#: a user group of Slack's by its handle, with or without the @, or by its id
GroupName = Annotated[
    str, Field(min_length=1, max_length=80), BeforeValidator(lambda name: str(name).removeprefix("@"))
]


class Approvers(Value):
    """Some of those who are asked at a stage: `manager`, `{users: [ada@example.com]}`, `{usergroup: it-admins}`."""

    kind: ApproverKind
    people: tuple[PersonName, ...] = ()
    group: GroupName | None = None

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, value: object) -> object:
        if isinstance(value, Mapping) and "kind" in value:
            return value
        if isinstance(value, str):
            return {"kind": _kind(value)}
        if not isinstance(value, Mapping) or len(value) != 1:
            raise ValueError("these approvers cannot be read: write manager, or {users: [ada@example.com]}")
        [(kind, whom)] = value.items()
        return {"kind": _kind(kind)} | _whom(kind, whom)

    @model_validator(mode="after")
    def _told_whom(self) -> Approvers:
        example = _TOLD_WHOM.get(self.kind)
        if example and not (self.people or self.group):
            raise ValueError(f"{self.kind} wants to know whom: write {example}")
        return self

    @property
    def whom(self) -> list[str] | str | None:
        """What stands behind the kind; None where the kind says it all."""
        return list(self.people) or self.group

    @property
    def most(self) -> float:
        """How many people that can be, as far as the catalogue alone says."""
        match self.kind:
            case ApproverKind.APP_ADMINS | ApproverKind.USERGROUP:
                return float("inf")
            case ApproverKind.USERS:
                return len(set(self.people))
        return 1

    @model_serializer
    def _write(self) -> str | dict[str, Any]:
        return self.kind.value if self.whom is None else {self.kind.value: self.whom}


def _kind(word: object) -> str:
    if word not in set(ApproverKind):
        raise ValueError(f"there is no approver “{word}”: choose from {', '.join(ApproverKind)}")
    return str(word)


def _whom(kind: str, whom: object) -> dict[str, object]:
    match kind, whom:
        case ApproverKind.USERS, list() | tuple():
            return {"people": whom}
        case ApproverKind.USERGROUP, str():
            return {"group": whom}
        case ((ApproverKind.USERS | ApproverKind.USERGROUP), _):
            return {}
    raise ValueError(f"“{kind}” says already who that is: write {kind} alone")


def _need(value: object) -> object:
    if isinstance(value, Mapping) and set(value) == {"at_least"}:
        value = value["at_least"]
    if value in ("any", "all"):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 20:
        return value
    said = "this many" if isinstance(value, Mapping | list) else f"“{value}”"
    raise ValueError(f"{said} of them cannot be asked: write any, all or {{at_least: 2}}")


def _write_need(need: int | str) -> object:
    return {"at_least": need} if isinstance(need, int) else need


Need = Annotated[
    Literal["any", "all"] | int,
    BeforeValidator(_need),
    PlainSerializer(_write_need),
]


#: what a stage may say besides whom to ask, with what goes without saying
_OPTIONS = {"fresh": False, "delegates": True}


class Stage(Value):
    """Whom to ask at once, and how many of them must agree.

    Short, where they are of one kind: the kind and the need, `{manager: any}`, `{users: {all: [ada@example.com]}}`,
    `{usergroup: {at_least: 2, of: it-admins}}`. Long: `{who: [manager, {users: [ada@example.com]}], need: all}`.
    """

    who: tuple[Approvers, ...] = Field(min_length=1, max_length=20)
    need: Need = "any"
    #: a yes that somebody gave at an earlier stage does not count here
    fresh: bool = False
    #: may somebody else decide while an approver is away?
    delegates: bool = True

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, value: object) -> object:
        if isinstance(value, str):
            return {"who": [value]}
        if not isinstance(value, Mapping):
            raise ValueError("a stage says whom to ask: write {manager: any}")  # noqa: TRY004 - pydantic's
        if "who" in value:
            return value
        options = {key: value[key] for key in value if key in _OPTIONS}
        pair = [key for key in value if key not in _OPTIONS]
        if len(pair) != 1:
            raise ValueError("a stage is one pair: write {manager: any}, or {who: [manager, owner], need: all}")
        need, whom = _split(_kind(pair[0]), value[pair[0]])
        return {"who": [whom], "need": need, **options}

    @model_validator(mode="after")
    def _can_be_enough(self) -> Stage:
        most = sum(one.most for one in self.who)
        if self.least > most:
            raise ValueError(f"{self.least} cannot agree where {most} can be asked: name more people, or want fewer")
        return self

    @property
    def least(self) -> int:
        """How many have to be there to be asked."""
        return self.need if isinstance(self.need, int) else 1

    @model_serializer
    def _write(self) -> dict[str, Any]:
        need = _write_need(self.need)
        options = {key: getattr(self, key) for key, usual in _OPTIONS.items() if getattr(self, key) is not usual}
        if len(self.who) > 1:
            return {"who": [each.model_dump(mode="json") for each in self.who], "need": need, **options}
        [one] = self.who
        if one.whom is None:
            return {one.kind.value: need, **options}
        whom = {"at_least": self.need, "of": one.whom} if isinstance(self.need, int) else {self.need: one.whom}
        return {one.kind.value: whom, **options}


def _split(kind: str, value: object) -> tuple[object, object]:
    """`{users: {all: [...]}}` into the need and the approvers."""
    if kind not in _TOLD_WHOM:
        return value, kind
    match value:
        case {"at_least": least, **rest}:
            return {"at_least": least}, {kind: rest.get("of")}
        case dict() if len(value) == 1:
            [(need, whom)] = value.items()
            return need, {kind: whom}
        case _:
            return "any", {kind: value}


# -- rules -------------------------------------------------------------------------------------------------------------
def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


#: one word, or a list of which any one will do
Words = Annotated[tuple[ShortText, ...], BeforeValidator(_listed), Field(min_length=1, max_length=100)]
Groups = Annotated[tuple[GroupName, ...], BeforeValidator(_listed), Field(min_length=1, max_length=100)]
Domains = Annotated[tuple[EmailDomain, ...], BeforeValidator(_listed), Field(min_length=1, max_length=100)]
Doors = Annotated[tuple[Literal["slack", "chatgpt"], ...], BeforeValidator(_listed), Field(min_length=1, max_length=2)]


class Span(Value):
    """Some durations: `{at_most: 7d}`, `{longer_than: 30d}`, or both. No end date is longer than every other."""

    at_most: LimitedDuration | None = None
    longer_than: LimitedDuration | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Span:
        if self.at_most is None and self.longer_than is None:
            raise ValueError("this says no duration: write {at_most: 7d} or {longer_than: 30d}")
        if self.at_most is not None and self.longer_than is not None and self.at_most <= self.longer_than:
            raise ValueError("nothing is longer than longer_than and yet at most at_most: at_most has to be more")
        return self


class Condition(Value):
    """What a request has to be like: everything that stands here must hold."""

    role: Words | None = None
    seat_type: Words | None = None
    duration: Span | None = None
    #: is it asked for somebody else?
    on_behalf: bool | None = None
    #: does it ask for access to go on that somebody has?
    extension: bool | None = None
    #: the beneficiary's title in Slack; * stands for anything, and capitals do not count
    title: Words | None = None
    member: Literal["full", "guest"] | None = None
    usergroup: Groups | None = None
    email_domain: Domains | None = None
    #: would it add a seat to the bill? Holds neither way where that is not known
    raises_bill: bool | None = None
    channel: Doors | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Condition:
        if all(value is None for _, value in self):
            raise ValueError("this condition says nothing: name what the request has to be like, or leave the rule out")
        return self


class Outcome(Value):
    """What becomes of a request: it is asked of somebody, approved or denied. Exactly one of the three."""

    approve: tuple[Stage, ...] = ()
    #: the justification, for the ledger and whoever asked
    auto_approve: str | None = Field(default=None, min_length=3, max_length=500)
    #: what whoever asked reads
    deny: str | None = Field(default=None, min_length=3, max_length=500)

    @model_validator(mode="after")
    def _one_outcome(self) -> Outcome:
        if [bool(self.approve), bool(self.auto_approve), bool(self.deny)].count(True) != 1:
            raise ValueError(
                "either somebody is asked (approve: [{manager: any}]), or it approves by itself and says why "
                "(auto_approve: “Everybody may have this”), or it denies and says why (deny: “Ask for 30 days or less”)"
            )
        return self


class Rule(Outcome):
    """What becomes of requests that are like this; the first rule that matches decides."""

    name: ShortText | None = None
    when: Condition


class EmergencyRules(Value):
    """Access that is given at once, and decided about afterwards."""

    longest: LimitedDuration
    #: not approved within this time, it is taken back
    confirm_within: LimitedDuration = 86_400
    #: who is asked afterwards; where nothing stands, those whom the policy asks anyway
    approve: tuple[Stage, ...] = ()


class PolicyRules(Outcome):
    """Who decides a request, and for how long it may wait. What no rule matches has the policy's own outcome."""

    rules: tuple[Rule, ...] = Field(default=(), max_length=100)
    fallback: tuple[Stage, ...] = ()
    decide_within: LimitedDuration = 3 * 86_400
    #: how long an approver has before they are reminded; the gaps then grow
    remind_after: LimitedDuration = 86_400
    #: how long they have before somebody above them, or else the fallback, is asked too
    escalate_after: LimitedDuration | None = None
    #: who may ask for somebody else: their manager and the application's admins, everybody, or nobody
    on_behalf: Literal["managers", "everybody", "nobody"] = "managers"
    #: does whoever would get it have to agree, where somebody else asks for them?
    beneficiary_confirms: bool = False
    #: may guests of the Slack workspace have it?
    guests: bool = False
    emergency: EmergencyRules | None = None

    @model_validator(mode="after")
    def _escalated_in_time(self) -> PolicyRules:
        if self.escalate_after is not None and self.escalate_after >= self.decide_within:
            raise ValueError(
                "escalate_after has to be shorter than decide_within: after that there is nothing to decide"
            )
        return self

    def stages(self) -> tuple[Stage, ...]:
        """Every stage that any request may come to."""
        afterwards = self.emergency.approve if self.emergency else ()
        return (*self.approve, *(stage for rule in self.rules for stage in rule.approve), *afterwards, *self.fallback)

    def groups(self) -> frozenset[str]:
        """Every user group that it names, by handle or id."""
        asked = {one.group for stage in self.stages() for one in stage.who if one.group}
        return frozenset(asked | {group for rule in self.rules for group in rule.when.usergroup or ()})


#: what `default` says where the catalogue does not
DEFAULT_POLICY = PolicyRules(
    approve=(Stage(who=(Approvers(kind=ApproverKind.MANAGER),)),),
    fallback=(Stage(who=(Approvers(kind=ApproverKind.APP_ADMINS),)),),
)

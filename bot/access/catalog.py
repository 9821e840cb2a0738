"""The catalogue: which applications there are, what may be asked for in them, and who decides.

These are values; `catalog_file.py` reads them from YAML, with lines and remedies, and the database keeps them as the
documents that were written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from bot.access.durations import parse_duration, write_duration
from bot.connectors.config import ConnectorConfig
from bot.connectors.registry import capabilities_of

#: a word, or a duration in seconds
T = TypeVar("T", str, int | None)

#: a longer one would end after the calendar does
_LONGEST = 100 * 365 * 86_400


def _seconds(value: object) -> int | None:
    if not isinstance(value, str):
        raise ValueError(f"“{value}” is not a duration: write 90s, 15m, 8h, 7d, 2w or unlimited")  # noqa: TRY004 - pydantic's
    seconds = parse_duration(value)
    if seconds is not None and seconds > _LONGEST:
        raise ValueError(f"“{value}” is longer than a hundred years: write unlimited")
    return seconds


def _limited_seconds(value: object) -> int:
    seconds = _seconds(value)
    if seconds is None:
        raise ValueError("this time cannot be unlimited: write 3d, for example")
    return seconds


_SLACK_ID = re.compile(r"[UW][A-Z0-9]{5,}")


def _no_twins(values: tuple[T, ...]) -> tuple[T, ...]:
    for index, value in enumerate(values):
        if value in values[:index]:
            said = value if isinstance(value, str) else write_duration(value)
            raise ValueError(f"“{said}” stands there twice: keep one")
    return values


def _email_or_id(value: str) -> str:
    if "@" in value:
        return value.lower()
    if not _SLACK_ID.fullmatch(value):
        raise ValueError(f"“{value}” is neither an e-mail address nor a Slack user id (U012ABCDEF)")
    return value


#: seconds, or None for unlimited; written and read as text, such as 7d
Duration = Annotated[int | None, BeforeValidator(_seconds), PlainSerializer(write_duration, return_type=str)]
#: seconds; written and read as text
LimitedDuration = Annotated[int, BeforeValidator(_limited_seconds), PlainSerializer(write_duration, return_type=str)]
#: an e-mail address (lower case) or a Slack user id
PersonName = Annotated[str, Field(min_length=1, max_length=254), AfterValidator(_email_or_id)]
Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
EmailDomain = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")]
ShortText = Annotated[str, Field(min_length=1, max_length=70)]


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class ApproverKind(StrEnum):
    """Who may be asked."""

    MANAGER = "manager"
    APP_ADMINS = "app_admins"
    OWNER = "owner"
    USERS = "users"


class Stage(_Value):
    """Whom to ask, and how many of them must agree.

    Written as one pair, the kind and the need: `{manager: any}`, `{users: {all: [ada@example.com, U012ABCDEF]}}`.
    Shorter, where any one will do: `manager`, `{users: [ada@example.com]}`.
    """

    kind: ApproverKind
    need: Literal["any", "all"] = "any"
    people: tuple[PersonName, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_pair(cls, value: object) -> object:
        if isinstance(value, Mapping) and "kind" in value:
            return value
        kind, need = _pair({value: "any"} if isinstance(value, str) else value, "{manager: any}")
        if kind not in set(ApproverKind):
            raise ValueError(f"there is no approver “{kind}”: choose from {', '.join(ApproverKind)}")
        people: object = ()
        if kind == ApproverKind.USERS:
            need, people = _pair({"any": need} if isinstance(need, list) else need, "{users: [ada@example.com]}")
        if need not in ("any", "all"):
            raise ValueError(f"“{need}” of them cannot be asked: write {{{kind}: any}} or {{{kind}: all}}")
        return {"kind": kind, "need": need, "people": people}

    @model_validator(mode="after")
    def _people_where_needed(self) -> Stage:
        if (self.kind is ApproverKind.USERS) != bool(self.people):
            raise ValueError("users wants at least one person: write {users: [ada@example.com]}")
        return self

    @model_serializer
    def _as_pair(self) -> dict[str, Any]:
        if self.kind is ApproverKind.USERS:
            return {self.kind.value: {self.need: list(self.people)}}
        return {self.kind.value: self.need}


def _pair(value: object, example: str) -> tuple[object, object]:
    if not isinstance(value, Mapping) or len(value) != 1:
        raise ValueError(f"a stage is one pair: write {example}")
    [(key, rest)] = value.items()
    return key, rest


class PolicyRules(_Value):
    """Who decides a request, and for how long it may wait."""

    approve: tuple[Stage, ...] = ()
    fallback: tuple[Stage, ...] = ()
    decide_within: LimitedDuration = 3 * 86_400
    auto_approve: str | None = Field(default=None, min_length=3, max_length=500)

    @model_validator(mode="after")
    def _somebody_decides(self) -> PolicyRules:
        if bool(self.approve) == bool(self.auto_approve):
            raise ValueError(
                "a policy either asks somebody (approve: [{manager: any}]) or approves by itself and says why "
                "(auto_approve: “Everybody may have this”)"
            )
        return self


#: what `default` says where the catalogue does not
DEFAULT_POLICY = PolicyRules(
    approve=(Stage(kind=ApproverKind.MANAGER),), fallback=(Stage(kind=ApproverKind.APP_ADMINS),)
)


class InviteRules(_Value):
    """What becomes of an invite that its person does not accept. Everything counts from the invite."""

    remind_after: LimitedDuration = 86_400
    #: the provider sends its e-mail once more
    resend_after: LimitedDuration = 3 * 86_400
    #: the invite is taken back, and its seat is free again
    cancel_after: LimitedDuration = 14 * 86_400

    @model_validator(mode="after")
    def _cancelled_last(self) -> InviteRules:
        if self.cancel_after <= max(self.remind_after, self.resend_after):
            raise ValueError("cancel_after has to be longer than remind_after and resend_after: it ends the invite")
        return self


class ApplicationEntry(_Value):
    """An application that people may ask for."""

    key: Key
    name: ShortText
    description: str = Field(default="", max_length=500)
    tags: tuple[ShortText, ...] = ()
    owner: PersonName | None = None
    admins: Annotated[tuple[PersonName, ...], AfterValidator(_no_twins)] = ()
    policy: Key = "default"
    # Before `roles` and `seat_types`, which are held against what it can do.
    connector: ConnectorConfig
    #: what may be asked for; where the catalogue says nothing, the connector's lowest role and standard seat
    roles: Annotated[tuple[str, ...], AfterValidator(_no_twins)] = Field(default=(), validate_default=True)
    seat_types: Annotated[tuple[str, ...], AfterValidator(_no_twins)] = Field(default=(), validate_default=True)
    #: the first is what the form offers first
    durations: Annotated[tuple[Duration, ...], AfterValidator(_no_twins), Field(min_length=1, max_length=20)] = (
        30 * 86_400,
    )
    #: when the time of a limited grant starts to count
    starts: Literal["joined", "approved"] = "joined"
    invites: InviteRules = InviteRules()
    #: whose addresses may have access; empty: everybody's in the directory
    email_domains: Annotated[tuple[EmailDomain, ...], AfterValidator(_no_twins)] = ()

    def takes_address(self, email: str) -> bool:
        """May this address have an account, as far as the catalogue says?"""
        return not self.email_domains or email.lower().rpartition("@")[2] in self.email_domains

    @field_validator("roles")
    @classmethod
    def _roles_of_the_connector(cls, roles: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        connector = info.data.get("connector")  # missing when it is wrong itself
        if connector is None:
            return roles
        can = capabilities_of(connector)
        return _possible("role", roles, can.roles, can.no_others)

    @field_validator("seat_types")
    @classmethod
    def _seat_types_of_the_connector(cls, seat_types: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        connector = info.data.get("connector")
        if connector is None:
            return seat_types
        can = capabilities_of(connector)
        return _possible("seat type", seat_types, can.seat_types, can.no_others)


def _possible(what: str, asked: tuple[str, ...], known: tuple[str, ...], no_others: str) -> tuple[str, ...]:
    unknown = next((word for word in asked if word not in known), None)
    if unknown is not None and not known:
        raise ValueError(f"this kind of connector knows no {what}s: leave them out")
    if unknown is not None:
        because = f". {no_others}" if no_others else ""
        raise ValueError(f"there is no {what} “{unknown}”: choose from {', '.join(known)}{because}")
    return asked or known[:1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A person whom the catalogue names."""

    within: tuple[str, str]  # ("policy" or "application", its key)
    path: tuple[str | int, ...]  # where in the catalogue, for the problems
    name: str  # an e-mail address or a Slack user id


class Catalog(_Value):
    """All policies and applications. There is always a policy `default`."""

    policies: dict[Key, PolicyRules] = Field(default_factory=dict, validate_default=True)
    applications: tuple[ApplicationEntry, ...] = ()

    @field_validator("policies")
    @classmethod
    def _with_default(cls, policies: dict[str, PolicyRules]) -> dict[str, PolicyRules]:
        return {"default": DEFAULT_POLICY} | policies

    def mentions(self) -> Iterator[Mention]:
        """Everybody whom the catalogue names, with where it does."""
        for key, rules in self.policies.items():
            for part, stages in (("approve", rules.approve), ("fallback", rules.fallback)):
                for number, stage in enumerate(stages):
                    for index, name in enumerate(stage.people):
                        path = ("policies", key, part, number, stage.kind.value, stage.need, index)
                        yield Mention(within=("policy", key), path=path, name=name)
        for number, entry in enumerate(self.applications):
            within = ("application", entry.key)
            if entry.owner is not None:
                yield Mention(within=within, path=("applications", number, "owner"), name=entry.owner)
            for index, name in enumerate(entry.admins):
                yield Mention(within=within, path=("applications", number, "admins", index), name=name)

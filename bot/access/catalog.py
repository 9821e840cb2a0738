"""The catalogue: which applications there are, what may be asked for in them, and who decides.

These are values; `catalog_file.py` reads them from YAML, with lines and remedies, and the database keeps them as the
documents that were written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from bot.access.catalog_values import (
    Duration,
    EmailDomain,
    Key,
    LimitedDuration,
    PersonName,
    ShortText,
    Value,
    no_twins,
)
from bot.access.policy_rules import DEFAULT_POLICY, PolicyRules, Stage
from bot.access.webhook_entries import WebhookEntry
from bot.connectors.config import ConnectorConfig
from bot.connectors.registry import capabilities_of


class InviteRules(Value):
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


class ApplicationEntry(Value):
    """An application that people may ask for."""

    key: Key
    name: ShortText
    description: str = Field(default="", max_length=500)
    tags: tuple[ShortText, ...] = ()
    owner: PersonName | None = None
    admins: Annotated[tuple[PersonName, ...], AfterValidator(no_twins)] = ()
    policy: Key = "default"
    # Before `roles` and `seat_types`, which are held against what it can do.
    connector: ConnectorConfig
    #: what may be asked for; where the catalogue says nothing, the connector's lowest role and standard seat
    roles: Annotated[tuple[str, ...], AfterValidator(no_twins)] = Field(default=(), validate_default=True)
    seat_types: Annotated[tuple[str, ...], AfterValidator(no_twins)] = Field(default=(), validate_default=True)
    #: the first is what the form offers first
    durations: Annotated[tuple[Duration, ...], AfterValidator(no_twins), Field(min_length=1, max_length=20)] = (
        30 * 86_400,
    )
    #: when the time of a limited grant starts to count
    starts: Literal["joined", "approved"] = "joined"
    invites: InviteRules = InviteRules()
    #: whose addresses may have access; empty: everybody's in the directory
    email_domains: Annotated[tuple[EmailDomain, ...], AfterValidator(no_twins)] = ()

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
    """A person or a user group that the catalogue names."""

    within: tuple[str, str]  # ("policy" or "application", its key)
    path: tuple[str | int, ...]  # where in the catalogue, for the problems
    name: str  # an e-mail address or a Slack user id; a group's handle or id
    is_group: bool = False


class Catalog(Value):
    """All policies, applications and webhooks. There is always a policy `default`."""

    policies: dict[Key, PolicyRules] = Field(default_factory=dict, validate_default=True)
    applications: tuple[ApplicationEntry, ...] = ()
    webhooks: tuple[WebhookEntry, ...] = ()

    @field_validator("policies")
    @classmethod
    def _with_default(cls, policies: dict[str, PolicyRules]) -> dict[str, PolicyRules]:
        return {"default": DEFAULT_POLICY} | policies

    def mentions(self) -> Iterator[Mention]:
        """Everybody and every user group that the catalogue names, with where it does."""
        for key, rules in self.policies.items():
            for place, name, is_group in _named_by(rules):
                path = ("policies", key, *place)
                yield Mention(within=("policy", key), path=path, name=name, is_group=is_group)
        for number, entry in enumerate(self.applications):
            within = ("application", entry.key)
            if entry.owner is not None:
                yield Mention(within=within, path=("applications", number, "owner"), name=entry.owner)
            for index, name in enumerate(entry.admins):
                yield Mention(within=within, path=("applications", number, "admins", index), name=name)


Place = tuple[str | int, ...]


def _named_by(rules: PolicyRules) -> Iterator[tuple[Place, str, bool]]:
    """Every name in a policy, where it stands, and whether it is a user group's."""
    for place, stages in _stages(rules):
        for number, stage in enumerate(stages):
            for at, approvers in enumerate(stage.who):
                here = (*place, number, "who", at)
                if approvers.group is not None:
                    yield (*here, "group"), approvers.group, True
                for index, name in enumerate(approvers.people):
                    yield (*here, "people", index), name, False
    for number, rule in enumerate(rules.rules):
        for index, group in enumerate(rule.when.usergroup or ()):
            yield ("rules", number, "when", "usergroup", index), group, True


def _stages(rules: PolicyRules) -> Iterator[tuple[Place, tuple[Stage, ...]]]:
    """Where in a policy there are stages."""
    yield ("approve",), rules.approve
    for number, rule in enumerate(rules.rules):
        yield ("rules", number, "approve"), rule.approve
    if rules.emergency is not None:
        yield ("emergency", "approve"), rules.emergency.approve
    yield ("fallback",), rules.fallback

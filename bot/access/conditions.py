"""Which rule of a policy a request falls under, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bot.access.durations import say_duration
from bot.access.policy_rules import Condition, PolicyRules, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a rule may look at: the request, and whoever would get the access."""

    role: str
    seat_type: str
    duration_seconds: int | None  # None: no end date
    on_behalf: bool
    extension: bool
    channel: str
    title: str
    is_guest: bool
    email: str
    groups: frozenset[str] = frozenset()  # user groups of the beneficiary, by handle and by id, in lower case
    raises_bill: bool | None = None  # None: not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """The rule that decided which way a request goes.

    Attributes:
        name: what the catalogue calls it, or its number.
        because: what it found, in words: “the seat type is codex”.
    """

    name: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way that a request goes: the policy, with the outcome of the rule that matched as its own."""

    rules: PolicyRules
    matched: Matched | None  # None: no rule did, so the policy's own outcome counts


def way(rules: PolicyRules, circumstances: Circumstances) -> Way:
    """The first rule that matches decides; where none does, the policy itself."""
    for number, rule in enumerate(rules.rules, start=1):
        because = tuple(_holds(rule.when, circumstances))
        if None not in because:
            outcome = {"approve": rule.approve, "auto_approve": rule.auto_approve, "deny": rule.deny}
            matched = Matched(name=rule.name or f"rule {number}", because=tuple(word for word in because if word))
            return Way(rules=rules.model_copy(update={**outcome, "rules": ()}), matched=matched)
    return Way(rules=rules.model_copy(update={"rules": ()}), matched=None)


def _holds(when: Condition, found: Circumstances) -> Iterator[str | None]:
    """For everything that the condition says: what was found, in words; None where that is not what it says."""
    if when.role is not None:
        yield f"the role is {found.role}" if found.role in when.role else None
    if when.seat_type is not None:
        yield f"the seat type is {found.seat_type}" if found.seat_type in when.seat_type else None
    if when.duration is not None:
        yield _span(when.duration, found.duration_seconds)
    if when.on_behalf is not None:
        words = "it is asked for somebody else" if found.on_behalf else "they ask for themselves"
        yield words if when.on_behalf is found.on_behalf else None
    if when.extension is not None:
        words = "it extends what there is" if found.extension else "it extends nothing"
        yield words if when.extension is found.extension else None
    if when.title is not None:
        fits = any(fnmatchcase(found.title.casefold(), pattern.casefold()) for pattern in when.title)
        yield f"the title is “{found.title}”" if fits else None
    if when.member is not None:
        is_so = found.is_guest is (when.member == "guest")
        yield f"it is for a {'guest' if found.is_guest else 'full member'}" if is_so else None
    if when.usergroup is not None:
        group = next((group for group in when.usergroup if group.casefold() in found.groups), None)
        yield f"they belong to @{group}" if group else None
    if when.email_domain is not None:
        domain = found.email.rpartition("@")[2].lower()
        yield f"the address is at {domain}" if domain in when.email_domain else None
    if when.raises_bill is not None:
        words = "it adds a seat to the bill" if found.raises_bill else "no seat is added to the bill"
        yield words if found.raises_bill is when.raises_bill else None
    if when.channel is not None:
        door = {"slack": "Slack", "chatgpt": "ChatGPT"}.get(found.channel, found.channel)
        yield f"it is asked in {door}" if found.channel in when.channel else None


def _span(span: Span, seconds: int | None) -> str | None:
    length = float("inf") if seconds is None else seconds
    at_most = float("inf") if span.at_most is None else span.at_most
    longer_than = 0 if span.longer_than is None else span.longer_than
    if not longer_than < length <= at_most:
        return None
    return "it has no end date" if seconds is None else f"it is for {say_duration(seconds)}"

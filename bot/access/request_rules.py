"""The rules that are kept with a request: a later catalogue does not change who decides it. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from bot.access.catalog import ApplicationEntry
from bot.access.conditions import Matched, Way
from bot.access.desired import Entitlement, Terms
from bot.access.policy_rules import PolicyRules
from storage.audit import canonical
from storage.tables import AccessRequest


def snapshot(way: Way, entry: ApplicationEntry) -> dict[str, Any]:
    """What decides about a request, as it stands now."""
    matched = way.matched
    return {
        "policy": way.rules.model_dump(mode="json", exclude_defaults=True),
        "rule": {"name": matched.name, "because": list(matched.because)} if matched else None,
        "owner": entry.owner,
        "admins": list(entry.admins),
        "starts": entry.starts,
    }


def rules_of(request: AccessRequest) -> PolicyRules:
    """The policy as it stood when the request was made, with the outcome of the rule that it fell under."""
    return _rules(canonical(request.rules["policy"]))


@lru_cache(maxsize=1024)
def _rules(document: str) -> PolicyRules:
    return PolicyRules.model_validate_json(document)


def matched_rule(request: AccessRequest) -> Matched | None:
    """The rule that it fell under; None where the policy's own outcome counted."""
    rule = request.rules.get("rule")
    return Matched(name=rule["name"], because=tuple(rule["because"])) if rule else None


def asked_terms(request: AccessRequest) -> Terms:
    """What was asked for."""
    return Terms(
        entitlement=Entitlement(role=request.role, seat_type=request.seat_type),
        duration_seconds=request.duration_seconds,
    )


def terms_of(request: AccessRequest) -> Terms:
    """What is given when it is approved: what was asked for, or what an approver made of it."""
    return asked_terms(request) if request.terms is None else read_terms(request.terms)


def write_terms(terms: Terms) -> dict[str, Any]:
    """Terms as they are kept."""
    return {
        "role": terms.entitlement.role,
        "seat_type": terms.entitlement.seat_type,
        "duration_seconds": terms.duration_seconds,
    }


def read_terms(kept: dict[str, Any]) -> Terms:
    """Terms that `write_terms` wrote."""
    return Terms(
        entitlement=Entitlement(role=kept["role"], seat_type=kept["seat_type"]),
        duration_seconds=kept["duration_seconds"],
    )

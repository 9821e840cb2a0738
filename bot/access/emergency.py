"""Access that is given at once and decided about afterwards, where the catalogue lets it. Pure."""

from __future__ import annotations

from bot.access.conditions import Way
from bot.access.desired import Terms
from bot.access.policy_rules import PolicyRules
from bot.access.wish import WrongWish


def in_emergency(going: Way, rules: PolicyRules, asked_for: Terms) -> tuple[Way, Terms]:
    """The way that an emergency goes, and what it is given: for a short time, whatever was chosen.

    What the policy denies, or approves by itself, it does for an emergency too.

    Raises:
        WrongWish: the policy knows no emergencies.
    """
    allowed = rules.emergency
    if allowed is None:
        raise WrongWish({"emergency": "There is no emergency access here. Ask without it."})
    if not going.rules.approve:
        return going, asked_for
    seconds = asked_for.duration_seconds
    limited = Terms(
        entitlement=asked_for.entitlement,
        duration_seconds=allowed.longest if seconds is None else min(seconds, allowed.longest),
    )
    changed = {
        "approve": allowed.approve or going.rules.approve,
        "decide_within": allowed.confirm_within,
        "escalate_after": None,
        "beneficiary_confirms": False,
    }
    return Way(rules=going.rules.model_copy(update=changed), matched=going.matched), limited

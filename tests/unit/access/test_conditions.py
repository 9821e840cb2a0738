"""Which rule a request falls under, and why: the first that matches decides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.access.conditions import Circumstances, Matched, way
from bot.access.policy_rules import PolicyRules

DAY = 86_400
#: somebody asks for themselves, in Slack, for a week
USUAL = Circumstances(
    role="member",
    seat_type="chatgpt",
    duration_seconds=7 * DAY,
    on_behalf=False,
    extension=False,
    channel="slack",
    title="Senior Data Engineer",
    is_guest=False,
    email="ann@Example.com",
    groups=frozenset({"it-admins", "s012abcdef"}),
    raises_bill=None,
)


def rules(*when: object) -> PolicyRules:
    """A policy that asks the manager, and denies what is like one of these."""
    denials = [{"name": f"no {number}", "when": each, "deny": "Not this"} for number, each in enumerate(when)]
    return PolicyRules.model_validate({"approve": ["manager"], "rules": denials})


def because(when: object, found: Circumstances = USUAL) -> tuple[str, ...] | None:
    """What was found, if that is what the condition says."""
    matched = way(rules(when), found).matched
    return matched.because if matched else None


ENDLESS = replace(USUAL, duration_seconds=None)


@pytest.mark.parametrize(
    ("when", "found", "said"),
    [
        ({"role": "member"}, USUAL, "the role is member"),
        ({"role": ["admin", "owner"]}, USUAL, None),
        ({"seat_type": ["codex", "chatgpt"]}, USUAL, "the seat type is chatgpt"),
        ({"seat_type": "codex"}, USUAL, None),
        ({"duration": {"at_most": "7d"}}, USUAL, "it is for 7 days"),
        ({"duration": {"at_most": "6d"}}, USUAL, None),
        ({"duration": {"at_most": "600d"}}, ENDLESS, None),
        ({"duration": {"longer_than": "7d"}}, USUAL, None),
        ({"duration": {"longer_than": "6d"}}, USUAL, "it is for 7 days"),
        ({"duration": {"longer_than": "600d"}}, ENDLESS, "it has no end date"),
        ({"duration": {"longer_than": "1d", "at_most": "8d"}}, USUAL, "it is for 7 days"),
        ({"duration": {"longer_than": "1d", "at_most": "6d"}}, USUAL, None),
        ({"on_behalf": True}, USUAL, None),
        ({"on_behalf": True}, replace(USUAL, on_behalf=True), "it is asked for somebody else"),
        ({"on_behalf": False}, USUAL, "they ask for themselves"),
        ({"extension": False}, USUAL, "it extends nothing"),
        ({"extension": True}, replace(USUAL, extension=True), "it extends what there is"),
        ({"title": "*engineer"}, USUAL, "the title is “Senior Data Engineer”"),
        ({"title": ["Designer", "senior *"]}, USUAL, "the title is “Senior Data Engineer”"),
        ({"title": "Engineer"}, USUAL, None),
        ({"title": "*"}, replace(USUAL, title=""), "the title is “”"),
        ({"member": "full"}, USUAL, "it is for a full member"),
        ({"member": "guest"}, USUAL, None),
        ({"member": "guest"}, replace(USUAL, is_guest=True), "it is for a guest"),
        ({"usergroup": "@IT-Admins"}, USUAL, "they belong to @IT-Admins"),
        ({"usergroup": ["nobody", "S012ABCDEF"]}, USUAL, "they belong to @S012ABCDEF"),
        ({"usergroup": "nobody"}, USUAL, None),
        ({"email_domain": "Example.com"}, USUAL, "the address is at example.com"),
        ({"email_domain": "ample.com"}, USUAL, None),
        ({"email_domain": "example.com"}, replace(USUAL, email=""), None),
        ({"raises_bill": True}, replace(USUAL, raises_bill=True), "it adds a seat to the bill"),
        ({"raises_bill": True}, replace(USUAL, raises_bill=False), None),
        ({"raises_bill": False}, replace(USUAL, raises_bill=False), "no seat is added to the bill"),
        ({"channel": "chatgpt"}, USUAL, None),
        ({"channel": "slack"}, USUAL, "it is asked in Slack"),
        ({"channel": ["slack", "chatgpt"]}, replace(USUAL, channel="chatgpt"), "it is asked in ChatGPT"),
    ],
)
def test_each_condition(when: object, found: Circumstances, said: str | None) -> None:
    """Where it holds, what was found is said in words."""
    assert because(when, found) == (None if said is None else (said,))


@pytest.mark.parametrize("raises", [True, False])
def test_what_is_not_known_holds_neither_way(raises: bool) -> None:
    """Where nobody has counted the seats, no rule about the bill matches."""
    assert because({"raises_bill": raises}) is None


def test_everything_that_a_condition_says_must_hold() -> None:
    """And all of it is said."""
    assert because({"role": "member", "member": "full"}) == ("the role is member", "it is for a full member")
    assert because({"role": "member", "member": "guest"}) is None


def test_the_first_rule_that_matches_decides() -> None:
    """Later rules are not looked at; the policy's own outcome is replaced."""
    going = way(rules({"role": "owner"}, {"role": "member"}, {"channel": "slack"}), USUAL)
    assert going.matched == Matched(name="no 1", because=("the role is member",))
    assert (going.rules.approve, going.rules.deny, going.rules.rules) == ((), "Not this", ())


def test_where_no_rule_matches_the_policy_itself_counts() -> None:
    """Its own stages, and no rule is named."""
    policy = rules({"role": "owner"})
    going = way(policy, USUAL)
    assert going.matched is None
    assert going.rules == policy.model_copy(update={"rules": ()})


def test_a_rule_without_a_name_has_its_number() -> None:
    """Counted from one, as people count."""
    policy = {"approve": ["manager"], "rules": [{"when": {"role": "x"}, "deny": "No, no"}] * 2}
    going = way(PolicyRules.model_validate(policy), replace(USUAL, role="x"))
    assert going.matched is not None
    assert going.matched.name == "rule 1"


def test_what_is_not_the_outcome_stays_as_the_policy_says() -> None:
    """The time to decide, the fallback and the rest hold for every rule."""
    policy = rules({"role": "member"}).model_copy(update={"decide_within": 5, "guests": True})
    going = way(policy, USUAL).rules
    assert (going.decide_within, going.guests, going.fallback) == (5, True, policy.fallback)

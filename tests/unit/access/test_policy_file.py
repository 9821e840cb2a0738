"""Mistakes in a policy of the catalogue: each is said with its line, its place and what to write instead."""

from __future__ import annotations

import pytest

from bot.access.catalog_file import CatalogProblems, read

KINDS = "manager, manager_of_manager, app_admins, owner, users, usergroup"
PAIR = "a stage is one pair: write {manager: any}, or {who: [manager, owner], need: all}"
NEED = "of them cannot be asked: write any, all or {at_least: 2}"
NO_USERS = "users wants to know whom: write {users: [ada@example.com]}"
NO_GROUP = "usergroup wants to know whom: write {usergroup: it-admins}"
TOO_MANY = "3 cannot agree where 2 can be asked: name more people, or want fewer"
NOBODY = "is neither an e-mail address nor a Slack user id (U012ABCDEF)"
EMPTY = "nothing stands here: fill it in, or leave the key out"
NOT_A_BOOL = "is neither true nor false: write one of them"
ONE_OUTCOME = (
    "either somebody is asked (approve: [{manager: any}]), or it approves by itself and says why "
    "(auto_approve: “Everybody may have this”), or it denies and says why (deny: “Ask for 30 days or less”)"
)


def problem(text: str) -> str:
    """The one thing that is wrong with a policy, which begins in line 2."""
    with pytest.raises(CatalogProblems) as caught:
        read(f"policies:\n  {text}\n", "c.yml")
    [said] = caught.value.problems
    return said


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("boss", f": there is no approver “boss”: choose from {KINDS}"),
        ("3", ": a stage says whom to ask: write {manager: any}"),
        ("{manager: some}", f": “some” {NEED}"),
        ("{app_admins: {at_least: 0}}", f": “0” {NEED}"),
        ("{app_admins: {at_most: 2}}", f": this many {NEED}"),
        ("{manager: any, owner: any}", f": {PAIR}"),
        ("{manager: any, frsh: true}", f": {PAIR}"),
        ("{who: [manager], ned: all}", ".ned: there is no key “ned” here: did you mean “need”?"),
        ("{who: []}", f".who: {EMPTY}"),
        ("{who: [manager, boss]}", f".who[1]: there is no approver “boss”: choose from {KINDS}"),
        (
            "{who: [manager, 3]}",
            ".who[1]: these approvers cannot be read: write manager, or {users: [ada@example.com]}",
        ),
        ("{who: [{manager: any}]}", ".who[0]: “manager” says already who that is: write manager alone"),
        ("{users: any}", f": {NO_USERS}"),
        ("{users: []}", f": {NO_USERS}"),
        ("{users: {at_least: 2}}", f": {NO_USERS}"),
        ("usergroup", f": {NO_GROUP}"),
        ("{usergroup: [a, b]}", f": {NO_GROUP}"),
        ("{users: {at_least: 3, of: [ada@example.com, grace@example.com]}}", f": {TOO_MANY}"),
        ("{who: [manager, owner], need: {at_least: 3}}", f": {TOO_MANY}"),
        ("{manager: any, fresh: maybe}", f".fresh: “maybe” {NOT_A_BOOL}"),
    ],
)
def test_a_stage_that_cannot_be_read(stage: str, said: str) -> None:
    """Whom to ask and how many must agree: what is written is shown, and what to write instead."""
    assert problem(f"default:\n    approve: [{stage}]") == f"c.yml:3: policies.default.approve[0]{said}"


@pytest.mark.parametrize(
    ("rule", "line", "said"),
    [
        ("when: {role: member}", 7, f": {ONE_OUTCOME}"),
        ("when: {role: member}\napprove: [owner]\ndeny: Not now", 7, f": {ONE_OUTCOME}"),
        ("deny: Not now", 7, ": “when” is missing: add “when: …”"),
        ("when: {role: member}\nden: Not now", 8, ".den: there is no key “den” here: did you mean “deny”?"),
        (
            "when: {}\ndeny: Not now",
            7,
            ".when: this condition says nothing: name what the request has to be like, or leave the rule out",
        ),
        (
            "when:\n  roles: [member]\ndeny: Not now",
            8,
            ".when.roles: there is no key “roles” here: did you mean “role”?",
        ),
        ("when:\n  role: []\ndeny: Not now", 8, f".when.role: {EMPTY}"),
        ("when: {duration: 7d}\ndeny: Not now", 7, ".when.duration: this must be a mapping (key: value), not “7d”"),
        (
            "when: {duration: {}}\ndeny: Not now",
            7,
            ".when.duration: this says no duration: write {at_most: 7d} or {longer_than: 30d}",
        ),
        (
            "when: {duration: {atmost: 7d}}\ndeny: Not now",
            7,
            ".when.duration.atmost: there is no key “atmost” here: did you mean “at_most”?",
        ),
        (
            "when: {duration: {at_most: 7d, longer_than: 7d}}\ndeny: Not now",
            7,
            ".when.duration: nothing is longer than longer_than and yet at most at_most: at_most has to be more",
        ),
        (
            "when: {member: guests}\ndeny: Not now",
            7,
            ".when.member: “guests” is not possible here: did you mean “guest”?",
        ),
        ("when: {on_behalf: perhaps}\ndeny: Not now", 7, f".when.on_behalf: “perhaps” {NOT_A_BOOL}"),
        (
            "when: {channel: [slack, teams]}\ndeny: Not now",
            7,
            ".when.channel[1]: “teams” is not possible here: choose from slack, chatgpt",
        ),
        (
            "when: {email_domain: partner}\ndeny: Not now",
            7,
            ".when.email_domain: “partner” is not a domain: write example.com",
        ),
    ],
)
def test_a_rule_that_cannot_be_read(rule: str, line: int, said: str) -> None:
    """Its conditions and its outcome: an unknown word is compared with those that there are."""
    rules = "- when: {role: member}\n        deny: Not now\n      - " + rule.replace("\n", "\n        ")
    text = f"default:\n    approve: [manager]\n    rules:\n      {rules}"
    assert problem(text) == f"c.yml:{line}: policies.default.rules[1]{said}"


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (
            "default:\n    approve:\n      - users:\n          - ada@example.com\n          - Grace",
            f"6: policies.default.approve[0].users[1]: “Grace” {NOBODY}",
        ),
        (
            "default:\n    approve:\n      - who:\n          - manager\n          - users:\n              - Grace",
            f"7: policies.default.approve[0].who[1].users[0]: “Grace” {NOBODY}",
        ),
        ("default: {decide_within: 3d}", f"2: policies.default: {ONE_OUTCOME}"),
        ("default: {approve: [owner], deny: Never}", f"2: policies.default: {ONE_OUTCOME}"),
        (
            "default: {approve: [owner], emergency: {longest: 4h, confirm_in: 1d}}",
            (
                "2: policies.default.emergency.confirm_in: there is no key “confirm_in” here: "
                "did you mean “confirm_within”?"
            ),
        ),
        (
            "default: {approve: [owner], emergency: {}}",
            "2: policies.default.emergency: “longest” is missing: add “longest: …”",
        ),
        (
            "default: {approve: [owner], emergency: {longest: unlimited}}",
            "2: policies.default.emergency.longest: this time cannot be unlimited: write 3d, for example",
        ),
        (
            "default:\n    approve: [owner]\n    escalate_after: 3d",
            (
                "2: policies.default: escalate_after has to be shorter than decide_within: "
                "after that there is nothing to decide"
            ),
        ),
        (
            "default: {approve: [owner], on_behalf: no}",
            "2: policies.default.on_behalf: “no” is not possible here: choose from managers, everybody, nobody",
        ),
    ],
)
def test_a_policy_that_cannot_be_read(policy: str, said: str) -> None:
    """Times, people, emergencies and what becomes of a request."""
    assert problem(policy) == f"c.yml:{said}"


def test_a_role_that_no_application_has() -> None:
    """A slip of the pen in a condition would let requests pass the rule by, so it is a mistake."""
    applications = """
applications:
  - key: chatgpt
    name: ChatGPT
    connector:
      type: chatgpt
      transport: web_admin
      workspace_id: 2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11
      integration_email: it@example.com
      secret: chatgpt-session"""
    rule = "{when: {role: [member, admn]}, deny: Not now}"
    said = problem(f"default:\n    approve: [manager]\n    rules: [{rule}]{applications}")
    assert said == ("c.yml:4: policies.default.rules[0].when.role[1]: there is no role “admn”: did you mean “admin”?")

"""usher policy replay, as it is typed."""

from __future__ import annotations

import pytest

from tests.integration.cli import house
from tests.integration.cli.conftest import Shell

DRAFT = """\
policies:
  default:
    approve: [manager]
    fallback: [{users: [maya@harbour.example]}]
    rules:
      - name: Short
        when: {duration: {at_most: 30d}, email_domain: harbour.example, on_behalf: false}
        auto_approve: A month is fine
applications:
  - {key: chatgpt, name: ChatGPT, durations: [30d], connector: &workspace {
      type: chatgpt, transport: web_admin, workspace_id: 2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11,
      integration_email: it@harbour.example, secret: session}}
  - {key: figma, name: Figma, durations: [30d], policy: closed, connector: {
      <<: *workspace, workspace_id: 7c1f0f0e-52a5-4d0b-9d53-0a4a3f6b2c18}}
"""
CLOSED = DRAFT.replace("policies:\n", "policies:\n  closed: {deny: Not any more}\n")


@pytest.fixture
def replaying(furnished: Shell) -> Shell:
    """A house with recorded requests, and a draft beside it."""
    furnished.write("draft.yml", CLOSED)
    return furnished


async def test_each_request_and_the_sum_for_programs(replaying: Shell) -> None:
    """One array, oldest first, with what happened and what would; the summary is the last object."""
    outcome = await replaying("policy", "replay", "draft.yml", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    *requests, summary = outcome.rows
    assert [(row["id"], row["happened"], row["would"], row["rule"]) for row in requests] == [
        (house.PAST, "auto_approved", "deny", None),
        (house.APPROVED, "auto_approved", "auto_approve", "Short"),
        (house.PENDING, "pending", "refuse", None),
    ]
    assert requests[0]["why"] == "Not any more"
    assert requests[1]["because"] == [
        "it is for 30 days",
        "they ask for themselves",
        "the address is at harbour.example",
    ]
    assert summary["kind"] == "summary"
    assert (summary["requests"], summary["seats_more"], summary["seats_fewer"]) == (3, 0, 1)
    assert summary["would"] == {"auto_approve": 1, "ask": 0, "nobody_to_ask": 0, "deny": 1, "refuse": 1}


async def test_a_table_and_a_sum_for_people(replaying: Shell) -> None:
    """Newest first, then what it comes to."""
    outcome = await replaying("policy", "replay", "draft.yml", "--days", "30", "--limit", "1")
    assert outcome.code == 0
    table, _, rest = outcome.out.partition("\n\n")
    assert [line.split()[0] for line in table.splitlines()] == ["id", house.PENDING]
    assert "They may not ask for somebody else." in table
    assert "2 requests:\n  approved without being asked: 1 (then 1)\n" in rest
    assert "Seats: perhaps 0 more" in rest
    assert "1 older one: --limit 0 shows all" in outcome.err


async def test_whom_a_draft_asks_is_compared_with_whom_was_asked(replaying: Shell) -> None:
    """How many asks more or less each approver has."""
    replaying.write("draft.yml", CLOSED.replace("A month is fine", "x" * 3).replace("{at_most: 30d}", "{at_most: 7d}"))
    outcome = await replaying("policy", "replay", "draft.yml", "--app", "chatgpt")
    assert outcome.code == 0
    assert "maya@harbour.example  0           1               +1" in outcome.out


async def test_nothing_recorded_is_no_mistake(usher: Shell) -> None:
    """On an empty database there is nothing to compare with."""
    usher.write("draft.yml", CLOSED)
    outcome = await usher("policy", "replay", "draft.yml")
    assert (outcome.code, outcome.out) == (0, "Nobody asked for anything in that time.\n")
    [summary] = (await usher("policy", "replay", "draft.yml", "--json")).rows
    assert summary["requests"] == 0


async def test_what_is_wrong_with_a_draft_is_said_as_validate_says_it(replaying: Shell) -> None:
    """With the line, and exit code 1; nothing is printed for a program to read."""
    replaying.write("draft.yml", CLOSED.replace("on_behalf", "onbehalf"))
    outcome = await replaying("policy", "replay", "draft.yml", "--json")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == (await replaying("catalog", "validate", "draft.yml")).err
    assert "draft.yml:8: policies.default.rules[0].when.onbehalf" in outcome.err


async def test_a_draft_may_name_people_who_are_not_there_yet(replaying: Shell) -> None:
    """It could not be applied like that, which is said beside the output; trying it is possible."""
    replaying.write("draft.yml", CLOSED.replace("maya@", "new@"))
    outcome = await replaying("policy", "replay", "draft.yml", "--json")
    assert (outcome.code, len(outcome.rows)) == (0, 4)
    assert "nobody in the directory has the address or id “new@harbour.example”" in outcome.err


async def test_what_cannot_be_known_is_said(replaying: Shell) -> None:
    """Whether a seat raised the bill then is not recorded."""
    replaying.write("draft.yml", CLOSED.replace("on_behalf: false", "raises_bill: true"))
    outcome = await replaying("policy", "replay", "draft.yml", "--json")
    assert outcome.code == 0
    assert "Rules about raises_bill match nothing here" in outcome.err


@pytest.mark.parametrize("wrong", [["--days", "0"], ["--days", "many"], []])
async def test_wrong_usage(nowhere: Shell, wrong: list[str]) -> None:
    """A file is needed, and at least a day."""
    assert (await nowhere("policy", "replay", *wrong)).code == 2

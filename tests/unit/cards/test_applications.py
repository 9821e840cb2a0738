"""Applications as admins see them: Slack takes their cards and forms, and each says the next step."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.access.policy_rules import DEFAULT_POLICY, PolicyRules
from bot.access.set_up import PLANS, WAYS, asked_by, read_connector, unfinished
from bot.access.story import ApplicationStory
from bot.cards import actions
from bot.cards.applications import set_up_card, steps_view
from bot.cards.content import JSON
from bot.cards.home import home_view
from bot.cards.set_up_forms import Connection, chatgpt_form, kind_form, offer_form, read_offer
from bot.connectors.config import AnyConnector, Manual
from bot.connectors.contract import Condition
from bot.connectors.registry import capabilities_of
from sandbox.slack import limits
from sandbox.slack.blocks import check_blocks, check_view, text_length
from tests.support import cards, stories
from tests.support.stories import NOOR

STORIES = stories.applications()
HOSTILE = "<!channel> *now* `rm` <https://evil.example|ok> :tada: & \x00\n" + "😀" * 400
CONNECTOR = {
    "workspace_id": "2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11",
    "integration_email": "it@harbour.example",
    "base_url": "https://directory.example/scim/v2",
}


def spoil(story: ApplicationStory) -> ApplicationStory:
    """The same where others wrote hostile texts, and a lot is wrong."""
    bad = Condition(name=HOSTILE, ok=False, detail=HOSTILE, remedy=HOSTILE + "`a`" * 40)
    connector = story.connector
    if isinstance(connector, Manual):
        connector = connector.model_copy(update={"instructions": HOSTILE})
    return replace(story, name=HOSTILE, connector=connector, findings=(bad,) * 40, outage=HOSTILE)


def connector_of(way: str) -> AnyConnector:
    """A connector that was entered for this way into a workspace."""
    return read_connector({**WAYS[way], **{name: CONNECTOR[name] for name in asked_by(way)}})


def offers() -> Iterator[JSON]:
    """The last form for every way in, with and without a file."""
    policies = {"default": DEFAULT_POLICY, "open": PolicyRules(auto_approve=HOSTILE[:400])}
    for connector in (*(connector_of(way) for way in WAYS), Manual(type="manual")):
        for in_file in (True, False):
            yield offer_form(
                unfinished(connector),
                capabilities_of(connector),
                policies,
                admin_id=NOOR.id,
                catalog_in_file=in_file,
            )


@pytest.mark.parametrize("story", [*STORIES.values(), *map(spoil, STORIES.values())])
def test_slack_takes_the_card_and_the_steps(story: ApplicationStory) -> None:
    """In every state, whatever providers and catalogues wrote; nothing of it is interpreted."""
    for in_file in (True, False):
        card = set_up_card(story, catalog_in_file=in_file)
        assert check_blocks(list(card.blocks), "message") == []
        assert text_length(list(card.blocks)) <= limits.BLOCK_TEXT_IN_MESSAGE
        assert check_view(steps_view(story, catalog_in_file=in_file), "modal") == []
        assert "evil" not in "".join(cards.mrkdwn(card.blocks))
    view = home_view(stories.home(is_admin=True, applications=(story,) * 30))
    assert check_view(view, "home") == []
    assert "evil" not in "".join(cards.mrkdwn(view["blocks"]))


def test_slack_takes_every_form() -> None:
    """Each modal of the assistant, for every plan and way in."""
    for view in (kind_form(catalog_in_file=True), kind_form(catalog_in_file=False), *offers()):
        assert check_view(view, "modal") == []
    for plan, ways in PLANS.items():
        for way in ways:
            assert check_view(chatgpt_form(Connection(plan=plan, way=way)), "modal") == []


def test_a_form_remembers_no_secret() -> None:
    """What the client can read is what was entered about the connector; the secret's name comes later."""
    for view in offers():
        assert "secret" not in json.loads(view["private_metadata"])


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("works", "People can ask for ChatGPT with /request-access."),
        ("not checked yet", "usher secret set chatgpt-session"),
        ("something is missing", "✗ Role: The integration account is member."),
        ("something is missing", "→ Let an owner of the workspace give the integration account the role Owner."),
        ("browser", "usher browser sign-in chatgpt"),
        ("admin key", "usher secret set chatgpt-admin-key"),
        ("scim", "usher secret set chatgpt-scim-token"),
        ("by hand", "There is nothing to connect."),
        ("retired", "nobody can ask for it any more"),
    ],
)
def test_the_card_says_the_next_step(name: str, says: str) -> None:
    """What to do, or that there is nothing to do."""
    shown = cards.seen(set_up_card(STORIES[name], catalog_in_file=False).blocks)
    shown += cards.seen(steps_view(STORIES[name], catalog_in_file=False)["blocks"])
    assert says in shown


def test_the_integration_account_is_invited_as_owner() -> None:
    """The steps name the address, where to click, and the role."""
    shown = cards.seen(set_up_card(STORIES["not checked yet"], catalog_in_file=False).blocks)
    assert "Workspace settings → Members → Invite member" in shown
    assert "Enter it-chatgpt@harbour.example, choose the role Owner" in shown
    assert "Accept the invite in that mailbox." in shown
    assert "Secrets never pass through Slack." in shown


@pytest.mark.parametrize("name", STORIES)
def test_check_is_offered_as_long_as_it_is_in_the_catalogue(name: str) -> None:
    """The button carries the application's key and nothing else."""
    story = STORIES[name]
    found = cards.buttons(set_up_card(story, catalog_in_file=False).blocks)
    assert list(found) == ([] if story.retired else ["Check"])
    assert all(one["value"] == story.key and one["action_id"] == actions.CHECK_APPLICATION for one in found.values())


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("works", "ChatGPT · Works"),
        ("works", "checked 23 Nov 2026 at 10:00 UTC"),
        ("not checked yet", "ChatGPT · Not checked yet"),
        ("something is missing", "ChatGPT · Needs you"),
        ("something is missing", "What to do: Let an owner"),
        ("outage", "ChatGPT no longer accepts the stored session"),
        ("by hand", "Figma · Works"),
    ],
)
def test_the_home_tab_says_how_each_application_is(name: str, says: str) -> None:
    """As last checked, and what is wrong right now."""
    view = home_view(stories.home(is_admin=True, applications=(STORIES[name],)))
    assert says in cards.seen(view["blocks"])


def test_nobody_else_sees_applications() -> None:
    """They are for Usher's admins."""
    shown = cards.seen(home_view(stories.home())["blocks"])
    assert "Applications" not in shown
    assert "Add application" not in shown


def test_a_file_is_told_of_before_anything_is_saved() -> None:
    """What is added in Slack alone would be gone after the next start."""
    for told in (kind_form(catalog_in_file=True), next(offers())):
        assert "usher catalog export" in cards.seen(told["blocks"])
    assert "usher catalog export" in cards.seen(set_up_card(STORIES["works"], catalog_in_file=True).blocks)
    assert "usher catalog export" not in cards.seen(kind_form(catalog_in_file=False)["blocks"])


def test_durations_come_in_their_order() -> None:
    """The shortest is the first, as the form says, in whatever order they were ticked."""
    chosen = {"selected_options": [{"value": "unlimited"}, {"value": "30d"}, {"value": "7d"}]}
    view = {"private_metadata": '{"type":"manual"}', "state": {"values": {"durations": {"value": chosen}}}}
    assert read_offer(view)["durations"] == ["7d", "30d", "unlimited"]

"""Incidents, steps, replies, the Home tab, refusals and short answers say what to do next."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.access.lists import ListName
from bot.access.refusals import Refusal, Refused
from bot.cards import actions
from bot.cards.home import home_view
from bot.cards.incident import incident_card
from bot.cards.refusals import refusal, refusal_words
from bot.cards.step import could_not_form, step_card
from bot.cards.texts import help_text, not_understood, status_list
from bot.cards.told import Milestone, told
from tests.support import cards, stories
from tests.support.stories import LENA, MAYA, NOOR, NOW, TOM


# -- incidents ---------------------------------------------------------------------------------------------------------
def test_an_incident_says_what_for_whom_why_and_what_to_do() -> None:
    """The admins need nothing else to act."""
    text = cards.seen(incident_card(stories.incident()).blocks)
    assert "Usher is signed out of ChatGPT" in text
    assert "ChatGPT does not know the session" in text
    assert "Concerns: Lena Fischer and Tom Okafor" in text
    assert "usher secret set chatgpt-session" in text
    assert "3 times, last 23 Nov 2026 at 10:04 UTC" in text


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("open", ["Try again", "I did it by hand", "Give up"]),
        ("removal", ["Try again", "I did it by hand"]),
        ("nobody to ask", ["Try again"]),
        ("solved by somebody", []),
        ("went away", []),
    ],
)
def test_an_incident_has_the_buttons_that_are_possible(name: str, labels: list[str]) -> None:
    """A removal is never given up, and what is over has no buttons."""
    incident = stories.incidents()[name]
    found = cards.buttons(incident_card(incident).blocks)
    assert list(found) == labels
    assert all(button["value"] == incident.id for button in found.values())


def test_forty_who_wait_are_eight_names_and_a_number() -> None:
    """One cause is one card."""
    assert "and 32 others" in cards.seen(incident_card(stories.incidents()["many wait"]).blocks)


def test_a_solved_incident_says_by_whom_or_that_it_went_away() -> None:
    """The card remains as a record."""
    assert "Solved 23 Nov 2026 at 10:09 UTC by @U0NOOR0001." in cards.seen(
        incident_card(stories.incidents()["solved by somebody"]).blocks
    )
    assert "It went away 23 Nov 2026" in cards.seen(incident_card(stories.incidents()["went away"]).blocks)


# -- steps -------------------------------------------------------------------------------------------------------------
def test_a_step_says_what_to_do_and_has_two_answers() -> None:
    """Done and Could not, until it is answered."""
    card = step_card(stories.step(), viewer_id=NOOR.id)
    text = cards.seen(card.blocks)
    assert "Give Lena Fischer access to Figma" in text
    assert "Use the group Design." in text
    assert "https://figma.example/admin/members" in text
    assert list(cards.buttons(card.blocks)) == ["Done", "Could not"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("done", "Done 23 Nov 2026 at 10:05 UTC by you."),
        ("could not", "All our Figma seats are taken."),
        ("obsolete", "there is nothing to do"),
    ],
)
def test_an_answered_step_has_no_buttons(name: str, says: str) -> None:
    """It says who answered what."""
    card = step_card(stories.steps()[name], viewer_id=NOOR.id)
    assert says in cards.seen(card.blocks)
    assert cards.buttons(card.blocks) == {}


def test_who_could_not_says_why() -> None:
    """The person who waits reads it; nobody is told that a removal was given up."""
    form = could_not_form(stories.step())
    assert (form["callback_id"], form["private_metadata"]) == (actions.COULD_NOT_FORM, stories.step().id)
    assert "Lena Fischer will read this." in cards.seen(form["blocks"])
    assert "never given up" in cards.seen(could_not_form(stories.steps()["open, take away"])["blocks"])


# -- replies -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "event", "text"),
    [
        ("approved", "approved", "Maya Lindqvist approved your request for ChatGPT."),
        ("denied", "denied", "Maya Lindqvist denied your request for ChatGPT:"),
        (
            "expired",
            "expired",
            "Nobody decided about your request for ChatGPT in time. Ask again with /request-access.",
        ),
        ("active", "active", "Your access to ChatGPT is active. It lasts until 23 Dec 2026 at 10:12 UTC"),
        ("failed", "failed", "Your access to ChatGPT is held up. The admins have been told"),
        ("ended", "ended", "Your access to ChatGPT has ended. The time ran out 23 Dec"),
        ("invited, for somebody else", "invited", "Tom Okafor was sent an invite to ChatGPT"),
        ("active, for somebody else", "active", "Tom Okafor's access to ChatGPT is active."),
    ],
)
def test_a_reply_is_a_notification_in_one_sentence(name: str, event: str, text: str) -> None:
    """It names people by name, because a notification shows no mentions."""
    reply = told(stories.stories()[name], event)
    assert reply is not None
    assert reply.text.startswith(text)


def test_a_reply_speaks_to_its_reader() -> None:
    """The beneficiary of somebody else's request reads `you`."""
    one = stories.stories()["invited, for somebody else"]
    reply = told(one, "invited", viewer_id=TOM.id)
    assert reply is not None
    assert reply.text.startswith("Your invite to ChatGPT is in your mailbox")


@pytest.mark.parametrize("event", Milestone)
def test_nothing_is_told_before_it_is_so(event: Milestone) -> None:
    """A pending request has come to no milestone, and what nobody approved was approved by nobody."""
    assert told(stories.story(), event) is None
    assert told(stories.stories()["approved by the policy"], "approved") is None


# -- the Home tab ------------------------------------------------------------------------------------------------------
def test_the_home_tab_shows_time_left_and_the_buttons_of_the_cards() -> None:
    """My access, my requests, and the way to ask for more."""
    view = home_view(stories.home())
    text = cards.seen(view["blocks"])
    assert "28 days left" in text
    expected = {"Request access", "Extend", "Give back", "Nudge", "Cancel request", "I am going away"}
    assert set(cards.buttons(view["blocks"])) == expected
    assert text.index("My access") < text.index("My requests") < text.index("Waiting for me")


def test_what_waits_for_me_stands_first() -> None:
    """A manager decides without scrolling, an admin sees what is broken."""
    manager = home_view(stories.homes()["manager"])["blocks"]
    assert cards.seen(manager).index("Waiting for me") < cards.seen(manager).index("My access")
    assert {"Approve", "Deny"} <= set(cards.buttons(manager))
    admin = home_view(stories.homes()["admin"])["blocks"]
    assert cards.seen(admin).index("Incidents") < cards.seen(admin).index("My access")
    assert {"Try again", "I did it by hand", "Give up"} <= set(cards.buttons(admin))


def test_an_empty_home_tab_says_what_to_do() -> None:
    """A newcomer is told the first step, and sees nothing that is only for admins."""
    text = cards.seen(home_view(stories.homes()["newcomer"])["blocks"])
    assert "You have no access through Usher yet. Press Request access" in text
    assert "Incidents" not in text


def test_long_lists_begin_on_the_home_tab_and_open_from_there() -> None:
    """As many items of each as Slack's 100 blocks leave room for, and See all; nothing is counted."""
    everything = stories.homes()["everything at once"]
    opened = [
        one["value"]
        for one in cards.inside(home_view(everything)["blocks"])
        if one.get("type") == "button" and one["text"]["text"] == "See all"
    ]
    assert sorted(opened) == sorted(set(ListName) - {ListName.LOOKED_AFTER, ListName.REQUESTS})
    short = home_view(stories.home())
    assert "See all" not in cards.buttons(short["blocks"])


def test_a_manager_sees_who_of_the_team_has_what_until_when() -> None:
    """With Revoke at each; what has no end says so."""
    blocks = home_view(stories.homes()["manager"])["blocks"]
    text = cards.seen(blocks)
    assert "My team's access" in text
    assert "@U0LENA0001 · ChatGPT · Active" in text
    assert "until 23 Dec 2026" in text
    assert "30 days from when it begins" in text
    assert cards.buttons(blocks)["Revoke"]["value"] == stories.granted().grant.id  # type: ignore[union-attr]
    assert "My team's access" not in cards.seen(home_view(stories.home())["blocks"])


def test_an_admin_sees_who_waits_for_a_seat() -> None:
    """Since when, at which place, and with the card's answers but the one that changes nothing."""
    blocks = home_view(stories.homes()["admin"])["blocks"]
    text = cards.seen(blocks)
    assert "Waiting for a seat" in text
    assert "In line since 23 Nov 2026 at 10:00 UTC · first in line" in text
    assert {"Invite anyway", "Decline"} <= set(cards.buttons(blocks))
    assert "Keep waiting" not in cards.buttons(blocks)


# -- refusals ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("code", Refusal)
def test_every_refusal_has_words_for_me_and_for_others(code: Refusal) -> None:
    """In a message and under a field; no id is to be seen."""
    for who in (None, LENA.id, MAYA.id):
        refused = Refused(code, who=who)
        assert cards.seen(refusal(refused, reader_id=LENA.id).blocks)
        words = refusal_words(refused, reader_id=LENA.id, name="Maya Lindqvist")
        assert words[0].isupper()
        assert "U0" not in words


def test_a_refusal_leads_to_what_there_is() -> None:
    """Who has it already gets the card's permalink, and is told until when they have it."""
    refused = Refused(
        Refusal.ALREADY_HAVE, who=LENA.id, permalink="https://a.example/p1", detail={"until": NOW + timedelta(days=2)}
    )
    blocks = refusal(refused, reader_id=LENA.id).blocks
    assert cards.seen(blocks) == "You have this already, until 25 Nov 2026 at 10:00 UTC. See the card."
    assert any(one.get("url") == "https://a.example/p1" for one in cards.inside(blocks))
    assert refusal_words(refused, reader_id=TOM.id, name="Lena Fischer").startswith("Lena Fischer has this already")


# -- short answers -----------------------------------------------------------------------------------------------------
def test_short_answers_lead_on() -> None:
    """Help, nonsense and an empty list name the command that goes on."""
    assert "/request-access status" in cards.seen(help_text().blocks)
    nonsense = cards.seen(not_understood("<!channel> chatgtp", stories.choices()).blocks)
    assert "“<!channel> chatgtp” is not an application that Usher knows." in nonsense
    assert "You can ask for ChatGPT, Figma and Codex only." in nonsense
    assert "/request-access opens the form." in cards.seen(status_list([], NOW).blocks)


def test_the_list_of_my_requests_links_their_cards() -> None:
    """Twelve at most, each with its state."""
    text = cards.seen(status_list([stories.story()] * 30, NOW).blocks)
    assert text.count("ChatGPT · Waiting for approval") == 12
    assert text.count("Open the card") == 12
    assert "and 18 more" in text

"""Approving with changes, and what people say about a request: on the cards of both sides, and in their forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.access.leeway import Changes
from bot.access.story import Leeway, Story
from bot.cards import actions
from bot.cards.approval import approval_card, what_is_asked
from bot.cards.change_form import change_form, read_changes
from bot.cards.comments import answer_form, comment_reply, question_form, read_comment, to_answer
from bot.cards.items import my_access, others_access
from bot.cards.status import status_card
from bot.cards.told import Milestone, told
from bot.cards.voice import Voice
from sandbox.slack.blocks import check_view
from storage.tables import RequestState
from tests.support import cards, stories
from tests.support.stories import LENA, MAYA, NOOR, NOW, TOM, comment, story

DAY = 86_400
NOOR_TOO = (stories.asked(), stories.asked(NOOR, why="app_admins"))


def hers(one: Story, viewer: str = LENA.id) -> str:
    return cards.seen(status_card(one, viewer_id=viewer).blocks)


def theirs(one: Story, approver: str = MAYA.id) -> str:
    return cards.seen(approval_card(one, approver_id=approver).blocks)


def labels(one: Story, approver: str = MAYA.id) -> list[str]:
    return list(cards.buttons(approval_card(one, approver_id=approver).blocks))


# -- changes -----------------------------------------------------------------------------------------------------------
def test_the_button_stands_where_there_is_something_to_change() -> None:
    """Not where the role, the seat and the time are the least that is offered, nor when it is decided."""
    changeable = stories.changed()["pending, can be changed"]
    assert labels(changeable) == ["Approve", "Deny", "Approve with changes", "Ask a question"]
    least = Leeway(roles=("member",), seat_types=("codex",), durations=(7 * DAY,))
    assert "Approve with changes" not in labels(replace(changeable, leeway=least))
    assert labels(replace(changeable, state=RequestState.APPROVED)) == []


def test_the_form_offers_what_can_be_changed_and_nothing_else() -> None:
    """A select stands on what was asked for; what leaves no choice has none."""
    one = stories.changed()["pending, can be changed"]
    assert one.leeway is not None
    form = change_form(one, one.leeway)
    assert check_view(form, "modal") == []
    assert (form["callback_id"], form["private_metadata"]) == (actions.CHANGE_FORM, f"{one.id}/0")
    offered = {
        block["label"]["text"]: [option["text"]["text"] for option in block["element"].get("options", ())]
        for block in form["blocks"]
        if block["type"] == "input"
    }
    assert offered == {
        "Seat type": ["ChatGPT seat", "Codex seat"],
        "Duration": ["30 days", "7 days"],
        "Why the change": [],
    }
    chosen = [block["element"]["initial_option"]["text"]["text"] for block in form["blocks"][1:3]]
    assert chosen == ["ChatGPT seat", "30 days"]


def picked(**values: str) -> dict[str, Any]:
    return {block: {actions.VALUE: {"selected_option": {"value": value}}} for block, value in values.items()}


def test_what_was_chosen_is_read_back() -> None:
    """What the form did not ask stays as it stands."""
    assert read_changes(picked(role="member", seat_type="codex", duration="7d")) == Changes(
        role="member", seat_type="codex", duration_seconds=7 * DAY
    )
    assert read_changes(picked(duration="unlimited")) == Changes(duration_seconds=None)
    assert read_changes({}) == Changes()


def test_asked_and_granted_stand_side_by_side() -> None:
    """On the cards of both sides, with who changed it."""
    one = stories.changed()["active, changed"]
    words = "Admin → Member · ChatGPT seat → Codex seat · 30 days → 7 days, changed by "
    assert f"{words}@{MAYA.id}" in hers(one)
    assert f"{words}you" in theirs(one)
    assert "lasts until 30 Nov 2026" in hers(one)


def test_the_next_approver_sees_what_is_left_and_why() -> None:
    """So does the requester, before it is decided."""
    one = stories.changed()["pending, changed at the first stage"]
    for card in (hers(one), theirs(one, NOOR.id)):
        assert f"Member · ChatGPT seat · 30 days → 7 days, changed by @{MAYA.id}" in card
        assert f"@{MAYA.id} on the change: “A week is enough to try it.”" in card


def test_the_home_tab_shows_what_is_given() -> None:
    """What somebody has is not what they once asked for."""
    one = stories.changed()["active, changed"]
    for item in (my_access(one, Voice(LENA.id), NOW), others_access(one)):
        shown = cards.seen(item)
        assert "Member · Codex seat" in shown
        assert "Admin" not in shown


@pytest.mark.parametrize(
    ("name", "event"), [("approved with changes", Milestone.APPROVED), ("invited, changed", Milestone.INVITED)]
)
def test_the_news_says_that_it_is_not_what_was_asked_for(name: str, event: Milestone) -> None:
    """The first notification, and no later one."""
    said = told(stories.changed()[name], event)
    assert said is not None
    assert f"30 days → 7 days, changed by @{MAYA.id}." in cards.seen(said.blocks)
    assert "changed by Maya Lindqvist." in said.text
    later = told(stories.changed()["active, changed"], Milestone.ACTIVE)
    assert later is not None
    assert "→" not in later.text


# -- comments ----------------------------------------------------------------------------------------------------------
def test_both_sides_see_what_was_said_by_whom_and_when() -> None:
    """The newest last."""
    one = stories.talked_about()["pending, answered"]
    asked, answered = "· 23 Nov 2026 at 10:03 UTC", "· 23 Nov 2026 at 10:09 UTC"
    assert f"@{MAYA.id} {asked}How many screens are that?You {answered}Six, until Friday." in hers(one)
    assert f"You {asked}How many screens are that?@{LENA.id} {answered}Six, until Friday." in theirs(one)


def test_a_card_shows_the_last_three() -> None:
    """Long ones shortened; how many there were before is said."""
    one = stories.talked_about()["pending, much talked about"]
    shown = theirs(one)
    assert "1 earlier comment" in shown
    assert "10:03" not in shown
    assert shown.index("10:09") < shown.index("10:11") < shown.index("10:14")
    last = cards.quotes(approval_card(one, approver_id=MAYA.id).blocks)[-1]
    assert last.endswith("…")
    assert len(last) == 300


def test_a_question_can_be_answered_while_it_is_the_last_word() -> None:
    """By the people the request is about, until it is decided."""
    one = replace(stories.talked_about()["pending, asked back"], beneficiary=TOM)
    for reader in (LENA.id, TOM.id):
        card = status_card(one, viewer_id=reader)
        assert cards.buttons(card.blocks)["Answer"]["value"] == one.id
        assert "reply in this thread" in cards.seen(card.blocks)
    assert to_answer(one, MAYA.id) is None
    answered, talked = stories.talked_about()["pending, answered"], stories.talked_about()["active, talked about"]
    for over in (answered, talked, replace(one, state=RequestState.DENIED), story()):
        assert "Answer" not in cards.buttons(status_card(over, viewer_id=LENA.id).blocks)


def test_everybody_hears_of_a_comment_in_their_own_words() -> None:
    """The reply says whose request it is about; its notification who said what."""
    one = stories.talked_about()["pending, answered"]
    question, answer = one.comments
    to_lena = comment_reply(one, question, reader_id=LENA.id)
    assert to_lena.text == "Maya Lindqvist: How many screens are that?"
    assert f"@{MAYA.id} about your request for ChatGPT:" in cards.seen(to_lena.blocks)
    to_maya = comment_reply(one, answer, reader_id=MAYA.id)
    assert to_maya.text == "Lena Fischer: Six, until Friday. Two of them are hard."
    assert f"@{LENA.id} about @{LENA.id}'s request for ChatGPT:" in cards.seen(to_maya.blocks)
    assert cards.quotes(to_maya.blocks) == [answer.text]


def test_the_forms_say_what_they_are_about_and_who_reads_it() -> None:
    """The question's shows the request, the answer's the question."""
    one = replace(story(), beneficiary=TOM)
    asking, answering = question_form(one, intro=what_is_asked(one)), answer_form(one, comment(text="?" * 3000))
    for form in (asking, answering):
        assert check_view(form, "modal") == []
        assert (form["callback_id"], form["private_metadata"]) == (actions.COMMENT_FORM, one.id)
    assert "Lena Fischer asks for ChatGPT" in cards.seen(asking["blocks"])
    assert "Lena Fischer and Tom Okafor will read this" in cards.seen(asking["blocks"])
    assert cards.quotes(answering["blocks"]) == ["?" * 3000]
    assert read_comment({actions.COMMENT_BLOCK: {actions.VALUE: {"value": " Six\n"}}}) == "Six"
    assert read_comment({}) == ""

"""An approver gives less than was asked for, asks back, and is answered: on everybody's cards in Slack."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.slack.person import Person
from sandbox.slack.reading import shown_text
from sandbox.slack.state import Message
from storage.tables import RequestState
from tests.end_to_end.test_approvals import press_somewhere
from tests.support.studio import CATALOG, Studio

WITH_CHANGES = "Approve with changes"


async def open_changes(studio: Studio, who: Person, card: Message) -> None:
    opened = await who.press(WITH_CHANGES, in_=card)
    assert opened.ok, opened
    assert who.modal is not None


def offered(person: Person, name: str) -> list[str]:
    """What a select in the modal in front of somebody offers."""
    assert person.modal is not None
    block = next(one for one in person.modal.blocks if one.get("label", {}).get("text") == name)
    return [option["text"]["text"] for option in block["element"]["options"]]


def words(message: Message) -> str:
    """What a message says, in one line."""
    return message.shown.replace("\n", "")


def home(person: Person) -> str:
    """What somebody's Home tab says, in one line; "" before there is one."""
    return shown_text(person.home.blocks).replace("\n", "") if person.home else ""


def labels(person: Person) -> list[str]:
    assert person.modal is not None
    return [one["label"]["text"] for one in person.modal.blocks if one["type"] == "input"]


async def test_less_is_given_than_was_asked_for(studio: Studio) -> None:
    """From the button to the seat in ChatGPT, and asked and granted on both cards."""
    card = await studio.ask(studio.lena, "chatgpt admin chatgpt 30d to test")
    asked = await studio.asked(studio.maya, studio.lena)
    await open_changes(studio, studio.maya, asked)
    assert offered(studio.maya, "Role") == ["Admin", "Member"]
    assert offered(studio.maya, "Seat type") == ["ChatGPT seat", "Codex seat"]
    assert offered(studio.maya, "Duration") == ["30 days", "7 days", "2 minutes"]
    outcome = await studio.maya.submit(
        {"Role": "Member", "Seat type": "Codex seat", "Duration": "7 days", "Why the change": "A week first, please."}
    )
    assert outcome.closed, outcome
    turned = "Admin → Member · ChatGPT seat → Codex seat · 30 days → 7 days, changed by "
    await studio.until(lambda: f"{turned}you" in words(asked) and not asked.buttons)
    await studio.until(lambda: turned in words(card) and "“A week first, please.”" in words(card))
    await studio.until(lambda: studio.has(studio.lena))
    assert studio.has(studio.lena) == ("invited", "standard-user", "usage_based")
    await studio.until(lambda: any("Given: " in one.shown for one in studio.told(studio.lena)))
    await studio.lena.open_home()
    await studio.until(lambda: "Member · Codex seat · 7 days" in home(studio.lena))
    [line] = [data for _, _, data in await studio.ledger("request.vote")]
    assert line["before"] == {"role": "admin", "seat_type": "chatgpt", "duration": "30d"}
    assert line["after"] == {"role": "member", "seat_type": "codex", "duration": "7d"}


async def test_the_form_sent_as_it_is_approves(studio: Studio) -> None:
    """Nothing was changed, and nothing says that it was."""
    card = await studio.ask(studio.lena, "chatgpt codex 30d to test")
    asked = await studio.asked(studio.maya, studio.lena)
    await open_changes(studio, studio.maya, asked)
    assert labels(studio.maya) == ["Seat type", "Duration", "Why the change"]
    assert (await studio.maya.submit()).closed
    await studio.until(lambda: "· Invited" in card.shown)
    assert "→ 30 days" not in card.shown
    assert "changed by" not in card.shown


async def test_there_is_no_button_where_nothing_can_be_less(studio: Studio) -> None:
    """Figma knows no roles, and thirty days are the least that is offered."""
    await studio.ask(studio.lena, "figma 30d to draw")
    asked = await studio.asked(studio.maya, studio.lena)
    assert asked.buttons == ["Approve", "Deny", "Ask a question"]


async def test_who_may_is_asked_when_it_is_pressed_and_when_it_is_sent(studio: Studio) -> None:
    """A form that was opened in time and sent too late decides nothing."""
    card = await studio.ask(studio.lena, "chatgpt codex 30d to test")
    asked = await studio.asked(studio.maya, studio.lena)
    await open_changes(studio, studio.maya, asked)
    await studio.lena.press("Cancel request", in_=card)
    outcome = await studio.maya.submit({"Duration": "7 days"})
    assert not outcome.closed
    assert "cancelled" in studio.modal(studio.maya)
    [request] = await studio.requests()
    assert (request.state, request.terms) == (RequestState.CANCELLED, None)


async def test_two_who_must_both_agree_take_away_one_after_the_other(database_file: Path) -> None:
    """The second sees what the first left; a form that still offers more says what there is."""
    catalog = CATALOG.replace("users: {any:", "users: {all:")
    async with Studio.open(database_file, policy="either", catalog=catalog) as studio:
        card = await studio.ask(studio.lena, "chatgpt codex unlimited to test")
        hers, theirs = await studio.asked(studio.maya, studio.lena), await studio.asked(studio.noor, studio.lena)
        await open_changes(studio, studio.noor, theirs)
        await open_changes(studio, studio.maya, hers)
        assert (await studio.maya.submit({"Duration": "7 days"})).closed
        await studio.until(lambda: "no end date → 7 days, changed by" in words(theirs))
        await studio.until(lambda: "no end date → 7 days, changed by" in words(card))
        outcome = await studio.noor.submit({"Duration": "30 days"})
        assert outcome.errors == {"Duration": "Choose one of: 7 days, 2 minutes."}
        assert (await studio.noor.submit({"Duration": "2 minutes"})).closed
        await studio.until(lambda: "· Invited" in card.shown)
        [grant] = await studio.grants()
        assert grant.duration_seconds == 120


# -- questions ---------------------------------------------------------------------------------------------------------
async def test_a_question_is_asked_and_answered_in_forms(studio: Studio) -> None:
    """The other side is notified each time, sees it on the card, and can answer there."""
    card = await studio.ask(studio.lena)
    asked = await studio.asked(studio.maya, studio.lena)
    await studio.maya.press("Ask a question", in_=asked)
    assert "Lena Fischer asks for ChatGPT" in studio.modal(studio.maya)
    assert (await studio.maya.submit({"Your question": "How many screens, <!channel> & *when*?"})).closed
    await studio.until(lambda: "How many screens, <!channel> & *when*?" in card.shown and "Answer" in card.buttons)
    await studio.until(lambda: "How many screens" in asked.shown)
    notice = await studio.until(lambda: replies(studio, studio.lena, card)[0])
    assert "about your request for ChatGPT:" in words(notice)
    await studio.lena.press("Answer", in_=card)
    assert "How many screens" in studio.modal(studio.lena)
    assert (await studio.lena.submit({"Your answer": "Six"})).closed
    await studio.until(lambda: "Six" in asked.shown)
    await studio.until(lambda: "Answer" not in card.buttons)
    await studio.until(lambda: replies(studio, studio.maya, asked))
    await studio.at_rest()
    assert len(replies(studio, studio.maya, asked)) == len(replies(studio, studio.lena, card)) == 1
    assert asked.buttons == ["Approve", "Deny", WITH_CHANGES, "Ask a question"]


def replies(studio: Studio, who: Person, to: Message) -> list[Message]:
    """What Usher wrote in the thread of a card, oldest first."""
    return [one for one in studio.told(who) if one.thread_ts == to.ts and one.ts != to.ts]


async def test_a_reply_in_the_thread_reaches_the_other_side(studio: Studio) -> None:
    """Without any form; who wrote it is not told of it."""
    card = await studio.ask(studio.lena)
    asked = await studio.asked(studio.maya, studio.lena)
    await studio.at_rest()
    await studio.lena.reply(card, "It is for the spring fair")
    await studio.until(lambda: "It is for the spring fair" in asked.shown)
    await studio.until(lambda: replies(studio, studio.maya, asked))
    await studio.at_rest()
    assert replies(studio, studio.lena, card) == []
    await studio.maya.press("Approve", in_=asked)
    await studio.until(lambda: "· Invited" in card.shown)
    assert "It is for the spring fair" in card.shown


async def test_only_the_people_it_is_about_answer_and_only_in_time(studio: Studio) -> None:
    """Who presses on a card that was forwarded to them, or is old, is told so."""
    card = await studio.ask(studio.lena)
    asked = await studio.asked(studio.maya, studio.lena)
    await studio.maya.press("Ask a question", in_=asked)
    await studio.maya.submit({"Your question": "For whom?"})
    await studio.until(lambda: "Answer" in card.buttons)
    old = list(card.blocks)
    await press_somewhere(studio, studio.tom, card, "Answer")
    assert studio.tom.modal is None
    assert "There is nothing to answer" in studio.answers(studio.tom)[-1]
    await studio.maya.press("Deny", in_=asked)
    await studio.maya.submit({"Reason": "Not now"})
    await studio.until(lambda: "· Denied" in card.shown and not card.buttons)
    card.blocks = old
    await press_somewhere(studio, studio.lena, card, "Answer")
    assert studio.lena.modal is None
    assert "There is nothing to answer" in studio.answers(studio.lena)[-1]


@pytest.mark.parametrize("blank", ["   ", "\n"])
async def test_an_empty_question_is_not_sent(studio: Studio, blank: str) -> None:
    """Slack takes blanks for words; Usher does not."""
    await studio.ask(studio.lena)
    asked = await studio.asked(studio.maya, studio.lena)
    await studio.maya.press("Ask a question", in_=asked)
    outcome = await studio.maya.submit({"Your question": blank})
    assert not outcome.closed
    assert await studio.ledger("request.commented") == []

"""`/request-access`, its form, and what is said to those who ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.access.wish import LONGEST_REASON
from sandbox import company
from sandbox.slack.faults import FaultKind
from tests.support.studio import Studio

GUEST = company.Person(
    id="U0GUEST001", name="Gus Guest", email="gus@elsewhere.example", title="", manager=company.MAYA.id, is_guest=True
)
NO_EMAIL = company.Person(id="U0NOMAIL01", name="Nemo Blank", email="", title="", manager=company.MAYA.id)


async def test_words_after_the_command_fill_the_form_in(studio: Studio) -> None:
    """Application, then its choices in any order, then the reason."""
    await studio.lena.command("/request-access", "ChatGPT 30d codex to try the new agent")
    entered = {
        label: studio.lena.entered(label) for label in ("Application", "Role", "Seat type", "Duration", "Reason")
    }
    assert entered == {
        "Application": "ChatGPT",
        "Role": "Member",
        "Seat type": "Codex seat",
        "Duration": "30 days",
        "Reason": "to try the new agent",
    }


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("help", "opens the form"),
        ("status", "You have not asked for anything yet."),
        ("chatgtp please", "“chatgtp please” is not an application that Usher knows. You can ask for"),
        ("<!channel> *boo*", "“<!channel> *boo*” is not an application that Usher knows."),
    ],
)
async def test_words_that_ask_for_nothing_are_answered_to_one_person(studio: Studio, typed: str, said: str) -> None:
    """Help, my requests, and a short helpful answer to nonsense: seen by nobody else, and no form opens."""
    outcome = await studio.lena.command("/request-access", typed, channel=None)
    assert outcome.ok
    assert studio.lena.modal is None
    [answer] = studio.answers(studio.lena)
    assert said in answer.replace("\n", "")


async def test_choosing_an_application_updates_the_form(studio: Studio) -> None:
    """Only what it offers can be chosen; the reason that was typed already stays."""
    lena = studio.lena
    await lena.command("/request-access")
    await lena.choose("Reason", "to draw")
    await lena.choose("Application", "ChatGPT")
    assert lena.options("Seat type") == ["ChatGPT seat", "Codex seat"]
    assert lena.options("Duration") == ["7 days", "2 minutes", "30 days", "No end date"]
    await lena.choose("Seat type", "Codex seat")
    await lena.choose("Application", "Figma")
    assert lena.options("Duration") == ["30 days", "No end date"]
    with pytest.raises(LookupError):
        lena.options("Seat type")
    assert lena.entered("Reason") == "to draw"


async def test_what_is_missing_is_said_under_its_field(studio: Studio) -> None:
    """The form stays open with what was entered, and nothing is recorded."""
    lena = studio.lena
    await lena.command("/request-access", "chatgpt")
    await lena.choose("Reason", "   ")
    outcome = await lena.submit()
    assert list(outcome.errors) == ["Reason"]
    assert lena.modal is not None
    assert await studio.requests() == []


async def test_eight_submissions_at_once_are_one_request(studio: Studio) -> None:
    """Slack delivers one submission eight times in the same instant: one request, eight successes, one card."""
    await studio.submit(studio.lena)
    [first] = studio.deliveries("view_submission")
    again = await studio.slack.courier.again(first, times=7, at_once=True)
    assert {(one.status, str(one.answer)) for one in again} == {(200, "{}")}
    assert len(await studio.requests()) == 1
    await studio.until(lambda: studio.told(studio.lena) and studio.told(studio.maya))
    await studio.at_rest()
    assert len(studio.told(studio.lena)) == len(studio.told(studio.maya)) == 1
    assert [event for event, _, _ in await studio.ledger() if event.startswith("request")] == ["request.submitted"]


async def test_who_asked_already_or_has_it_already_is_led_to_the_card(studio: Studio) -> None:
    """Also when somebody else asks for them. More than one has is a wish of its own."""
    lena, maya = studio.lena, studio.maya
    card = await studio.ask(lena)
    await studio.at_rest()

    await lena.command("/request-access", "chatgpt codex 7d again")
    assert not (await lena.submit()).errors
    assert "You have asked for just this already" in studio.modal(lena)
    assert studio.slack.permalink(card) in str(lena.modal.blocks if lena.modal else "")
    await lena.close()

    await studio.approve(studio.maya, lena)
    await maya.command("/request-access", "chatgpt codex 7d for her")
    outcome = await maya.submit({"For": [lena.name]})
    assert outcome.errors == {"For": "Lena Fischer has this already."}
    await maya.close()

    await studio.submit(lena, "chatgpt codex 30d for longer")
    assert len(await studio.requests()) == 2


async def test_access_cannot_be_asked_for_by_or_for_just_anybody(database_file: Path) -> None:
    """A guest, a bot, somebody without an address, somebody who left: said under the field, and nothing is recorded."""
    async with Studio.open(database_file, newcomers=[GUEST, NO_EMAIL]) as studio:
        lena, gus, nemo = studio.lena, studio.slack.person(GUEST.id), studio.slack.person(NO_EMAIL.id)

        async def refused(who: str, for_: str | None = None) -> str:
            person = studio.slack.person(who)
            await person.command("/request-access", "chatgpt codex 7d because")
            outcome = await person.submit({"For": [for_]} if for_ else {})
            await person.close()
            [(label, words)] = outcome.errors.items()
            assert label == ("For" if for_ else "Application")
            return words

        assert "Guests cannot ask" in await refused(gus.id)
        assert "You have no e-mail address" in await refused(nemo.id)
        assert "is a guest" in await refused(lena.id, gus.name)
        assert "has no e-mail address" in await refused(lena.id, nemo.name)
        assert "active Slack account" in await refused(lena.id, company.USHER.name)
        studio.slack.deactivate(studio.tom.id)
        await studio.until(lambda: studio.deliveries("user_change"))
        await studio.at_rest()
        assert "active Slack account" in await refused(lena.id, studio.tom.name)
        assert await studio.requests() == []


async def test_somebody_else_asks_and_both_can_follow_it(studio: Studio) -> None:
    """Noor, an admin of ChatGPT, asks for Lena: each has a card in their own words, and her manager decides."""
    await studio.submit(studio.noor, "chatgpt codex 7d she needs it", For=[studio.lena.name])
    noors = await studio.until(lambda: studio.noor.message("ChatGPT · Waiting for approval"))
    lenas = await studio.until(lambda: studio.lena.message("ChatGPT · Waiting for approval"))
    assert "asked for you" in lenas.shown.replace("\n", "")
    assert lenas.buttons == []
    assert "Cancel request" in noors.buttons
    await studio.approve(studio.maya, studio.noor)
    await studio.until(lambda: "· Invited" in lenas.shown and "· Invited" in noors.shown)
    assert studio.has(studio.lena) == ("invited", "standard-user", "usage_based")
    assert studio.mails(studio.noor) == 0


async def test_a_colleague_cannot_ask_for_another(studio: Studio) -> None:
    """Only managers and the application's admins ask for others; who may is said under the field."""
    await studio.tom.command("/request-access", "chatgpt codex 7d she needs it")
    outcome = await studio.tom.submit({"For": [studio.lena.name]})
    assert "You cannot ask for Lena Fischer" in outcome.errors["For"]
    assert await studio.requests() == []


LOUD = (
    "<!channel> *now* :tada: `rm -rf`\n\n> a & b <https://evil.example|click> _x_ 😀\n"
    + "really: <@U0NOOR0001> *yes*\n" * 200
)
LOUD = (LOUD[: LONGEST_REASON - 4] + " end").replace("  ", " x")


async def test_a_loud_reason_is_shown_verbatim_and_kept_whole(studio: Studio) -> None:
    """3,000 characters of markup: nobody is called, nothing is formatted, nothing is cut off for who decides."""
    assert len(LOUD) == LONGEST_REASON
    await studio.submit(studio.lena, "chatgpt codex 7d x", Reason=LOUD)
    asked = await studio.asked(studio.maya, studio.lena)
    quote = next(
        element
        for block in asked.blocks
        for element in block.get("elements", ())
        if element["type"] == "rich_text_quote"
    )
    assert "".join(piece["text"] for piece in quote["elements"]) == LOUD
    assert {piece["type"] for piece in quote["elements"]} == {"text"}
    assert "<!channel>" not in asked.text
    [(_, _, line)] = await studio.ledger("request.submitted")
    assert line["reason"] == LOUD


async def test_the_shortcut_opens_the_form_too(studio: Studio) -> None:
    """Where there is no conversation to type in."""
    assert (await studio.lena.shortcut("Request access")).ok
    assert studio.lena.modal is not None


@pytest.mark.parametrize("how", ["close_before_effect", "close_after_effect"])
async def test_a_connection_that_slack_closes_costs_nobody_the_form(studio: Studio, how: FaultKind) -> None:
    """Slack may close a kept connection at the moment of a call: the form is opened once more, and there once."""
    studio.slack.faults.add("views.open", how, times=1)
    outcome = await studio.lena.command("/request-access", "chatgpt")
    assert outcome.ok
    assert studio.answers(studio.lena) == []
    assert studio.lena.entered("Application") == "ChatGPT"
    assert [call.method for call in studio.slack.calls].count("views.open") == 2

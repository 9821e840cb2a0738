"""Who decides, what they see, and who does not decide."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox import company
from sandbox.slack.element_state import all_elements
from sandbox.slack.person import Person
from sandbox.slack.state import Message
from tests.support.studio import Studio


async def press_somewhere(studio: Studio, who: Person, card: Message, button: str = "Approve") -> None:
    """Somebody presses a button that stands on a card that is, or was, in front of somebody: as a forwarded copy, an
    old phone or a curious colleague with the payload would."""
    block, element = next(
        (block, element)
        for block, element in all_elements(card.blocks)
        if element.get("text", {}).get("text") == button
    )
    action = {
        "type": "button", "block_id": block["block_id"], "action_id": element["action_id"], "text": element["text"],
        "value": element["value"], "action_ts": card.ts,
    }  # fmt: skip
    slack = studio.slack
    mine = studio.slack.state.post(who.dm, user=slack.app.bot_user, text=card.text, blocks=card.blocks)
    delivery = await slack.courier.send(
        slack.payloads.block_actions(
            user=who.user, where=mine, action=action, trigger_id=slack.views.new_trigger(who.id),
            response_url=slack.response_url(user=who.id, channel=mine.channel, message_ts=mine.ts),
        )
    )  # fmt: skip
    assert delivery.status == 200


async def test_denied_with_a_reason(studio: Studio) -> None:
    """The requester reads who and why; a denial without a reason is not taken; the card has no buttons any more."""
    lena, maya = studio.lena, studio.maya
    card = await studio.ask(lena)
    asked = await studio.asked(maya, lena)
    await maya.press("Deny", in_=asked)
    assert "Lena Fischer will read this." in studio.modal(maya)
    assert list((await maya.submit({"Reason": "  "})).errors) == ["Reason"]
    assert (await maya.submit({"Reason": "The budget is used up: ask in *January*"})).closed
    await studio.until(lambda: "· Denied" in card.shown)
    assert "The budget is used up: ask in *January*" in card.shown
    assert card.buttons == []
    await studio.until(lambda: asked.buttons == [] and "· Denied" in asked.shown)
    await studio.until(lambda: len(studio.told(lena)) == 2)
    assert studio.has(lena) is None
    assert await studio.grants() == []


async def test_only_those_who_were_asked_decide(studio: Studio) -> None:
    """The requester, a colleague and an admin who was not asked: each is told why not, and nothing changes."""
    await studio.ask(studio.lena)
    card = await studio.asked(studio.maya, studio.lena)
    for who in (studio.lena, studio.tom, studio.noor):
        for button in ("Approve", "Deny", "Approve with changes", "Ask a question"):
            await press_somewhere(studio, who, card, button)
    assert next(answer.replace("\n", "") for answer in studio.answers(studio.lena)).startswith("Nobody decides about")
    for who in (studio.tom, studio.noor):
        assert all("You were not asked to decide this" in answer for answer in studio.answers(who))
        assert len(studio.answers(who)) == 4
        assert who.modal is None
    assert studio.lena.modal is None
    [request] = await studio.requests()
    assert request.state == "pending"
    assert await studio.ledger("request.vote") == []


async def test_a_beneficiary_who_is_asked_by_name_does_not_decide_for_themselves(database_file: Path) -> None:
    """Maya is one of two approvers; of a request for Maya only the other one is asked."""
    async with Studio.open(database_file, policy="either") as studio:
        await studio.submit(studio.lena, "chatgpt codex 7d for her", For=[studio.maya.name])
        card = await studio.asked(studio.noor, studio.lena)
        await studio.at_rest()
        assert not any("asks for" in message.shown and message.buttons for message in studio.told(studio.maya))
        await press_somewhere(studio, studio.maya, card)
        assert "Nobody decides about access that they" in studio.answers(studio.maya)[0]


async def test_two_approvers_press_in_the_same_instant(database_file: Path) -> None:
    """One decides, the other is told who was faster; both copies lose their buttons; one grant."""
    async with Studio.open(database_file, policy="either") as studio:
        lena, maya, noor = studio.lena, studio.maya, studio.noor
        await studio.ask(lena)
        mine, hers = await studio.asked(maya, lena), await studio.asked(noor, lena)
        await asyncio.gather(maya.press("Approve", in_=mine), noor.press("Approve", in_=hers))
        [(_, winner, _)] = await studio.ledger("request.vote")
        loser = noor if winner == maya.id else maya
        assert "was faster" in studio.answers(loser)[0]
        await studio.until(lambda: not mine.buttons and not hers.buttons)
        assert len(await studio.grants()) == 1


@pytest.mark.parametrize("button", ["Approve", "Deny", "Approve with changes", "Ask a question"])
async def test_after_a_cancellation_nothing_can_be_decided(studio: Studio, button: str) -> None:
    """The card loses its buttons; whoever still has the old one on the screen is told that it was cancelled."""
    lena, maya = studio.lena, studio.maya
    card = await studio.ask(lena)
    asked = await studio.asked(maya, lena)
    old = list(asked.blocks)
    await lena.press("Cancel request", in_=card)
    await studio.until(lambda: "· Cancelled" in card.shown and "· Cancelled" in asked.shown and not asked.buttons)
    asked.blocks = old
    await press_somewhere(studio, maya, asked, button)
    assert "was cancelled" in studio.answers(maya)[-1]
    assert maya.modal is None
    assert await studio.grants() == []


@pytest.mark.parametrize("button", ["Approve", "Deny", "Approve with changes", "Ask a question"])
async def test_after_its_time_nothing_can_be_decided(studio: Studio, button: str) -> None:
    """Three days without an answer: both are told, and an old card decides nothing."""
    lena, maya = studio.lena, studio.maya
    card = await studio.ask(lena)
    asked = await studio.asked(maya, lena)
    old = list(asked.blocks)
    await studio.in_time(lambda: "· Expired" in card.shown and not asked.buttons, within=timedelta(days=4))
    await studio.until(lambda: any("Nobody decided about" in message.shown for message in studio.told(lena)))
    asked.blocks = old
    await press_somewhere(studio, maya, asked, button)
    assert "Nobody decided in time" in studio.answers(maya)[-1]
    assert (await studio.requests())[0].state == "expired"
    await studio.ask(lena)  # and it can be asked anew


async def test_somebody_without_a_manager_is_decided_by_the_fallback(studio: Studio) -> None:
    """Maya has no manager: the application's admin stands in, and is told why."""
    await studio.submit(studio.maya, "figma 30d to draw")
    card = await studio.asked(studio.noor, studio.maya)
    assert "standing in, because nobody else could be asked" in card.shown.replace("\n", "")


async def test_nobody_to_ask_is_an_incident_until_somebody_is(studio: Studio) -> None:
    """Noor has no manager and is the only admin: the request waits, an alert says so, and Try again asks who is there
    by then."""
    noor, tom = studio.noor, studio.tom
    card = await studio.ask(noor, "chatgpt codex 7d to test")
    alert = await studio.until(lambda: studio.open_alert("Nobody can approve a request for ChatGPT"))
    assert alert.buttons == ["Try again"]
    await studio.until(lambda: "Nobody can be asked to approve it right now" in card.shown)
    await noor.press("Try again", in_=alert)
    await studio.until(lambda: "there is still nobody to ask" in alert.shown)

    studio.slack.change_profile(noor.id, manager=tom.id)
    await studio.until(lambda: studio.deliveries("user_change"))
    await studio.at_rest()
    await noor.press("Try again", in_=alert)
    await studio.approve(tom, noor)
    await studio.until(lambda: "· Solved" in alert.shown and not alert.buttons)
    assert "Trying again" not in alert.shown
    assert len(studio.alerts()) == 1


async def test_what_everybody_may_have_is_approved_by_the_policy(studio: Studio) -> None:
    """Nobody is asked; the card says what the policy says; the admin who sets it up by hand hears of it at once."""
    await studio.submit(studio.lena, "handbook to read it")
    card = await studio.until(lambda: studio.lena.message("Handbook · Being set up"))
    assert "Everybody may read it" in card.shown
    step = await studio.until(lambda: studio.noor.message("Give Lena Fischer access to Handbook"))
    await studio.noor.press("Done", in_=step)
    await studio.until(lambda: "· Active" in card.shown)
    [(_, actor, line)] = await studio.ledger("request.approved")
    assert (actor, line["reason"]) == ("usher", "Everybody may read it")


async def test_an_approver_who_leaves_is_replaced(studio: Studio) -> None:
    """Maya is deactivated while she is asked: the admins decide, and the requester's card says whom it waits for."""
    card = await studio.ask(studio.lena)
    asked = await studio.asked(studio.maya, studio.lena)
    studio.slack.deactivate(company.MAYA.id)
    hers = await studio.asked(studio.noor, studio.lena)
    assert "standing in" in hers.shown
    await studio.until(lambda: "standing in" in card.shown)
    await press_somewhere(studio, studio.maya, hers)
    assert await studio.ledger("request.vote") == []
    await studio.noor.press("Approve", in_=hers)
    await studio.until(lambda: studio.has(studio.lena))
    assert asked.buttons[:2] in ([], ["Approve", "Deny"])  # nobody can edit what they see any more

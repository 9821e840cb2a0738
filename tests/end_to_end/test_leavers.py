"""Who leaves the company loses everything at once, and the app admins are told, with the proof."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sandbox import company
from sandbox.slack.state import Message
from tests.support import cards
from tests.support.studio import CATALOG, Studio


def said(message: Message) -> str:
    """What a message says, dates included."""
    return cards.seen(message.blocks)


async def test_what_was_removed_is_told_with_the_proof(studio: Studio) -> None:
    """The app admin gets one card: first that it is being removed, then what the lists of ChatGPT said afterwards."""
    lena, noor = studio.lena, studio.noor
    await studio.give_seat(lena)
    studio.chatgpt.faults.switch_on("reads_fail")
    studio.slack.deactivate(lena.id)
    card = await studio.until(lambda: noor.message("Lena Fischer left · ChatGPT"))
    assert "What is being removed: Member · Codex seat." in said(card)
    assert "were read again" not in said(card)
    studio.chatgpt.faults.clear()
    await studio.in_time(lambda: "What was removed" in said(card), within=timedelta(hours=3))
    assert "Members and invites of ChatGPT were read again" in said(card)
    assert "neither among the members nor among the invites" in said(card)
    assert studio.has(lena) is None
    assert sum("left · ChatGPT" in message.shown for message in studio.told(noor)) == 1


async def test_an_extension_and_a_wish_go_as_well(studio: Studio) -> None:
    """What would start later does not, what waits for approval is cancelled, and an open invite is taken back."""
    lena, noor = studio.lena, studio.noor
    active = await studio.give_seat(lena)
    await lena.press("Extend", in_=active)
    await lena.submit({"Reason": "the pilot goes on"})
    more = await studio.until(lambda: studio.maya.message("asks for an extension"))
    await studio.maya.press("Approve", in_=more)
    await studio.until(lambda: lena.message("· Scheduled"))
    await studio.ask(lena, "figma 30d to draw")
    asked = await studio.until(lambda: studio.maya.message("asks for Figma"))
    studio.slack.deactivate(lena.id)
    await studio.until(lambda: "· Cancelled" in asked.shown and not asked.buttons)
    card = await studio.in_time(lambda: noor.message("What was removed"))
    assert "What was removed: Member · Codex seat." in said(card)
    assert [grant.end_reason for grant in await studio.grants()] == ["left", "left"]
    assert {request.state for request in await studio.requests()} == {"approved", "cancelled"}
    assert studio.has(lena) is None


async def test_an_open_invite_is_taken_back(studio: Studio) -> None:
    """Nobody can join by it any more."""
    lena = studio.lena
    await studio.submit(lena)
    await studio.approve(studio.maya, lena)
    await studio.until(lambda: lena.message("· Invited"))
    studio.slack.deactivate(lena.id)
    await studio.in_time(lambda: "neither among the members nor among the invites" in newest(studio))
    assert studio.has(lena) is None


def newest(studio: Studio) -> str:
    """The newest card about somebody who left, as Noor reads it."""
    return said(studio.noor.message(" left · "))


async def test_what_was_there_before_usher_is_said_to_be_there(studio: Studio) -> None:
    """Maya was a member before: Usher takes back what it gave, and tells the admin what is left to do."""
    maya, noor = studio.maya, studio.noor
    before = studio.has(maya)
    await studio.submit(maya, "chatgpt admin codex 7d to help out")
    await studio.approve(noor, maya)
    await studio.in_time(lambda: maya.message("· Active"))
    studio.slack.deactivate(maya.id)
    await studio.in_time(lambda: "still a member" in newest(studio))
    assert "That was there before Usher, which takes back only what it gave." in newest(studio)
    assert studio.has(maya) == before


async def test_by_hand_the_proof_is_the_word_of_who_did_it(studio: Studio) -> None:
    """Where no connector can look, the card names who confirmed the removal."""
    lena, noor = studio.lena, studio.noor
    await studio.submit(lena, "figma 30d to draw")
    await studio.approve(studio.maya, lena)
    await noor.press("Done", in_=await studio.until(lambda: noor.message("Give Lena Fischer access to Figma")))
    await studio.until(lambda: lena.message("· Active"))
    studio.slack.deactivate(lena.id)
    away = await studio.until(lambda: noor.message("Take Lena Fischer out of Figma"))
    await studio.until(lambda: "An admin of Figma has been asked to take it away by hand" in newest(studio))
    await noor.press("Done", in_=away)
    await studio.until(lambda: "@U0NOOR0001 took it away by hand and confirmed it" in newest(studio))


async def test_without_admins_of_its_own_ushers_admins_are_told(database_file: Path) -> None:
    """An application that nobody administers is looked after by Usher's admins."""
    admins = f"    owner: {company.NOOR.email}\n    admins: [{company.NOOR.email}]\n    policy: POLICY\n"
    assert admins in CATALOG
    catalog = CATALOG.replace(admins, "    policy: POLICY\n")
    async with Studio.open(database_file, catalog=catalog) as studio:
        await studio.give_seat(studio.lena)
        studio.slack.deactivate(studio.lena.id)
        await studio.in_time(lambda: "neither among the members" in newest(studio))


async def test_a_removal_that_fails_says_so_on_the_card(studio: Studio) -> None:
    """It names what is in the way, claims nothing, and is done in the end."""
    lena = studio.lena
    await studio.give_seat(lena)
    studio.chatgpt.faults.switch_on("token_revoked")
    studio.slack.deactivate(lena.id)
    await studio.in_time(lambda: "Something is in the way" in newest(studio))
    assert "What is being removed" in newest(studio)

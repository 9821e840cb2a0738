"""Access is taken back by those who look after it, from the Home tab, with a reason."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sandbox import company
from sandbox.slack.person import Person
from sandbox.slack.state import Message
from tests.support import cards
from tests.support.studio import CATALOG, Studio


def said(message: Message) -> str:
    """What a message says, dates included."""
    return cards.seen(message.blocks)


def labels(person: Person) -> set[str]:
    """The buttons on somebody's Home tab."""
    return set(cards.buttons(person.home.blocks)) if person.home else set()


async def open_list(studio: Studio, admin: Person) -> None:
    """They open their Home tab and press the button there."""
    await admin.open_home()
    await studio.until(lambda: "Find somebody's access" in labels(admin))
    await admin.press("Find somebody's access", in_=admin.home)
    await studio.until(lambda: admin.modal is not None and admin.modal.title == "Somebody's access")


async def test_an_admin_takes_access_back_from_the_home_tab(studio: Studio) -> None:
    """Removed, and both are told: the person who did it and why, the admin what was seen afterwards."""
    lena, noor = studio.lena, studio.noor
    card = await studio.give_seat(lena)
    await open_list(studio, noor)
    assert "ChatGPT · Active" in studio.modal(noor)
    await noor.press("Revoke", in_=noor.modal)
    assert "It is taken back at once" in studio.modal(noor)
    assert list((await noor.submit({"Reason": "  "})).errors) == ["Reason"]
    assert (await noor.submit({"Reason": "The pilot is over"})).closed
    await studio.in_time(lambda: "· Ended" in said(card))
    assert studio.has(lena) is None
    assert "@U0NOOR0001 took it back." in said(card)
    assert "The pilot is over" in said(card)
    await studio.until(lambda: any("has ended" in said(m) and "took it back" in said(m) for m in studio.told(lena)))
    mine = await studio.until(lambda: noor.message("You took back ChatGPT · Lena Fischer"))
    await studio.until(lambda: "neither among the members nor among the invites" in said(mine))
    assert "The pilot is over" in said(mine)
    [(_, actor, data)] = await studio.ledger("grant.ending")
    assert (actor, data["note"], data["why"]) == (noor.id, "The pilot is over", "revoked")


async def test_the_list_can_be_narrowed_to_a_person(studio: Studio) -> None:
    """Everybody's access at first; of the person who is chosen only theirs."""
    lena, tom, noor = studio.lena, studio.tom, studio.noor
    await studio.give_seat(lena)
    await studio.give_seat(tom)
    await open_list(studio, noor)
    assert noor.modal is not None
    assert cards.seen(noor.modal.blocks).count("ChatGPT · Active") == 2
    await noor.choose("Everybody", tom.name)
    await studio.until(lambda: noor.modal and cards.seen(noor.modal.blocks).count("ChatGPT · Active") == 1)
    assert noor.modal is not None
    assert f"@{tom.id}" in cards.seen(noor.modal.blocks)
    await noor.choose("Everybody", studio.maya.name)
    await studio.until(lambda: noor.modal and "Nobody has access through Usher" in cards.seen(noor.modal.blocks))


async def test_an_app_admin_sees_what_they_administer_and_nothing_else(database_file: Path) -> None:
    """Tom administers Figma: ChatGPT is not in his list, and its button is refused him. Lena has no such button."""
    catalog = CATALOG.replace(
        f"admins: [{company.NOOR.email}]\n    durations: [30d", f"admins: [{company.TOM.email}]\n    durations: [30d"
    )
    async with Studio.open(database_file, catalog=catalog) as studio:
        lena, tom, noor = studio.lena, studio.tom, studio.noor
        await studio.give_seat(lena)
        await studio.submit(lena, "figma 30d to draw")
        asked = await studio.until(lambda: studio.maya.message("asks for Figma"))
        await studio.maya.press("Approve", in_=asked)
        await studio.until(lambda: lena.message("sets it up by hand"))
        await lena.open_home()
        await studio.until(lambda: "Request access" in labels(lena))
        assert "Find somebody's access" not in labels(lena)

        await open_list(studio, tom)
        assert "Figma" in studio.modal(tom)
        assert "ChatGPT" not in studio.modal(tom)
        await open_list(studio, noor)
        assert noor.modal is not None
        row = next(block for block in noor.modal.blocks if "Revoke" in cards.buttons([block]))
        figma, chatgpt = await studio.grants()
        ours = next(grant for grant in (figma, chatgpt) if grant.application == "chatgpt")
        stolen = {**row, "elements": [{**row["elements"][0], "value": ours.id}]}
        copy = studio.slack.state.post(tom.dm, user=company.USHER.id, text="", blocks=[stolen])
        await tom.press("Revoke", in_=copy)
        assert any("Only the admins" in answer for answer in studio.answers(tom))
        assert studio.has(lena) is not None


async def test_a_pending_invite_is_cancelled(studio: Studio) -> None:
    """Before it was accepted there is nobody to remove."""
    lena, noor = studio.lena, studio.noor
    card = await studio.ask(lena)
    await studio.approve(studio.maya, lena)
    await studio.until(lambda: "· Invited" in card.shown)
    await open_list(studio, noor)
    await noor.press("Revoke", in_=noor.modal)
    assert (await noor.submit({"Reason": "A mistake"})).closed
    await studio.in_time(lambda: "· Ended" in card.shown)
    assert studio.has(lena) is None
    assert any("invite" in event.what and "cancelled" in event.what for event in studio.chatgpt.events)


async def test_removed_is_said_after_members_and_invites_were_read_again(studio: Studio) -> None:
    """After the call that removes, both lists are read; as long as that fails, nobody is told that it is over."""
    lena = studio.lena
    card = await studio.give_seat(lena)
    studio.chatgpt.faults.switch_on("list_lag", reads=3)
    await lena.press("Give back", in_=card)
    await studio.in_time(lambda: "· Ended" in card.shown, within=timedelta(hours=2))
    [removal] = [call for call in studio.chatgpt.calls if call.method == "DELETE"]
    after = [call for call in studio.chatgpt.calls if call.method == "GET" and call.started > (removal.finished or 0)]
    read = {"invites" if "invites" in call.path else "users" for call in after if call.status == 200}
    assert read == {"invites", "users"}


async def test_while_it_cannot_be_read_again_nobody_is_told(studio: Studio) -> None:
    """The removal happened, and Usher does not know: the card goes on saying that it is ending."""
    lena = studio.lena
    card = await studio.give_seat(lena)
    studio.chatgpt.faults.switch_on("answer_lost")
    await lena.press("Give back", in_=card)
    await studio.until(lambda: studio.member(lena) is None)
    studio.chatgpt.faults.clear()
    studio.chatgpt.faults.switch_on("reads_fail")
    await studio.until(lambda: "· Ending" in card.shown)
    studio.clock.skip(300)
    await studio.at_rest()
    assert "· Ended" not in card.shown
    assert not any("has ended" in message.shown for message in studio.told(lena))
    studio.chatgpt.faults.clear()
    await studio.in_time(lambda: "· Ended" in card.shown, within=timedelta(hours=3))

"""What the Home tab begins, in full: lists that page, that narrow, and in which one acts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sandbox import company
from sandbox.slack.person import Person
from tests.support import cards
from tests.support.studio import Studio

CREW = tuple(
    company.Person(
        id=f"U0CREW{number:04}",
        name=f"Crew {number:02}",
        email=f"crew{number}@{company.DOMAIN}",
        title="Crew",
        manager=company.MAYA.id,
    )
    for number in range(12)
)


def seen(person: Person) -> str:
    """What the modal in front of somebody says, with people as `@` and dates in UTC."""
    return cards.seen(person.modal.blocks) if person.modal else ""


def labels(person: Person) -> set[str]:
    """The buttons on somebody's Home tab."""
    return set(cards.buttons(person.home.blocks)) if person.home else set()


async def home_with(studio: Studio, person: Person, button: str) -> None:
    """They open their Home tab, which has this button as soon as it is published."""
    await person.open_home()
    await studio.until(lambda: button in labels(person))


async def see_all(studio: Studio, person: Person, name: str) -> None:
    """They press the See all of this list."""
    await studio.until(lambda: any(one.get("value") == name for one in cards.inside(home_blocks(person))))
    await person.press(f"see_list:{name}", in_=person.home)


def home_blocks(person: Person) -> list[dict[str, object]]:
    return person.home.blocks if person.home else []


async def test_a_manager_decides_page_by_page(database_file: Path) -> None:
    """Twelve wait: ten on the first page; each press takes one away where it was pressed, and Next shows the rest."""
    async with Studio.open(database_file, newcomers=CREW) as studio:
        maya = studio.maya
        for one in CREW:
            await studio.submit(studio.slack.person(one.id), "figma 30d to draw")
        await maya.open_home()
        await studio.until(lambda: "See all" in labels(maya))
        await see_all(studio, maya, "to_decide")
        assert studio.modal(maya).count("asks for Figma") == 10
        await maya.press("Approve", in_=maya.modal)
        assert seen(maya).count("asks for Figma") == 10
        assert "Crew 00" not in seen(maya)
        await maya.press("Next", in_=maya.modal)
        assert seen(maya).count("asks for Figma") == 1
        assert "Crew 11" in seen(maya)
        await maya.press("Deny", in_=maya.modal)
        assert (await maya.submit({"Reason": "Not this month"})).closed
        await maya.press("Previous", in_=maya.modal)
        assert seen(maya).count("asks for Figma") == 10
        assert maya.modal is not None
        assert "Previous" not in cards.buttons(maya.modal.blocks)
        denied, approved = await studio.ledger("request.denied"), await studio.ledger("request.approved")
        assert [(len(denied), len(approved)), denied[0][1]] == [(1, 1), maya.id]


async def test_a_manager_takes_back_what_a_report_has(studio: Studio) -> None:
    """From the Home tab, with a reason; the person is told by whom, and the ledger names the manager."""
    lena, maya, tom = studio.lena, studio.maya, studio.tom
    card = await studio.give_seat(lena)
    await maya.open_home()
    await studio.until(lambda: "Revoke" in labels(maya))
    assert "My team's access" in studio_home(maya)
    assert f"@{lena.id} · ChatGPT · Active" in studio_home(maya)
    await maya.press("Revoke", in_=maya.home)
    assert (await maya.submit({"Reason": "The pilot is over"})).closed
    await studio.in_time(lambda: "· Ended" in card.shown)
    assert studio.has(lena) is None
    assert f"@{maya.id} took it back." in cards.seen(card.blocks)
    [(_, actor, data)] = await studio.ledger("grant.ending")
    assert (actor, data["note"], data["why"]) == (maya.id, "The pilot is over", "revoked")
    await studio.until(lambda: "Revoke" not in labels(maya))
    assert "Nobody who reports to you has access" in studio_home(maya)
    await tom.open_home()
    await studio.until(lambda: "Request access" in labels(tom))
    assert "My team's access" not in studio_home(tom)


async def test_a_button_that_was_a_managers_is_refused_to_others(studio: Studio) -> None:
    """Who may is asked at the press, from the directory: a colleague with the same button may not."""
    lena, tom, maya = studio.lena, studio.tom, studio.maya
    await studio.give_seat(lena)
    await maya.open_home()
    await studio.until(lambda: "Revoke" in labels(maya))
    row = next(block for block in home_blocks(maya) if "Revoke" in cards.buttons([block]))
    copy = studio.slack.state.post(tom.dm, user=company.USHER.id, text="", blocks=[row])
    await tom.press("Revoke", in_=copy)
    assert any("Only the admins" in answer for answer in studio.answers(tom))
    assert studio.has(lena) is not None
    opened = studio.slack.state.post(
        tom.dm,
        user=company.USHER.id,
        text="",
        blocks=[
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "text": {"type": "plain_text", "text": "All requests"},
                        "action_id": "see_list:requests",
                        "value": "requests",
                    }
                ],
            }
        ],
    )
    await tom.press("All requests", in_=opened)
    assert any("Only Usher's admins" in answer for answer in studio.answers(tom))
    assert tom.modal is None


async def test_an_admin_finds_a_request_among_all(database_file: Path) -> None:
    """By state, page by page; by person and by application; opened it tells everything, and Show all widens it."""
    async with Studio.open(database_file, newcomers=CREW) as studio:
        noor, maya, lena = studio.noor, studio.maya, studio.lena
        for one in CREW:
            await studio.submit(studio.slack.person(one.id), "figma 30d to draw")
        await studio.submit(lena, "chatgpt codex 7d to test")
        await studio.approve(maya, lena)
        await home_with(studio, noor, "All requests")
        await noor.press("All requests", in_=noor.home)
        assert seen(noor).count("Figma · Waiting for approval") == 10
        await noor.press("Next", in_=noor.modal)
        assert seen(noor).count("Figma · Waiting for approval") == 2
        await noor.choose("list_state", "Approved")
        assert seen(noor).count("ChatGPT · ") == 1
        assert "Waiting for approval" not in "".join(cards.buttons(noor.modal.blocks)) if noor.modal else ""
        await noor.choose("list_state", "In every state")
        assert (await noor.suggestions("list_application", "figm")) == ["Figma"]
        await noor.choose("list_application", "Figma")
        assert "ChatGPT" not in seen(noor)
        assert "among the latest 10,000" in seen(noor)
        await noor.press("Show all", in_=noor.modal)
        assert "ChatGPT · " in seen(noor)
        await noor.choose("list_person", lena.name)
        assert "Figma" not in seen(noor)
        await noor.press("Open", in_=noor.modal)
        text = seen(noor)
        assert "to test" in text
        assert f"@{maya.id} (@{lena.id}'s manager) approved" in text
        assert f"@{lena.id}: Asked" in text
        assert f"@{maya.id}: Approved" in text


async def test_admins_see_who_waits_for_a_seat(studio: Studio) -> None:
    """In line on the Home tab, with the answers of the card; who is given a seat is gone from the list."""
    chatgpt = studio.chatgpt
    taken = chatgpt.profile.paid["default"] - chatgpt.free("default")
    chatgpt.profile = replace(chatgpt.profile, paid=chatgpt.profile.paid | {"default": taken}, auto_true_up=True)
    lena, noor = studio.lena, studio.noor
    await noor.open_home()
    card = await studio.ask(lena, "chatgpt chatgpt 7d to test")
    await studio.approve(studio.maya, lena)
    await studio.in_time(lambda: "Waiting for a seat" in card.shown, within=timedelta(hours=1))
    await studio.until(lambda: "first in line" in studio_home(noor))
    assert f"@{lena.id} · ChatGPT · ChatGPT seat" in studio_home(noor)
    await noor.press("Invite anyway", in_=noor.home)
    await studio.in_time(lambda: "· Invited" in card.shown, within=timedelta(hours=1))
    await studio.until(lambda: "Nobody is waiting for a seat." in studio_home(noor))


def studio_home(person: Person) -> str:
    """What somebody's Home tab says, with people as `@`."""
    return cards.seen(home_blocks(person))

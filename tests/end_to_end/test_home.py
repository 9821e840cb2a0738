"""The Home tab: what I have, what I asked for, and what waits for me."""

from __future__ import annotations

from sandbox.slack.person import Person
from sandbox.slack.reading import shown_text
from tests.support.studio import Studio


def shown(person: Person) -> str:
    """What somebody's Home tab shows, in one line."""
    return shown_text(person.home.blocks).replace("\n", "") if person.home else ""


def buttons(person: Person) -> list[str]:
    """The labels of the buttons there."""
    blocks = person.home.blocks if person.home else []
    return [
        element["text"]["text"]
        for block in blocks
        for element in block.get("elements", ())
        if element["type"] == "button"
    ]


async def test_a_request_from_the_home_tab_to_the_home_tab(studio: Studio) -> None:
    """Asked for, approved and given back without a look at the messages; each tab follows by itself."""
    lena, maya = studio.lena, studio.maya
    for person in (lena, maya):
        await person.open_home()
        await studio.until(lambda person=person: "Nothing is waiting for you." in shown(person))
    assert "Incidents" not in shown(lena)

    await lena.press("Request access", in_=lena.home)
    await lena.choose("Application", "ChatGPT")
    await lena.submit({"Seat type": "Codex seat", "Duration": "7 days", "Reason": "to *test*"})
    await studio.until(lambda: "Cancel request" in buttons(lena) and "Waiting for approval" in shown(lena))
    await studio.until(lambda: "Lena Fischer asks for ChatGPT" in shown(maya) and "to *test*" in shown(maya))
    assert buttons(maya)[:3] == ["Request access", "Approve", "Deny"]

    await maya.press("Approve", in_=maya.home)
    await studio.until(lambda: "Nothing is waiting for you." in shown(maya))
    await studio.until(lambda: studio.has(lena))
    studio.chatgpt.accept(str(lena.user.email))
    await studio.in_time(lambda: "ChatGPT · Active" in shown(lena))
    assert "6 days left" in shown(lena)
    await lena.press("Give back", in_=lena.home)
    await studio.until(lambda: "ChatGPT · Ended" in shown(lena) and "Give back" not in buttons(lena))
    assert studio.has(lena) is None


async def test_a_press_on_a_tab_that_was_published_anew_meanwhile_counts(studio: Studio) -> None:
    """It is published whenever something happens, and people press what they saw a moment before."""
    lena, maya = studio.lena, studio.maya
    await studio.ask(lena)
    await maya.open_home()
    await studio.until(lambda: "Approve" in buttons(maya))
    seen, shown_at = maya.home, maya.home.hash
    [row] = [block for block in seen.blocks if any(each.get("value") for each in block.get("elements", ()))]
    await maya.open_home()
    await studio.until(lambda: maya.home.hash != shown_at)
    await studio.slack.interactions.act(maya.id, maya.home, row["block_id"], row["elements"][0]["action_id"])
    await studio.until(lambda: studio.has(lena))


async def test_denied_from_the_home_tab(studio: Studio) -> None:
    """The form opens over it, and the reason reaches the requester."""
    lena, maya = studio.lena, studio.maya
    card = await studio.ask(lena)
    await maya.open_home()
    await studio.until(lambda: "Deny" in buttons(maya))
    await maya.press("Deny", in_=maya.home)
    await maya.submit({"Reason": "not this month"})
    await studio.until(lambda: "not this month" in card.shown)


async def test_a_refusal_on_the_home_tab_is_a_small_window(studio: Studio) -> None:
    """There is no conversation there to answer in."""
    lena, maya = studio.lena, studio.maya
    card = await studio.ask(lena)
    await maya.open_home()
    await studio.until(lambda: "Approve" in buttons(maya))
    home = maya.home
    assert home is not None
    old = list(home.blocks)
    await lena.press("Cancel request", in_=card)
    await studio.until(lambda: "Approve" not in buttons(maya))
    home = maya.home
    assert home is not None
    home.blocks[:] = old
    home.body["blocks"] = old
    await maya.press("Approve", in_=home)
    assert "was cancelled" in studio.modal(maya)


async def test_admins_see_and_answer_incidents_there(studio: Studio) -> None:
    """Nobody else does."""
    lena, noor = studio.lena, studio.noor
    for person in (lena, noor):
        await person.open_home()
    await studio.until(lambda: "Everything works." in shown(noor))
    studio.chatgpt.faults.switch_on("errored_emails")
    await studio.ask(lena)
    await studio.approve(studio.maya, lena)
    await studio.until(lambda: "ChatGPT refused a change" in shown(noor) and "Concerns: Lena Fischer" in shown(noor))
    await studio.until(lambda: "Held up" in shown(lena))
    assert "refused a change" not in shown(lena)
    studio.chatgpt.faults.clear()
    await noor.press("Try again", in_=noor.home)
    await studio.until(lambda: studio.has(lena) and "Everything works." in shown(noor))

"""Applications without an API: the app admin gets a card with the steps, and their word is what Usher knows."""

from __future__ import annotations

from datetime import timedelta

from sandbox.slack.state import Message
from tests.support.studio import Studio


async def approved(studio: Studio) -> tuple[Message, Message]:
    """Lena's request for Figma was approved: her card, and the step in front of Noor."""
    card = await studio.ask(studio.lena, "figma 30d to draw")
    await studio.approve(studio.maya, studio.lena)
    step = await studio.until(lambda: studio.noor.message("Give Lena Fischer access to Figma"))
    await studio.until(lambda: "· Being set up" in card.shown and "sets it up by hand" in card.shown)
    return card, step


async def test_given_and_taken_back_by_hand(studio: Studio) -> None:
    """The step says what to do, for whom and why; Done makes it active, and at its end a step to take it away comes."""
    card, step = await approved(studio)
    assert step.buttons == ["Done", "Could not"]
    said = step.shown.replace("\n", "")
    assert "Give lena@harbour.example access." in said
    assert "Figma > Admin > Members" in said
    assert "to draw" in said
    await studio.noor.press("Done", in_=step)
    await studio.until(lambda: "· Active" in card.shown)
    await studio.until(lambda: step.buttons == [] and "· Done" in step.shown)

    away = await studio.in_time(
        lambda: studio.noor.message("Take Lena Fischer out of Figma"), within=timedelta(days=31)
    )
    await studio.until(lambda: "· Ending" in card.shown)
    await studio.noor.press("Done", in_=away)
    await studio.until(lambda: "· Ended" in card.shown)
    assert [event for event, _, _ in await studio.ledger() if event.startswith("step.")] == [
        "step.asked", "step.done", "step.asked", "step.done",
    ]  # fmt: skip
    assert studio.alerts() == []


async def test_what_could_not_be_given_is_told_to_who_waits(studio: Studio) -> None:
    """With the reason; then it is over, and can be asked for again."""
    card, step = await approved(studio)
    await studio.noor.press("Could not", in_=step)
    assert list((await studio.noor.submit({"Reason": " "})).errors) == ["Reason"]
    assert (await studio.noor.submit({"Reason": "No licence left"})).closed
    await studio.until(lambda: "· Ended" in card.shown and "No licence left" in card.shown)
    await studio.until(lambda: any("has ended" in message.shown for message in studio.told(studio.lena)))
    await studio.until(lambda: not step.buttons and "· Could not" in step.shown)
    [grant] = await studio.grants()
    assert (grant.state, grant.end_reason) == ("ended", "given_up")
    await studio.ask(studio.lena, "figma 30d once more")


async def test_a_removal_that_could_not_be_done_is_never_given_up(studio: Studio) -> None:
    """The admins are alerted and can only try again or do it by hand; it ends when an admin says that it is done."""
    card, step = await approved(studio)
    await studio.noor.press("Done", in_=step)
    await studio.until(lambda: "· Active" in card.shown)
    await studio.lena.press("Give back", in_=card)
    away = await studio.until(lambda: studio.noor.message("Take Lena Fischer out of Figma"))
    await studio.noor.press("Could not", in_=away)
    await studio.noor.submit({"Reason": "She owns files"})
    alert = await studio.until(lambda: studio.open_alert("Access to Figma could not be taken away"))
    assert "She owns files" in alert.shown
    assert alert.buttons == ["Try again", "I did it by hand"]
    await studio.at_rest()
    assert "· Ending" in card.shown
    await studio.noor.press("I did it by hand", in_=alert)
    await studio.until(lambda: "· Ended" in card.shown and "· Solved" in alert.shown)
    await studio.at_rest()
    assert not any(message.buttons for message in studio.told(studio.noor))


async def test_only_an_admin_of_the_application_answers(studio: Studio) -> None:
    """A colleague with the card in front of them is told so, for both buttons."""
    card, step = await approved(studio)
    copy = studio.slack.state.post(studio.tom.dm, user=step.user, text="", blocks=step.blocks)
    for button in ("Done", "Could not"):
        await studio.tom.press(button, in_=copy)
    assert studio.answers(studio.tom) == ["Only the admins can answer this. They see it as well."] * 2
    assert studio.tom.modal is None
    assert "· Being set up" in card.shown


async def test_given_back_before_it_was_set_up(studio: Studio) -> None:
    """The step is marked as no longer needed, and nobody is asked to take anything away."""
    card, step = await approved(studio)
    await studio.lena.press("Give back", in_=card)
    await studio.until(lambda: "· Ended" in card.shown)
    await studio.until(lambda: "No longer needed" in step.shown and not step.buttons)
    await studio.at_rest()
    assert len([one for one in studio.told(studio.noor) if "Figma" in one.shown]) == 1

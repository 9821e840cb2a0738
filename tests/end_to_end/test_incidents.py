"""What the admins see when something fails, and what their three buttons do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.slack.state import Message
from tests.support.studio import Studio

CODEX = ("standard-user", "usage_based")


async def refused(studio: Studio) -> tuple[Message, Message]:
    """ChatGPT refuses Lena's address: her card, and the alert."""
    studio.chatgpt.faults.switch_on("errored_emails")
    card = await studio.ask(studio.lena)
    await studio.approve(studio.maya, studio.lena)
    alert = await studio.until(lambda: studio.open_alert("ChatGPT refused a change"))
    await studio.until(lambda: "· Held up" in card.shown)
    return card, alert


async def signed_out(studio: Studio) -> tuple[Message, Message]:
    """ChatGPT takes no token any more while Lena waits for her invite: her card, and the alert."""
    card = await studio.ask(studio.lena)
    await studio.at_rest()
    studio.chatgpt.faults.switch_on("token_revoked")
    await studio.approve(studio.maya, studio.lena)
    alert = await studio.until(lambda: studio.open_alert("Usher is signed out of ChatGPT"))
    await studio.until(lambda: "Concerns" in alert.shown and "admins have been told" in card.shown)
    return card, alert


async def test_the_alert_says_what_for_whom_why_and_what_to_do(studio: Studio) -> None:
    """In words that need no log: and Lena reads that nothing is expected of her."""
    card, alert = await refused(studio)
    said = alert.shown.replace("\n", "")
    for words in ("Unable to invite user due to an error", "Concerns: Lena Fischer", "What to do: "):
        assert words in said
    assert alert.buttons == ["Try again", "I did it by hand", "Give up"]
    assert "There is nothing you need to do" in card.shown
    assert "Give back" in card.buttons


async def test_the_cause_of_an_outage_is_the_admins_affair(studio: Studio) -> None:
    """Who waits reads that ChatGPT as a whole is concerned; of sessions and the like only admins read."""
    card, alert = await signed_out(studio)
    assert "no longer accepts" in alert.shown
    assert "Usher cannot change anything in ChatGPT right now." in card.shown
    assert "session" not in card.shown
    studio.chatgpt.faults.clear()
    await studio.in_time(lambda: "· Invited" in card.shown)
    assert "in the way" not in card.shown


async def test_one_cause_has_one_card_however_many_wait(studio: Studio) -> None:
    """Three people wait on the same outage: the card gathers their names and is edited, never posted again."""
    _, alert = await signed_out(studio)
    for who in (studio.tom, studio.maya):
        approver = studio.noor if who.id == studio.maya.id else studio.maya
        await studio.ask(who, "chatgpt admin codex 7d too")
        await studio.approve(approver, who)
    names = ("Lena Fischer", "Tom Okafor", "Maya Lindqvist")
    await studio.in_time(lambda: all(name in alert.shown for name in names))
    assert len(studio.alerts()) == 1
    studio.chatgpt.faults.clear()
    await studio.noor.press("Try again", in_=alert)
    await studio.in_time(lambda: all(studio.has(who) for who in (studio.lena, studio.tom)))
    await studio.in_time(lambda: studio.has(studio.maya) == ("member", "account-admin", "usage_based"))
    await studio.until(lambda: "· Solved" in alert.shown and not alert.buttons)


async def test_try_again_that_fails_again_leaves_the_alert_open(studio: Studio) -> None:
    """The press is answered on the card; a second one works as well as the first."""
    _, alert = await signed_out(studio)
    await studio.noor.press("Try again", in_=alert)
    await studio.until(lambda: "Last answer" in alert.shown and "no longer accepts" in alert.shown)
    assert alert.buttons
    studio.chatgpt.faults.clear()
    await studio.noor.press("Try again", in_=alert)
    await studio.until(lambda: studio.has(studio.lena) and "· Solved" in alert.shown)
    assert len(studio.alerts()) == 1


@pytest.mark.parametrize("fault", ["errored_emails", "writes_fail"])
async def test_done_by_hand_is_believed_when_it_is_seen(studio: Studio, fault: str) -> None:
    """Pressed too early it changes nothing and says so; after Noor has sent the invite herself it is taken for done."""
    lena = studio.lena
    studio.chatgpt.faults.switch_on(fault)
    card = await studio.ask(lena)
    await studio.approve(studio.maya, lena)
    alert = await studio.in_time(studio.open_alert)
    await studio.at_rest()
    sent = sum(call.method == "POST" for call in studio.chatgpt.calls)
    await studio.noor.press("I did it by hand", in_=alert)
    await studio.until(lambda: "the change for Lena Fischer is not to be seen yet" in alert.shown)
    assert sum(call.method == "POST" for call in studio.chatgpt.calls) == sent, "it only looked"

    studio.chatgpt.invite(str(lena.user.email), role=CODEX[0], seat_type=CODEX[1])
    await studio.noor.press("I did it by hand", in_=alert)
    await studio.until(lambda: "· Invited" in card.shown)
    studio.chatgpt.faults.clear()
    await studio.in_time(lambda: "· Solved" in alert.shown, within=timedelta(hours=2))
    assert studio.mails(lena) == 1


async def test_given_up_is_told_and_leaves_nothing_behind(studio: Studio) -> None:
    """Who waited reads that it is over and can ask again; nothing is tried any more."""
    card, alert = await refused(studio)
    await studio.noor.press("Give up", in_=alert)
    await studio.until(lambda: "· Ended" in card.shown and "an admin closed it" in card.shown)
    await studio.until(lambda: "· Solved" in alert.shown and "Given up." in alert.shown and not alert.buttons)
    await studio.at_rest()
    [grant] = await studio.grants()
    assert (grant.state, grant.end_reason) == ("ended", "given_up")
    studio.chatgpt.faults.clear()
    await studio.ask(studio.lena)
    await studio.at_rest()
    assert studio.has(studio.lena) is None


async def test_giving_up_during_an_outage_is_kept_until_it_is_over(studio: Studio) -> None:
    """Whether an invite got out cannot be seen meanwhile: the grant is over for Lena at once, and is looked after when
    ChatGPT answers again."""
    card, alert = await signed_out(studio)
    await studio.noor.press("Give up", in_=alert)
    await studio.in_time(lambda: "· Ending" in card.shown or "· Ended" in card.shown)
    studio.chatgpt.faults.clear()
    await studio.in_time(lambda: "· Ended" in card.shown)
    assert studio.has(studio.lena) is None
    assert studio.mails(studio.lena) == 0
    await studio.in_time(lambda: not any(one.buttons for one in studio.alerts()))


async def test_a_removal_cannot_be_given_up(studio: Studio) -> None:
    """The button is not there; whoever has an older card is told why, and the removal goes on."""
    lena = studio.lena
    card = await studio.ask(lena)
    await studio.approve(studio.maya, lena)
    await studio.until(lambda: "· Invited" in card.shown)
    studio.chatgpt.accept(str(lena.user.email))
    studio.chatgpt.faults.switch_on("email_null")
    alert = await studio.in_time(studio.open_alert)
    old = list(alert.blocks)
    assert "Give up" in alert.buttons
    await lena.press("Give back", in_=card)
    await studio.in_time(lambda: alert.buttons == ["Try again", "I did it by hand"])
    alert.blocks = old
    await studio.noor.press("Give up", in_=alert)
    assert "never given up" in studio.answers(studio.noor)[-1]
    studio.chatgpt.faults.clear()
    await studio.in_time(lambda: studio.has(lena) is None and "· Ended" in card.shown)


async def test_only_admins_answer_an_alert_and_only_once(studio: Studio) -> None:
    """A colleague in the channel is told so; the second of two answers hears that it is over."""
    _, alert = await refused(studio)
    old = list(alert.blocks)
    studio.slack.state.conversations[alert.channel].members.add(studio.tom.id)
    for button in ("Try again", "I did it by hand", "Give up"):
        await studio.tom.press(button, in_=alert)
    assert [answer[:25] for answer in studio.answers(studio.tom)] == ["Only the admins can answe"] * 3
    await studio.noor.press("Give up", in_=alert)
    await studio.until(lambda: not alert.buttons)
    alert.blocks = old
    await studio.noor.press("Try again", in_=alert)
    assert "You have answered this already." in studio.answers(studio.noor)[-1]


async def test_during_an_outage_an_end_is_on_time_as_far_as_it_can_be(studio: Studio) -> None:
    """Her two minutes end while nobody can sign in: her card says so at once, and she goes when ChatGPT answers."""
    lena, tom = studio.lena, studio.tom
    card = await studio.give_seat(lena, "chatgpt codex 2m to test")
    studio.chatgpt.faults.switch_on("token_revoked")
    await studio.submit(tom)
    await studio.until(studio.open_alert)
    await studio.in_time(lambda: "· Ending" in card.shown, within=timedelta(minutes=3))
    assert studio.member(lena)
    await studio.in_time(lambda: "Lena Fischer" in studio.open_alert().shown)
    studio.chatgpt.faults.clear()
    await studio.in_time(lambda: "· Ended" in card.shown, within=timedelta(minutes=10))
    assert studio.has(lena) is None


async def test_who_gives_back_while_it_is_held_up_is_not_invited_afterwards(studio: Studio) -> None:
    """Lena does not want to wait: when ChatGPT answers again, nothing is sent."""
    card, _ = await signed_out(studio)
    await studio.lena.press("Give back", in_=card)
    studio.chatgpt.faults.clear()
    await studio.in_time(lambda: "· Ended" in card.shown)
    assert studio.mails(studio.lena) == 0

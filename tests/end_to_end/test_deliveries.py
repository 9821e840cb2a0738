"""What comes in from Slack: forged, stale and repeated deliveries."""

from __future__ import annotations

import pytest

from sandbox.slack.delivery import Signing
from tests.support.studio import Studio


@pytest.mark.parametrize("signing", [Signing.WRONG, Signing.STALE])
@pytest.mark.parametrize("what", ["slash command", "submission", "button", "event"])
async def test_what_slack_did_not_just_sign_is_refused(studio: Studio, signing: Signing, what: str) -> None:
    """401, and nothing happens: no form opens, nothing is asked, decided or believed."""
    lena, maya = studio.lena, studio.maya
    await studio.at_rest()
    match what:
        case "slash command":
            await lena.command("/request-access", "help")
            kind = "/request-access"
        case "submission":
            # taken while Usher was not there, so that only the replay could have an effect
            await lena.command("/request-access", "chatgpt codex 7d x")
            kind = await while_away(studio, lena.submit, "view_submission")
        case "button":
            await studio.ask(lena)
            card = await studio.asked(maya, lena)
            kind = await while_away(studio, lambda: maya.press("Approve", in_=card), "block_actions")
        case _:
            kind = await while_away(studio, lambda: leave(studio), "user_change")
    await studio.at_rest()
    before = await studio.ledger()
    seen = len(lena.messages())

    delivery = studio.deliveries(kind)[-1]
    [again] = await studio.slack.courier.again(delivery, signing=signing)
    assert again.status == 401
    await studio.at_rest()
    assert await studio.ledger() == before
    assert len(lena.messages()) == seen

    [good] = await studio.slack.courier.again(delivery)
    assert good.status == 200
    if what != "slash command":
        assert await studio.ledger() != before, "the same payload, rightly signed, would have had an effect"


async def while_away(studio: Studio, act, kind: str) -> str:
    """Somebody acts while Usher cannot be reached."""
    studio.slack.courier.retry_delays = ()
    address, studio.slack.app.request_url = studio.slack.app.request_url, "http://127.0.0.1:9/"
    await act()
    await studio.until(lambda: studio.deliveries(kind)[-1].error)
    studio.slack.app.request_url = address
    return kind


async def leave(studio: Studio) -> None:
    studio.slack.deactivate(studio.tom.id)


async def test_a_press_that_is_delivered_three_times_counts_once(studio: Studio) -> None:
    """Approve: each is answered alike, one vote is counted, one grant given, one invite sent, nothing is scolded."""
    await studio.ask(studio.lena)
    await studio.approve(studio.maya, studio.lena)
    press = studio.deliveries("block_actions")[-1]
    again = await studio.slack.courier.again(press, times=2, at_once=True)
    assert [one.status for one in again] == [200, 200]
    await studio.until(lambda: studio.has(studio.lena))
    await studio.at_rest()
    assert len(await studio.grants()) == 1
    assert len(await studio.ledger("request.vote")) == 1
    assert studio.mails(studio.lena) == 1
    assert studio.answers(studio.maya) == []


async def test_a_submission_that_is_delivered_again_later_is_the_success_it_was(studio: Studio) -> None:
    """Even after the request was decided: no second request, no error in front of anybody."""
    await studio.ask(studio.lena)
    await studio.approve(studio.maya, studio.lena)
    await studio.at_rest()
    [late] = await studio.slack.courier.again(studio.deliveries("view_submission")[0])
    assert (late.status, late.answer) == (200, {})
    assert len(await studio.requests()) == 1


async def test_a_denial_that_is_delivered_three_times_counts_once(studio: Studio) -> None:
    """The form of Deny."""
    await studio.ask(studio.lena)
    card = await studio.asked(studio.maya, studio.lena)
    await studio.maya.press("Deny", in_=card)
    await studio.maya.submit({"Reason": "not now"})
    again = await studio.slack.courier.again(studio.deliveries("view_submission")[-1], times=2)
    assert [(one.status, one.answer) for one in again] == [(200, {}), (200, {})]
    assert len(await studio.ledger("request.denied")) == 1


async def test_what_slack_could_not_deliver_is_said_to_the_person(studio: Studio) -> None:
    """With nobody at the address, Slack itself says so; the card keeps its buttons and works afterwards."""
    await studio.ask(studio.lena)
    card = await studio.asked(studio.maya, studio.lena)
    await while_away(studio, lambda: studio.maya.press("Approve", in_=card), "block_actions")
    await studio.maya.press("Approve", in_=card)
    await studio.until(lambda: studio.has(studio.lena))

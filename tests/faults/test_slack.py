"""Slack limits, fails, stays silent or does not know somebody: the cards are right in the end, and there once."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox import company
from sandbox.slack.faults import FaultKind
from tests.support.harbour import Harbour

#: what Usher calls for its cards and cannot do without
CALLS = ("conversations.open", "chat.postMessage", "chat.update")


@pytest.mark.parametrize(
    ("kind", "methods", "times"),
    [
        *((kind, CALLS, 2) for kind in ("ratelimited", "server_error", "close_before_effect", "close_after_effect")),
        ("hang", ("chat.postMessage",), 1),
    ],
)
async def test_cards_are_right_in_the_end_and_there_once(
    harbour: Harbour, kind: FaultKind, methods: tuple[str, ...], times: int
) -> None:
    """The first calls for a card fail in one way or another."""
    employee = harbour.hire(1)
    await harbour.start()
    for method in methods:
        harbour.slack.faults.add(method, kind, times=times)
    card = await harbour.ask(employee)
    await employee.manager.press("Approve", in_=card)
    await harbour.invited(employee)
    assert harbour.slack.faults.active == []
    status, news = harbour.told(employee.who)
    assert "· Invited" in status.shown
    assert news.thread_ts == status.ts
    assert [message.buttons for message in harbour.told(employee.manager)] == [[]]


async def test_a_card_found_again_shows_what_is_true_by_now(sqlite_url: str, tmp_path: Path) -> None:
    """The answers to the posts were lost, and somebody decided before the cards were found: no buttons are left."""
    async with Harbour.open(tmp_path, sqlite_url, policy="either") as harbour:
        maya, tom = harbour.person(company.MAYA), harbour.person(company.TOM)
        employee = harbour.hire(1)
        await harbour.start()
        harbour.slack.faults.add("chat.postMessage", "close_after_effect", times=3)
        await harbour.submit(employee.who)
        card, other = await harbour.card(maya, employee.who), await harbour.card(tom, employee.who)
        assert not (await maya.press("Approve", in_=card)).error
        await harbour.invited(employee)
        assert (card.buttons, other.buttons) == ([], [])
        assert [len(harbour.told(approver)) for approver in (maya, tom)] == [1, 1]
        assert "· Invited" in harbour.told(employee.who)[0].shown
        assert len(harbour.told(employee.who)) == 2


async def test_without_its_channel_an_alert_goes_to_the_admins_in_person(harbour: Harbour) -> None:
    """Slack says channel_not_found: the card stands in the admin's messages, and follows the incident there."""
    harbour.usher = harbour.another_usher(USHER_ALERT_CHANNEL="C0NOSUCH01")
    employee, noor = harbour.hire(1), harbour.person(company.NOOR)
    await harbour.start()
    harbour.chatgpt.faults.switch_on("not_owner")
    card = await harbour.ask(employee)
    await employee.manager.press("Approve", in_=card)
    alert = await harbour.until(lambda: noor.message(employee.who.name))
    assert alert.channel == noor.dm.id
    assert "Try again" in alert.buttons
    harbour.chatgpt.faults.clear()
    await noor.press("Try again", in_=alert)
    await harbour.invited(employee)
    assert "Try again" not in alert.buttons
    assert len(harbour.told(noor)) == 1


@pytest.mark.parametrize("when", ["before the card", "after the card", "unnoticed"])
async def test_for_an_approver_who_left_the_fallback_is_asked(harbour: Harbour, when: str) -> None:
    """Whether Usher hears of it before it asks, after it asked, or only from Slack's answer to its card."""
    employee, noor = harbour.hire(1), harbour.person(company.NOOR)
    await harbour.start()
    match when:
        case "before the card":
            harbour.slack.deactivate(employee.manager.id)
            await harbour.until(lambda: [one for one in harbour.slack.deliveries if one.status == 200])
            await harbour.at_rest()
            await harbour.submit(employee.who)
        case "after the card":
            await harbour.ask(employee)
            harbour.slack.deactivate(employee.manager.id)
        case "unnoticed":
            employee.manager.user.deleted = True
            await harbour.submit(employee.who)
    asked = await harbour.card(noor, employee.who)
    await noor.press("Approve", in_=asked)
    await harbour.invited(employee)
    assert [message.buttons for message in harbour.told(employee.manager)] == [[]] * (when == "after the card")
    assert asked.buttons == []

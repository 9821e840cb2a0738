"""Slack limits, fails, stays silent or does not know somebody: the cards are right in the end, and there once."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sandbox import company
from sandbox.slack.faults import FaultKind
from tests.support.harbour import Harbour

#: how many calls for a card fail in which way; the last two may have happened, and nobody says so
WAYS_TO_FAIL: dict[FaultKind, int] = {
    "ratelimited": 2,
    "server_error": 2,
    "close_before_effect": 1,
    "close_after_effect": 3,
    "hang": 1,
}


async def test_cards_are_right_in_the_end_and_there_once(harbour: Harbour) -> None:
    """Slack limits, fails, cuts connections before and after the effect, and does not answer: all at the same time."""
    crew = [harbour.hire(number) for number in range(4)]
    await harbour.start()
    for kind, times in WAYS_TO_FAIL.items():
        harbour.slack.faults.add("chat.postMessage", kind, times=times)
        harbour.slack.faults.add("chat.update", kind, times=times)
    await asyncio.gather(*(harbour.approved(employee) for employee in crew))
    await harbour.invited(*crew)
    assert harbour.slack.faults.active == []
    for employee in crew:
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
    await harbour.approved(employee)
    alert = await harbour.sees(noor, employee.who.name)
    assert alert.channel == noor.dm.id
    assert "Try again" in alert.buttons
    harbour.chatgpt.faults.clear()
    await noor.press("Try again", in_=alert)
    await harbour.invited(employee)
    assert "Try again" not in alert.buttons
    assert len(harbour.told(noor)) == 1


async def test_for_an_approver_who_left_the_fallback_is_asked(harbour: Harbour) -> None:
    """Whether Usher hears of it before it asks, after it asked, or only from Slack's answer to its card."""
    before, after, unnoticed = crew = [harbour.hire(number) for number in range(3)]
    await harbour.start()
    harbour.slack.deactivate(before.manager.id)
    await harbour.until(lambda: harbour.slack.courier.of_kind("user_change")[0].status == 200)
    await harbour.at_rest()
    await harbour.submit(before.who)

    await harbour.ask(after)
    harbour.slack.deactivate(after.manager.id)

    unnoticed.manager.user.deleted = True
    await harbour.submit(unnoticed.who)

    noor = harbour.person(company.NOOR)
    for employee in crew:
        asked = await harbour.card(noor, employee.who)
        await noor.press("Approve", in_=asked)
        await harbour.invited(employee)
        assert asked.buttons == []
    assert [harbour.told(employee.manager) for employee in (before, unnoticed)] == [[], []]
    assert [message.buttons for message in harbour.told(after.manager)] == [[]]

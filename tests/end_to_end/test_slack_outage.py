"""Slack is away for an hour: every card is right soon after it is back, and nobody is flooded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.slack.faults import FaultKind
from tests.support.studio import Studio

#: what an outage looks like to Usher
WAYS: tuple[FaultKind, ...] = ("server_error", "close_before_effect")


@pytest.mark.parametrize("way", WAYS)
async def test_cards_are_right_soon_after_an_hour_without_slack(studio: Studio, way: FaultKind) -> None:
    """What was decided before is shown within a minute of Slack's return, once; one card tells the admins, if any."""
    card = await studio.ask(studio.lena)
    asked = await studio.asked(studio.maya, studio.lena)
    await studio.at_rest()
    studio.slack.faults.add("*", way)
    await studio.maya.press("Approve", in_=asked)
    back_at = studio.clock.now() + timedelta(hours=1)
    await studio.in_time(lambda: studio.clock.now() >= back_at)
    assert "· Waiting" in card.shown
    (incident,) = await studio.incidents()
    assert incident.scope == "task:slack:reach"
    studio.slack.faults.clear()

    await studio.in_time(lambda: "· Invited" in card.shown and not asked.buttons, within=timedelta(minutes=1))
    await studio.at_rest()
    assert len(studio.told(studio.maya)) == 1
    status, news = studio.told(studio.lena)
    assert news.thread_ts == status.ts
    assert [alert.buttons for alert in studio.alerts()] in ([], [[]])

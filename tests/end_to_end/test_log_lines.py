"""The log: one press can be followed from the click to the last call outside, by one id."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import logs
from bot.access.trace import trace_request
from bot.metrics.slack import EFFECTS
from bot.settings import Settings
from tests.support.logging_as_before import logging_as_before
from tests.support.studio import Studio

REASON = "to try the agent of Project Nightjar"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged, one JSON object a line."""
    stream = io.StringIO()
    with logging_as_before():
        logs.set_up(Settings.given(log_format="json"), stream=stream)
        yield stream


async def test_one_press_is_followed_to_the_last_call_outside(written: io.StringIO, database_file: Path) -> None:
    """From Approve at Slack's door over the decision to ChatGPT's invite and every card: one id, one line an effect."""
    async with Studio.open(database_file) as studio:
        await studio.ask(studio.lena, f"chatgpt codex 2m {REASON}")
        await studio.maya.press("Approve", in_=await studio.asked(studio.maya, studio.lena))
        await studio.until(lambda: studio.has(studio.lena) is not None)
        await studio.at_rest()
        [grant] = await studio.grants()
        async with studio.usher.database.read() as session:
            story = await trace_request(session, grant.request_id) or []
    shown = [call.method for call in studio.slack.calls if call.method in EFFECTS]
    lines: list[dict[str, Any]] = [json.loads(line) for line in written.getvalue().splitlines()]
    [press] = [line for line in lines if line["event"] == "door.slack" and line.get("name") == "approve"]
    assert press["person"] == studio.maya.id
    followed = [line for line in lines if line.get("trace") == press["trace"]]
    happened = Counter(line["event"] for line in followed)
    assert followed[0] == press
    once = ["door.slack", "request.vote", "request.approved", "account.change_sent", "account.changed", "grant.invited"]
    assert {event: happened[event] for event in once} == dict.fromkeys(once, 1)
    [invited] = [line for line in followed if line["event"] == "account.changed"]
    assert (invited["application"], invited["person"], invited["change"]) == ("chatgpt", studio.lena.id, "invite")
    assert {line["method"] for line in followed if line["event"] == "slack.called"} == {
        "chat.update",
        "chat.postMessage",
    }
    assert sorted(line["method"] for line in lines if line["event"] == "slack.called") == sorted(shown)
    traces = {each.what: each.trace for each in story if each.trace}
    assert {traces[event] for event in ("request.vote", "request.approved", "grant.invited")} == {press["trace"]}
    assert traces["request.submitted"] != press["trace"]
    assert REASON not in written.getvalue()

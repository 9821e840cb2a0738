"""Which events are something that a person wrote to Usher."""

from __future__ import annotations

from typing import Any

import pytest

from bot.handlers.thread import Said

EVENT: dict[str, Any] = {
    "type": "message",
    "channel_type": "im",
    "user": "U0LENA0001",
    "channel": "D0LENA0001",
    "ts": "1.000002",
    "text": "hello",
}


@pytest.mark.parametrize("subtype", [None, "file_share", "thread_broadcast"])
def test_what_people_say_is_read(subtype: str | None) -> None:
    """Also with a file, and also where a reply is shown in the conversation as well."""
    event = {**EVENT, "thread_ts": "1.000001", **({"subtype": subtype} if subtype else {})}
    said = Said.read(event)
    assert said is not None
    assert (said.person_id, said.channel, said.thread_ts) == ("U0LENA0001", "D0LENA0001", "1.000001")


def test_the_head_of_a_thread_is_no_reply() -> None:
    """Slack gives a message that has replies its own ts as that of the thread."""
    said = Said.read({**EVENT, "thread_ts": EVENT["ts"]})
    assert said is not None
    assert said.thread_ts is None


@pytest.mark.parametrize(
    "change",
    [
        {"bot_id": "B0OTHER"},
        {"subtype": "bot_message"},
        {"subtype": "message_changed"},
        {"subtype": "message_deleted"},
        {"subtype": "channel_join"},
        {"user": None},
        {"channel_type": "channel"},
        {"channel_type": "mpim"},
    ],
)
def test_everything_else_is_none_of_it(change: dict[str, Any]) -> None:
    """Other bots, edits, removals, and what is said elsewhere."""
    assert Said.read(EVENT | change) is None

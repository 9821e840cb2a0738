"""The main job: ask in Slack, approve, get a ChatGPT seat, lose it on time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.studio import Studio


@pytest.mark.parametrize("mode", ["http", "socket mode"])
async def test_a_seat_is_asked_for_given_and_taken_back(database_file: Path, mode: str) -> None:
    """One card follows it through every state; the invite is as approved; at its end the member is removed."""
    async with Studio.open(database_file, socket_mode=mode != "http") as studio:
        lena, maya = studio.lena, studio.maya
        card = await studio.ask(lena, "chatgpt codex 2m to try the new agent")
        asked = await studio.asked(maya, lena)
        assert "You are asked because you are" in asked.shown
        assert (
            "Lena Fischer has no access to ChatGPT yet." in asked.shown.replace("\n", "") or "no access" in asked.shown
        )
        await maya.press("Approve", in_=asked)
        await studio.until(lambda: studio.has(lena) == ("invited", "standard-user", "usage_based"))
        await studio.until(lambda: "· Invited" in card.shown and not asked.buttons)
        studio.chatgpt.accept(str(lena.user.email))
        await studio.in_time(lambda: "· Active" in card.shown)
        assert sorted(card.buttons) == ["Change", "Extend", "Give back"]
        await studio.in_time(lambda: "· Ended" in card.shown)
        assert studio.has(lena) is None
        assert studio.mails(lena) == 1
        await studio.at_rest()
        [grant] = await studio.grants()
        assert (grant.end_reason, (grant.ends_at - grant.active_at).total_seconds()) == ("expired", 120)
        assert [event for event, _, _ in await studio.ledger() if event.startswith("grant.")] == [
            "grant.invited", "grant.active", "grant.ending", "grant.ended",
        ]  # fmt: skip

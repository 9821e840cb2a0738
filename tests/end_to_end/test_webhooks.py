"""A listener outside hears of a whole story."""

from __future__ import annotations

from pathlib import Path

from tests.support.receiver import SECRET, receiving
from tests.support.studio import CATALOG, Studio


async def test_a_listener_hears_of_a_request_from_its_beginning_to_its_end(database_file: Path) -> None:
    """In the order in which it happened, signed, and with the door and the people; nothing twice, and no secret."""
    async with receiving() as listener:
        webhooks = f'webhooks:\n  - {{key: siem, url: "{listener.url}", secret: listener}}\n'
        secrets = {"USHER_SECRET_LISTENER": SECRET}
        async with Studio.open(database_file, catalog=CATALOG + webhooks, secrets=secrets) as studio:
            card = await studio.give_seat(studio.lena, "chatgpt codex 2m to test")
            await studio.in_time(lambda: "· Ended" in card.shown)
            await studio.in_time(lambda: any(event == "grant.ended" for event in listener.events))
            types = listener.events
            assert types[:3] == ["request.submitted", "request.vote", "request.approved"]
            assert types[-2:] == ["grant.ending", "grant.ended"]
            assert {"grant.invited", "grant.active"} <= set(types)
            assert len({one.id for one in listener.received}) == len(types)
            assert all(one.signed for one in listener.received)
            assert listener.numbers == sorted(listener.numbers)
            submitted = listener.received[0].event["data"]
            assert submitted["request"]["beneficiary"]["email"] == studio.lena.user.email
            assert submitted["request"]["application"] == "chatgpt"

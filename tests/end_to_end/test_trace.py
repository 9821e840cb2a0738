"""usher trace: one request from the wish to what is still to come, for whoever is asked what happened."""

from __future__ import annotations

from bot.access.trace import Source, trace_request
from tests.support.studio import Studio


async def test_a_request_is_told_from_its_wish_to_its_next_task(studio: Studio) -> None:
    """The ledger's lines with names, the cards of everybody concerned, and the work that waits, in order of time."""
    await studio.ask(studio.lena, "chatgpt codex 2m to try the new agent")
    await studio.maya.press("Approve", in_=await studio.asked(studio.maya, studio.lena))
    await studio.until(lambda: studio.has(studio.lena) is not None)
    await studio.at_rest()
    [grant] = await studio.grants()
    async with studio.usher.database.read() as session:
        found = await trace_request(session, grant.request_id) or []
    lines = [(each.what, each.who) for each in found if each.source is Source.LEDGER]
    assert lines == [
        ("request.submitted", "Lena Fischer"),
        ("request.vote", "Maya Lindqvist"),
        ("request.approved", "Maya Lindqvist"),
        ("account.change_sent", "usher"),
        ("grant.invited", "usher"),
    ]
    cards = {(each.what, each.who) for each in found if each.source is Source.CARD}
    assert cards >= {("status", "Lena Fischer"), ("approval", "Maya Lindqvist")}
    assert "account open" in [each.what for each in found if each.source is Source.TASK]
    assert [each.at for each in found] == sorted(each.at for each in found)

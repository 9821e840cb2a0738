"""What has had its time is deleted, and nothing before."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from bot.chatgpt_app.connections import ACCESS_LASTS, REFRESH_LASTS
from bot.chatgpt_app.oauth.sign_ins import TICKET_LASTS, USED_CODE_KEPT
from bot.chatgpt_app.upkeep import KEEP_OVER, forget_what_is_over
from storage.tables import Connection, ConnectionToken, SignIn
from tests.support.authorization import Connect
from tests.support.clock import MovableClock

SECOND = timedelta(seconds=1)


async def left(connect: Connect) -> tuple[int, int, int]:
    """Sign-ins, tokens and connections, after the upkeep."""
    await connect.database.write(forget_what_is_over)
    async with connect.database.read() as session:
        found = [
            await session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (SignIn, ConnectionToken, Connection)
        ]
    return found[0], found[1], found[2]


async def test_what_is_over_is_deleted(connect: Connect, clock: MovableClock) -> None:
    """Sign-ins that came to nothing, used codes, tokens, and at last the connection; in that order."""
    await connect.connected()
    await connect.client.get(connect.asking())
    assert await left(connect) == (2, 2, 1)
    clock.advance(TICKET_LASTS)
    assert await left(connect) == (1, 2, 1)
    clock.advance(ACCESS_LASTS)
    assert await left(connect) == (1, 1, 1)
    clock.advance(USED_CODE_KEPT)
    assert await left(connect) == (0, 1, 1)
    clock.advance(REFRESH_LASTS)
    assert await left(connect) == (0, 0, 1)
    clock.advance(KEEP_OVER - timedelta(days=2))
    assert await left(connect) == (0, 0, 1)
    clock.advance(timedelta(days=2))
    assert await left(connect) == (0, 0, 0)


async def test_a_living_connection_stays(connect: Connect, clock: MovableClock) -> None:
    """However long ago it was made, if it is used."""
    tokens = await connect.connected()
    for _ in range(5):
        clock.advance(REFRESH_LASTS - SECOND)
        assert (await left(connect))[2] == 1
        tokens = (await connect.refresh(tokens["refresh_token"])).json()
    assert await connect.holder(tokens["access_token"]) is not None

"""What is deleted when it has had its time: sign-ins that came to nothing, tokens, and connections of long ago."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from bot.chatgpt_app.connections import REFRESH_LASTS
from bot.chatgpt_app.oauth import sign_ins
from storage.database import Transaction
from storage.tables import Connection, ConnectionToken

#: how long a connection that is over is kept, for `usher chatgpt connections --all`; the ledger keeps it for ever
KEEP_OVER: Final = timedelta(days=90)


async def forget_what_is_over(tx: Transaction) -> None:
    """Deletes it. Done every hour."""
    await sign_ins.forget_expired(tx)
    await tx.session.execute(sa.delete(ConnectionToken).where(ConnectionToken.expires_at <= tx.now))
    over = (Connection.ended_at <= tx.now - KEEP_OVER) | (Connection.used_at <= tx.now - REFRESH_LASTS - KEEP_OVER)
    await tx.session.execute(sa.delete(Connection).where(over))

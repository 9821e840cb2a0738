"""Token revocation (RFC 7009). The SDK's handler asks every client for a secret, and ours have none."""

from __future__ import annotations

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.chatgpt_app.connections import end_connection, hashed
from storage.database import Database, Transaction
from storage.tables import Connection, ConnectionEnd, ConnectionToken


class Revocation:
    """Takes back a token, whichever of the two kinds, and with it the connection that it belongs to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def revoke(self, request: Request) -> Response:
        """POST: 200 also where there is nothing to revoke, so that nobody learns which tokens there are."""
        form = await request.form()
        token, client_id = form.get("token"), form.get("client_id")
        if not isinstance(token, str) or not isinstance(client_id, str):
            return JSONResponse(
                {"error": "invalid_request", "error_description": "token and client_id are needed"}, status_code=400
            )
        await self._database.write(revoke, token, client_id=client_id)
        return Response(headers={"Cache-Control": "no-store"})


async def revoke(tx: Transaction, token: str, *, client_id: str) -> None:
    """Ends the connection that a client's token belongs to."""
    connection = await tx.session.scalar(
        sa.select(Connection)
        .join(ConnectionToken, ConnectionToken.connection_id == Connection.id)
        .where(ConnectionToken.id == hashed(token), Connection.client_id == client_id)
    )
    if connection is not None:
        await end_connection(tx, connection.id, actor=connection.person_id, why=ConnectionEnd.REVOKED)

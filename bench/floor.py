"""The floor: a bare Bolt listener that does only what cannot be left out, which is to commit one row.

Served, verified and committed by the same parts as Usher: only what Usher adds is missing.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import sqlalchemy as sa
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.app import _loop_factory
from bot.serving import listen, serving
from bot.web import web_app

_rows = sa.Table(
    "rows",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("what", sa.Text),
)


def _engine(url: str) -> AsyncEngine:
    """SQLAlchemy's own, with as durable commits as Usher's."""
    if url.startswith("postgresql"):
        return create_async_engine(url, pool_size=10)
    engine = create_async_engine(url, pool_size=1, max_overflow=0)

    @event.listens_for(engine.sync_engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


async def main(url: str, api_url: str) -> None:
    engine = _engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(_rows.metadata.create_all)
    app = AsyncApp(
        client=AsyncWebClient(token="xoxb-sandbox", base_url=api_url),
        signing_secret="sandbox-signing-secret",
        process_before_response=True,
    )

    async def commit(ack: AsyncAck) -> None:
        async with engine.begin() as connection:
            await connection.execute(sa.insert(_rows), {"what": "a press"})
        await ack()

    app.view("request_form")(commit)
    app.action("approve")(commit)

    async def ready() -> list[str]:
        return []

    listener = listen("127.0.0.1", 0)
    async with serving(web_app(app, ready), listener):
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(main(*sys.argv[1:]))

"""The floor: a bare Bolt listener that does only what cannot be left out.

A command is one call of `views.open`; a submission and a press are one row, committed as durably as Usher commits; a
press on `invite` is that and one call of ChatGPT. Served, verified and committed by the same parts as Usher: only what
Usher adds is missing. `python -m bench.floor DATABASE SLACK_API CHATGPT` is it.
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

from bench.crew import INVITE
from bot.app import _loop_factory
from bot.cards import actions
from bot.connectors.http import new_http_client
from bot.serving import listen, serving
from bot.web import web_app

#: about as large as the form that Usher opens
VIEW = {
    "type": "modal",
    "callback_id": "form",
    "title": {"type": "plain_text", "text": "Request access"},
    "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "…" * 400}} for _ in range(6)],
}

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
    engine = create_async_engine(url, pool_size=1, max_overflow=0, pool_timeout=300)

    @event.listens_for(engine.sync_engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


async def main(url: str, api_url: str, chatgpt_url: str) -> None:
    engine = _engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(_rows.metadata.create_all)
    slack = AsyncWebClient(token="xoxb-sandbox", base_url=api_url)
    app = AsyncApp(client=slack, signing_secret="sandbox-signing-secret", process_before_response=True)
    http = new_http_client(trust_env=False)
    calls: set[asyncio.Task[Any]] = set()

    async def commit() -> None:
        async with engine.begin() as connection:
            await connection.execute(sa.insert(_rows), {"what": "a press"})

    async def form(ack: AsyncAck, body: dict[str, Any]) -> None:
        await slack.views_open(trigger_id=body["trigger_id"], view=VIEW)
        await ack()

    async def press(ack: AsyncAck) -> None:
        await commit()
        await ack()

    async def invite(ack: AsyncAck, body: dict[str, Any]) -> None:
        await commit()
        await ack()
        email = body["actions"][0]["value"]
        wanted = {"email_addresses": [email], "role": "standard-user", "seat_type": "usage_based"}
        call = asyncio.create_task(http.post(f"{chatgpt_url}/backend-api/accounts/x/invites", json=wanted))
        calls.add(call)
        call.add_done_callback(calls.discard)

    app.command("/request-access")(form)
    app.view(actions.REQUEST_FORM)(press)
    app.action(actions.APPROVE)(press)
    app.action(INVITE)(invite)

    async def ready() -> list[str]:
        return []

    async def no_metrics() -> bytes:
        return b""

    listener = listen("127.0.0.1", 0)
    async with serving(web_app(app, ready, no_metrics), listener):
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(main(*sys.argv[1:]))

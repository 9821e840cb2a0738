"""No secret leaves the place where it is kept: not in a log line, the ledger, a table, an error or what is printed."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot import logs
from bot.check import as_text, check_everything
from bot.settings import Settings
from sandbox import company
from sandbox.chat.walk import walking
from sandbox.chat.window import Call
from storage import audit
from tests.support.logging_as_before import logging_as_before
from tests.support.receiver import SECRET as WEBHOOK_SECRET
from tests.support.receiver import receiving
from tests.support.studio import CATALOG, SECRET_KEY, Studio

STORED = "a-cookie-that-an-admin-stored"
#: what a stranger, or a program that lost its way, hands in
FOREIGN = {
    "code": "stolen-authorization-code",
    "code_verifier": "stolen-code-verifier-that-is-long-enough-to-be-one",
    "refresh_token": "stolen-refresh-token",
    "access": "stolen-access-token",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What is left of it, as text, by where it was found."""

    secrets: Mapping[str, str]
    found: Mapping[str, str]


@pytest.fixture
async def story(database_file: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    """Everything that has a secret in it happens once, and much of it goes wrong, while all is logged at `debug`."""
    app, written = company.SLACK_APP, io.StringIO()
    given = {
        "SLACK_BOT_TOKEN": app.bot_token,
        "SLACK_SIGNING_SECRET": app.signing_secret,
        "SLACK_SIGNIN_CLIENT_ID": app.client_id,
        "SLACK_SIGNIN_CLIENT_SECRET": app.client_secret,
        "USHER_SECRET_KEYS": SECRET_KEY,
        "USHER_SECRET_CHATGPT_SESSION": company.CHATGPT_SESSION,
        "USHER_SECRET_CHATGPT_ADMIN_KEY": company.CHATGPT_ADMIN_KEY,
        "USHER_SECRET_LISTENER": WEBHOOK_SECRET,
        "USHER_DATABASE_URL": f"sqlite+aiosqlite:///{database_file}",
        "USHER_LOG_LEVEL": "debug",
        "USHER_LOG_FORMAT": "json",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with logging_as_before():
        logs.set_up(Settings.load(), stream=written)
        async with receiving() as listener:
            webhooks = f'webhooks:\n  - {{key: siem, url: "{listener.url}", secret: listener}}\n'
            secrets = {"USHER_SECRET_LISTENER": WEBHOOK_SECRET}
            async with Studio.open(database_file, catalog=CATALOG + webhooks, secrets=secrets, app=True) as studio:
                await studio.usher.secrets.put("figma-cookie", STORED)
                tokens = await _connect_and_ask(studio)
                answers = await _break_in(studio)
                monkeypatch.setenv("SLACK_API_URL", studio.sandbox.slack_api_url)
                await studio.give_seat(studio.lena)
                studio.chatgpt.faults.switch_on("token_revoked")
                await studio.ask(studio.tom)
                await studio.approve(studio.maya, studio.tom)
                await studio.until(lambda: studio.open_alert("Usher is signed out of ChatGPT"))
                await studio.until(lambda: listener.received)
                checked = "\n".join(as_text(finding) for finding in await check_everything())
                async with studio.usher.database.read() as session:
                    ledger = "\n".join(
                        [f"{line.event} {line.subject} {line.data}" async for line in audit.export(session)]
                    )
                session_now = await studio.usher.secrets.get("chatgpt-session") or ""
    own = {name: value for name, value in given.items() if "SECRET" in name or "TOKEN" in name}
    return Story(
        secrets={**own, **tokens, **FOREIGN, "stored": STORED, "rotated": session_now},
        found={
            "log": written.getvalue(),
            "ledger": ledger,
            "database": _dump(database_file),
            "answers": answers,
            "check": checked,
        },
    )


async def _connect_and_ask(studio: Studio) -> dict[str, str]:
    """Tom connects ChatGPT and asks there. Returns what his program holds."""
    async with walking() as browser:
        await browser.connect(studio.sandbox.url, company.TOM)
    chat = studio.sandbox.chat.window(company.TOM.id)
    assert chat.connection is not None
    asked = await chat.say("Get me a Codex seat for two weeks, I am trying the agent")
    assert isinstance(asked, Call)
    held = chat.connection.tokens
    return {"access token": held.access_token, "refresh token": str(held.refresh_token)}


async def _break_in(studio: Studio) -> str:
    """What the doors say to those who bring something wrong."""
    form = {"client_id": "https://chatgpt.com/oauth/client.json", "resource": f"{studio.usher.url}/mcp"}
    bearer = {"Authorization": f"Bearer {FOREIGN['access']}"}
    exchange = {"grant_type": "authorization_code", "code": FOREIGN["code"], "code_verifier": FOREIGN["code_verifier"]}
    renewal = {"grant_type": "refresh_token", "refresh_token": FOREIGN["refresh_token"]}
    async with httpx.AsyncClient(base_url=studio.usher.url, timeout=60, trust_env=False) as http:
        answers = [
            await http.post("/mcp", headers=bearer, json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}),
            await http.post("/oauth/token", data=form | exchange | {"redirect_uri": "https://chatgpt.com/x"}),
            await http.post("/oauth/token", data=form | renewal),
            await http.post("/oauth/revoke", data=form | {"token": FOREIGN["refresh_token"]}),
            await http.get("/oauth/slack/callback", params={"state": "x", "code": FOREIGN["code"]}),
            await http.get("/oauth/consent", params={"ticket": FOREIGN["code"]}),
            await http.post("/slack/events", content=b"token=x", headers={"X-Slack-Signature": "v0=0"}),
        ]
        pages = [await http.get("/metrics"), await http.get("/readyz"), await http.get("/nowhere")]
    assert {answer.status_code for answer in answers} <= {200, 400, 401, 403}
    return "\n".join(f"{answer.headers}\n{answer.text}" for answer in [*answers, *pages])


def _dump(file: Path) -> str:
    """Every value of every table, text or bytes."""
    with closing(sqlite3.connect(file)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return "\n".join(repr(row) for table in tables for row in connection.execute(f'SELECT * FROM "{table}"'))


async def test_no_secret_is_found_anywhere(story: Story) -> None:
    """Slack's tokens, ChatGPT's session also after it was rotated, keys, webhook secrets, codes and tokens: nowhere."""
    assert all(len(secret) > 5 for secret in story.secrets.values())
    assert all(len(text) > 500 for text in story.found.values())
    leaks = [
        (where, name) for where, text in story.found.items() for name, secret in story.secrets.items() if secret in text
    ]
    assert leaks == []

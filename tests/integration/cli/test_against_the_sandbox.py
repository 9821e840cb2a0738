"""usher check and usher people sync, with a Slack and a ChatGPT that answer."""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncIterator

import pytest

from bot import manifest
from bot.serving import listen
from sandbox import company
from sandbox.server import Sandbox
from tests.integration.cli.conftest import Outcome, Shell

SETTINGS = "Settings", "Database", "Secrets", "Catalogue"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox.start() as running:
        running.slack.app.scopes = frozenset(manifest.bot_scopes())
        yield running


@pytest.fixture
def ready(sandbox: Sandbox, usher: Shell) -> Shell:
    """Everything set, in Socket Mode, with a catalogue that is applied at the start."""
    usher.variables |= {
        "SLACK_BOT_TOKEN": company.SLACK_APP.bot_token,
        "SLACK_APP_TOKEN": company.SLACK_APP.app_token,
        "SLACK_API_URL": sandbox.slack_api_url,
        "USHER_ADMINS": f"{company.NOOR.email},{company.MAYA.id}",
        "USHER_ALERT_CHANNEL": company.ALERT_CHANNEL.id,
        "USHER_SECRET_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "USHER_SECRET_CHATGPT_SESSION": company.CHATGPT_SESSION,
        "USHER_CATALOG": "catalog.yml",
        "USHER_PORT": "0",
    }
    usher.write(
        "catalog.yml",
        f"""\
applications:
  - key: chatgpt
    name: ChatGPT
    owner: {company.NOOR.email}
    connector:
      type: chatgpt
      transport: web_admin
      workspace_id: {company.CHATGPT_WORKSPACE_ID}
      integration_email: it-chatgpt@{company.DOMAIN}
      base_url: {sandbox.chatgpt_url}
      secret: chatgpt-session
""",
    )
    return usher


def _states(outcome: Outcome) -> dict[str, str]:
    return {row["id"]: row["state"] for row in outcome.rows}


async def test_all_is_well(ready: Shell) -> None:
    """Every part says that it was tried, and nothing was changed."""
    outcome = await ready("check")
    assert outcome.code == 0, outcome.out
    lines = outcome.out.splitlines()
    assert all(line.startswith("✓ ") for line in lines), outcome.out
    for part in (
        "Settings: all there, for Socket Mode",
        "Socket Mode: ",
        f"Slack token: usher in {company.COMPANY_NAME}",
        "Slack scopes: all",
        f"Alert channel: #{company.ALERT_CHANNEL.name}",
        f"Admin {company.NOOR.email}: {company.NOOR.name}",
        f"Admin {company.MAYA.id}: {company.MAYA.name}",
        "Address: 127.0.0.1:",
        "Privacy: nobody else can read ",
        "Database: ",
        "Secrets: 1 there",
        "Catalogue: ChatGPT",
        "ChatGPT, ",
    ):
        assert any(line.startswith(f"✓ {part}") for line in lines), (part, outcome.out)
    for secret in (company.SLACK_APP.bot_token, company.CHATGPT_SESSION):
        assert secret not in outcome.out
    assert (await ready("people", "import", "catalog.yml")).code == 1  # the directory is as empty as before
    assert (await ready("requests", "--app", "chatgpt")).code == 1  # and so is the catalogue


async def test_what_is_wrong_is_named_with_a_remedy(ready: Shell, sandbox: Sandbox) -> None:
    """Each mistake is a line of its own with what to do, whatever else is wrong, and the exit code is 1."""
    sandbox.slack.app.scopes -= {"im:write"}
    ready.variables |= {
        "USHER_ADMINS": "nobody@harbour.example",
        "USHER_ALERT_CHANNEL": "C0NOTTHERE",
        "SLACK_APP_TOKEN": "xapp-wrong",
        "USHER_SECRET_CHATGPT_SESSION": "wrong",
        "USHER_CATALOGUE": "catalog.yml",
        "USHER_PORT": "eighty",
    }
    outcome = await ready("check", "--json")
    assert outcome.code == 1
    failed = [(row["id"], row["detail"] + row["remedy"]) for row in outcome.rows if row["state"] == "failed"]
    for name, words in (
        ("Settings", "USHER_PORT is wrong"),
        ("Settings", "USHER_CATALOGUE is not a setting; did you mean USHER_CATALOG?"),
        ("Socket Mode", "invalid_auth"),
        ("Slack scopes", "im:write"),
        ("Alert channel", "/invite @Usher"),
        ("Admin nobody@harbour.example", "nobody in this Slack has this address"),
        ("ChatGPT, ", "usher secret set"),
    ):
        assert any(id_.startswith(name) and words in said for id_, said in failed), (name, failed)
    assert _states(outcome)["Database"] == "ok"


async def test_usher_must_be_in_the_alert_channel(ready: Shell, sandbox: Sandbox) -> None:
    """A channel that Usher cannot write to is found before the first alert."""
    channel = sandbox.slack.state.conversations[company.ALERT_CHANNEL.id]
    channel.members.discard(company.USHER.id)
    outcome = await ready("check", "--json")
    assert outcome.code == 1
    assert _states(outcome)["Alert channel"] == "failed"


async def test_slack_out_of_reach(ready: Shell) -> None:
    """Without Slack the rest is tried all the same."""
    outcome = await ready("check", "--json", variables={"SLACK_API_URL": "http://127.0.0.1:9/api/"})
    assert outcome.code == 1
    states = _states(outcome)
    assert states["Slack token"] == "failed"
    assert [states[name] for name in SETTINGS] == ["ok"] * 4


async def test_others_must_not_read_what_is_secret(ready: Shell) -> None:
    """Database, .env and browser profiles that everybody can read are found, with the command that mends it."""
    file, profiles = ready.directory / "usher.db", ready.directory / "browser-profiles" / "chatgpt"
    os.chmod(file, 0o644)
    ready.write(".env", "")
    os.chmod(ready.directory / ".env", 0o640)
    profiles.mkdir(parents=True)
    os.chmod(profiles, 0o755)
    outcome = await ready("check")
    assert outcome.code == 1
    for command in (f"chmod 600 {file}", "chmod 600 .env", "chmod 700 browser-profiles/chatgpt"):
        assert command in outcome.out


async def test_what_would_end_a_start_is_found_before(ready: Shell) -> None:
    """A port that something else has, and people in the catalogue whom the directory does not know; nothing changes."""
    assert (await ready("people", "sync")).code == 0
    text = (ready.directory / "catalog.yml").read_text(encoding="utf-8")
    ready.write("catalog.yml", text.replace(company.NOOR.email, "nora@harbour.example"))
    with listen("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        outcome = await ready("check", "--json", variables={"USHER_PORT": port})
    failed = {row["id"]: row["detail"] for row in outcome.rows if row["state"] == "failed"}
    assert set(failed) == {"Address", "Catalogue"}
    assert f"127.0.0.1:{port} cannot be listened on" in failed["Address"]
    assert "catalog.yml:4" in failed["Catalogue"]
    assert "nora@harbour.example" in failed["Catalogue"]
    assert (await ready("catalog", "export")).out.count("chatgpt") == 0


async def test_nothing_set(nowhere: Shell) -> None:
    """On a fresh machine, check says what is missing and makes nothing."""
    outcome = await nowhere("check")
    assert outcome.code == 1
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "USHER_ADMINS", "usher db upgrade"):
        assert name in outcome.out
    assert list(nowhere.directory.iterdir()) == []


async def test_people_sync(ready: Shell) -> None:
    """The directory comes from Slack, with managers; a second time there is nothing new."""
    first = await ready("people", "sync")
    assert (first.code, "new" in first.out) == (0, True), first
    assert "nothing changed" in (await ready("people", "sync")).out
    named = await ready("requests", "--person", company.LENA.email)
    assert named.code == 0


async def test_people_sync_with_a_wrong_token(ready: Shell) -> None:
    """A token that Slack does not take is a sentence that names the setting."""
    outcome = await ready("people", "sync", variables={"SLACK_BOT_TOKEN": "xoxb-wrong"})
    assert outcome.code == 1
    assert "SLACK_BOT_TOKEN" in outcome.err
    assert "xoxb-wrong" not in outcome.err


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("SLACK_BOT_TOKEN", "xoxb-wrong", "SLACK_BOT_TOKEN"),
        ("SLACK_API_URL", "http://127.0.0.1:9/api/", "reach"),
        ("USHER_CATALOG", "catalogue.yml", "catalogue.yml: No such file or directory."),
        ("USHER_DATABASE_URL", "sqlite+aiosqlite:////nowhere/usher.db", "/nowhere does not exist"),
        ("USHER_SECRET_KEYS", "short", "USHER_SECRET_KEYS"),
        ("USHER_HOST", "192.0.2.1", "USHER_HOST"),
    ],
)
async def test_run_that_cannot_start_says_why(ready: Shell, name: str, value: str, why: str) -> None:
    """A start that fails ends with 1, a sentence that names what to look at, and no traceback."""
    outcome = await ready("run", variables={name: value, "USHER_LOG_LEVEL": "error", "USHER_PORT": "0"})
    assert outcome.code == 1
    assert why in outcome.err.splitlines()[-1]


async def test_run_names_what_is_missing(nowhere: Shell) -> None:
    """`usher run` without settings ends at once, with a sentence for each."""
    outcome = await nowhere("run")
    assert outcome.code == 1
    assert [line.split()[0] for line in outcome.err.splitlines()] == [
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
        "USHER_ADMINS",
    ]

"""`usher check`: tries everything that a run will need, and changes nothing. Every finding says what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot import manifest
from bot.access.catalog import Catalog
from bot.access.catalog_file import CatalogProblems, Lines, decode, read_with_lines
from bot.access.catalog_store import load_catalog
from bot.access.operations.apply_catalog import apply_catalog
from bot.access.people_facts import knows_anybody
from bot.check_chatgpt_app import check_chatgpt_app
from bot.check_connections import check_connections
from bot.check_machine import check_address, check_private
from bot.check_webhooks import check_webhooks
from bot.connectors.browser.transport import Browsers
from bot.connectors.contract import Condition
from bot.connectors.http import new_http_client
from bot.engine.connectors import Connectors
from bot.engine.health import check_connector
from bot.settings import Settings, SettingsError, environment, unknown_variables
from bot.slack import slack_client
from storage import engines, migrate
from storage.clock import SystemClock
from storage.database import Database, Transaction
from storage.errors import StorageError
from storage.secrets import Keyring, SecretStore

#: Slack's own error codes (docs.slack.dev, common errors) -> what to do
_COPY = "Copy the token again from api.slack.com/apps, your app; docs/settings.md says from which page."
_REMEDIES = {
    "invalid_auth": _COPY,
    "not_authed": _COPY,
    "token_revoked": "Install the app again (OAuth & Permissions, Reinstall), and copy the new token.",
    "account_inactive": "The app was uninstalled: install it again and copy the new token.",
    "missing_scope": "Add the scope (usher manifest prints all), reinstall the app, and copy the new token.",
    "not_allowed_token_type": "This is another kind of token: the bot's begins with xoxb-, the app's with xapp-.",
    "channel_not_found": "Check USHER_ALERT_CHANNEL; if the channel is private, invite Usher to it: /invite @Usher",
    "users_not_found": "Check USHER_ADMINS: nobody in this Slack has this address.",
    "user_not_found": "Check USHER_ADMINS: nobody in this Slack has this id.",
    "ratelimited": "Slack asks for patience: try again in a minute.",
}


async def check_everything() -> list[Condition]:
    """Every condition, in the order in which they depend on each other."""
    settings, findings = _settings()
    findings.append(await check_address(settings))
    findings += check_private(settings, _file(settings))
    findings += await _slack(settings)
    async with _database(settings, findings) as database:
        if database is not None and not database.is_sqlite:
            findings.append(await check_connections(database, settings.database_pool))
        secrets = await _secrets(settings, database, findings)
        catalog = await _catalog(settings, database, findings)
        if secrets is not None:
            findings += await _connectors(settings, catalog, secrets)
            findings += await check_webhooks(catalog, secrets)
    return findings + await check_chatgpt_app(settings)


def as_row(finding: Condition) -> Mapping[str, object]:
    """A finding for a program."""
    return {
        "id": finding.name,
        "state": "ok" if finding.ok else "failed",
        "detail": finding.detail,
        "remedy": finding.remedy,
    }


def as_text(finding: Condition) -> str:
    """A finding for a person: a line, and a second one where there is something to do."""
    line = f"{'✓' if finding.ok else '✗'} {finding.name}: {finding.detail}"
    return line if finding.ok or not finding.remedy else f"{line}\n    {finding.remedy}"


def _good(name: str, detail: str) -> Condition:
    return Condition(name=name, ok=True, detail=detail)


def _bad(name: str, detail: str, remedy: str = "") -> Condition:
    return Condition(name=name, ok=False, detail=detail, remedy=remedy)


# -- settings and storage ----------------------------------------------------------------------------------------------
def _settings() -> tuple[Settings, list[Condition]]:
    problems: tuple[str, ...] = ()
    try:
        settings = Settings.load()
    except SettingsError as error:
        problems = error.problems
        settings = Settings.load_what_is_right()
    problems += settings.missing_for_run() + unknown_variables(environment())
    if problems:
        return settings, [_bad("Settings", problem) for problem in problems]
    return settings, [_good("Settings", f"all there, for {'Socket Mode' if settings.mode == 'socket' else 'HTTP'}")]


def _file(settings: Settings) -> Path | None:
    """The SQLite file, if it is one."""
    try:
        url = engines.parse(settings.database_url)
    except StorageError:
        return None  # which the database's own finding says
    return engines.sqlite_file(url) if engines.is_sqlite(url) else None


@asynccontextmanager
async def _database(settings: Settings, findings: list[Condition]) -> AsyncIterator[Database | None]:
    """The database if it can be used, and None with a finding if not."""
    name = "Database"
    database = None
    try:
        file = _file(settings)
        if file is not None and not file.exists():
            findings.append(_bad(name, f"there is no {file} yet", "Make it: usher db upgrade"))
            yield None
            return
        database = await Database.open(settings.database_url, clock=SystemClock(), exclusive=False)
        await migrate.check(database)
        warning = engines.sqlite_warning() if file is not None else None
        findings.append(_good(name, f"{database.address}, up to date" + (f". Note: {warning}" if warning else "")))
    except StorageError as error:
        findings.append(_bad(name, str(error)))
        if database is not None:
            await database.close()
        yield None
        return
    try:
        yield database
    finally:
        await database.close()


async def _secrets(settings: Settings, database: Database | None, findings: list[Condition]) -> SecretStore | None:
    """The secret store if every secret in it can be read."""
    name = "Secrets"
    try:
        keyring = Keyring.from_setting(settings.secret_keys.get_secret_value()) if settings.secret_keys else None
        if database is None:
            return None
        store = SecretStore(database, keyring, environment())
        await store.check()
        count = len(await store.names())
    except StorageError as error:
        findings.append(_bad(name, str(error)))
        return None
    keys = "" if keyring else "; USHER_SECRET_KEYS is not set, so none can be stored"
    findings.append(_good(name, f"{count} there, all of them readable{keys}"))
    return store


async def _catalog(settings: Settings, database: Database | None, findings: list[Condition]) -> Catalog:
    """What is offered, or will be once USHER_CATALOG is applied at the next start."""
    name = "Catalogue"
    catalog = Catalog()
    try:
        if settings.catalog is not None:
            catalog, lines = read_with_lines(
                decode(settings.catalog.read_bytes(), str(settings.catalog)), str(settings.catalog)
            )
            if database is not None:
                await _rehearse(database, catalog, lines)
        elif database is not None:
            async with database.read() as session:
                catalog = await load_catalog(session)
    except CatalogProblems as error:
        findings += [_bad(name, problem) for problem in error.problems]
        return catalog
    except OSError as error:
        findings.append(_bad(name, f"{settings.catalog}: {error.strerror}", "Correct USHER_CATALOG."))
        return catalog
    if catalog.applications:
        findings.append(_good(name, ", ".join(entry.name for entry in catalog.applications)))
    elif database is not None:
        findings.append(_bad(name, "it is empty, so nothing can be requested", "Write one: usher catalog apply FILE"))
    return catalog


class _Rehearsed(Exception):
    """It would go well."""


async def _rehearse(database: Database, catalog: Catalog, lines: Lines) -> None:
    """Applies the catalogue as the next start will, and takes it back. Raises `CatalogProblems` as that does."""

    async def rehearse(tx: Transaction) -> None:
        if await knows_anybody(tx.session):  # a first start reads the directory before
            await apply_catalog(tx, catalog=catalog, actor="usher", lines=lines)
        raise _Rehearsed

    with suppress(_Rehearsed):
        await database.write(rehearse)


@asynccontextmanager
async def connectors_for_a_while(settings: Settings, secrets: SecretStore) -> AsyncIterator[Connectors]:
    """The connectors as a run has them, beside one. It lets go of its browsers for as long as this takes."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(new_http_client())
        browsers = Browsers(settings.browser_profiles, program=settings.browser_program, borrow=True)
        stack.push_async_callback(browsers.close)
        yield Connectors(http, secrets, browsers)


async def _connectors(settings: Settings, catalog: Catalog, secrets: SecretStore) -> list[Condition]:
    async with connectors_for_a_while(settings, secrets) as connectors:
        return [
            replace(condition, name=f"{entry.name}, {condition.name}")
            for entry in catalog.applications
            for condition in await check_connector(connectors, entry)
        ]


# -- Slack -------------------------------------------------------------------------------------------------------------
async def _slack(settings: Settings) -> list[Condition]:
    findings: list[Condition] = []
    client = slack_client(settings)
    if settings.slack_app_token is not None:
        opened = await _ask(
            "Socket Mode",
            client.apps_connections_open(app_token=settings.slack_app_token.get_secret_value()),
            findings,
        )
        if opened is not None:
            findings.append(_good("Socket Mode", "Slack gives out a connection"))
    if settings.slack_bot_token is None:
        return findings
    signed_in = await _ask("Slack token", client.auth_test(), findings)
    if signed_in is None:
        return findings
    findings.append(_good("Slack token", f"{signed_in['user']} in {signed_in['team']}"))
    findings.append(_scopes(signed_in))
    if settings.alert_channel is not None:
        findings += await _alert_channel(client, settings.alert_channel)
    for admin in settings.admins:
        findings += await _admin(client, admin)
    return findings


async def _ask(name: str, call: Awaitable[AsyncSlackResponse], findings: list[Condition]) -> AsyncSlackResponse | None:
    """Slack's answer, or None with a finding that says why there is none."""
    try:
        return await call
    except SlackApiError as error:
        code = str(error.response.get("error", "unknown"))
        needed = error.response.get("needed")
        detail = f"Slack says {code}" + (f" (needed: {needed})" if needed else "")
        findings.append(_bad(name, detail, _REMEDIES.get(code, "Look the code up at docs.slack.dev.")))
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
        reason = str(error) or type(error).__name__
        findings.append(_bad(name, f"Slack cannot be reached ({reason})", "Check the network and SLACK_API_URL."))
    return None


def _scopes(signed_in: AsyncSlackResponse) -> Condition:
    name = "Slack scopes"
    given = {scope.strip() for scope in _header(signed_in, "x-oauth-scopes").split(",")}
    absent = [scope for scope in manifest.bot_scopes() if scope not in given]
    if absent:
        return _bad(
            name,
            f"the token lacks {', '.join(absent)}",
            "Put what `usher manifest` prints into the app (App Manifest), reinstall it, and copy the new token.",
        )
    return _good(name, "all that the manifest asks for")


def _header(response: AsyncSlackResponse, name: str) -> str:
    return next((str(value) for key, value in response.headers.items() if key.lower() == name), "")


async def _alert_channel(client: AsyncWebClient, channel: str) -> list[Condition]:
    findings: list[Condition] = []
    answer = await _ask("Alert channel", client.conversations_info(channel=channel), findings)
    if answer is None:
        return findings
    found = answer["channel"]
    named = f"#{found.get('name', channel)}"
    if found.get("is_archived"):
        return [_bad("Alert channel", f"{named} is archived", "Choose another: USHER_ALERT_CHANNEL.")]
    if not found.get("is_member"):
        return [_bad("Alert channel", f"Usher is not in {named}", "Write there: /invite @Usher")]
    return [_good("Alert channel", named)]


async def _admin(client: AsyncWebClient, admin: str) -> list[Condition]:
    findings: list[Condition] = []
    lookup = client.users_lookupByEmail(email=admin) if "@" in admin else client.users_info(user=admin)
    answer = await _ask(f"Admin {admin}", lookup, findings)
    if answer is None:
        return findings
    user = answer["user"]
    if user.get("deleted"):
        return [_bad(f"Admin {admin}", "this account is deactivated", "Name somebody else in USHER_ADMINS.")]
    return [_good(f"Admin {admin}", str(user.get("real_name") or user.get("name")))]

"""Wires the parts together; the only place that does. Decides nothing."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx
import structlog
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.routing import BaseRoute

from bot import handlers, logs
from bot.access import catalog_file, subjects
from bot.access.operations.apply_catalog import apply_catalog
from bot.access.operations.people import DirectoryDoubt
from bot.access.people_facts import knows_anybody, strangers
from bot.chatgpt_app.upkeep import forget_what_is_over
from bot.connectors.browser.transport import Browsers
from bot.connectors.http import new_http_client
from bot.engine.clock import DIRECTORY_EVERY, enqueue_occurrence
from bot.engine.connectors import Connectors
from bot.engine.directory import DirectoryError, SlackDirectory
from bot.engine.engine import Engine
from bot.engine.slack_calls import SlackRefused, SlackTroubles, call
from bot.engine.webhooks import Webhooks
from bot.handlers import directory_events
from bot.handlers.house import House
from bot.metrics.counts import Counts
from bot.metrics.page import metrics_page
from bot.metrics.slack import CountedSlack
from bot.serving import listen, serving
from bot.settings import Settings, SettingsError
from bot.settings import environment as read_environment
from bot.slack import connections_to_slack, slack_client
from bot.web import web_app
from storage import migrate, traces
from storage.clock import Clock, SystemClock
from storage.database import Database
from storage.engines import Limits
from storage.errors import StorageError
from storage.secrets import Keyring, SecretStore

#: seconds; the database's threads and the event loop take turns, and Python's 5 ms are long for somebody who pressed.
#: Shorter ones cost more than they bring: with half a millisecond an approval takes 5 percent more of the processor
SWITCH_INTERVAL = 0.002
#: seconds that a start waits for the managers of everybody
FIRST_LOOK = 30

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usher:
    """A running Usher."""

    database: Database
    secrets: SecretStore
    engine: Engine
    url: str  # where this process listens


def run(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT, then lets what runs finish. What `usher run` does."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_until_told_to_stop(settings))


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    clock: Clock | None = None,
    environment: Mapping[str, str] | None = None,
    listener: socket.socket | None = None,
) -> AsyncIterator[Usher]:
    """Starts everything, in the order in which the parts need each other, and stops it in the reverse order.

    Args:
        settings: complete (`Settings.for_run`).
        clock: another clock than the machine's, for the demo and for tests.
        environment: where secrets of the form USHER_SECRET_<NAME> are looked for; the process's, over `.env`.
        listener: a socket that listens already, for whoever has to know the port before; else as the settings say.

    Raises:
        StorageError, OSError, DirectoryError, CatalogProblems: it cannot start; the message says why and what to do.
    """
    async with AsyncExitStack() as stack:
        await migrate.upgrade(settings.database_url)
        limits = Limits(connections=settings.database_pool)
        database = await Database.open(settings.database_url, clock=clock or SystemClock(), limits=limits)
        stack.push_async_callback(database.close)
        secrets = SecretStore(database, _keyring(settings), read_environment() if environment is None else environment)
        http = await stack.enter_async_context(new_http_client())
        counts = Counts()
        database.on_lines += [counts.lines, logs.ledger_lines]
        browsers = Browsers(settings.browser_profiles, program=settings.browser_program)
        stack.push_async_callback(browsers.close)
        slack = slack_client(settings, counts)
        slack.session = await stack.enter_async_context(connections_to_slack())
        directory = SlackDirectory(database, slack, manager_field=settings.slack_manager_field)
        with traces.follow():
            await _learn(settings, database, directory)

        bolt = bolt_app(settings, slack)
        in_file = settings.catalog is not None
        from_slack = database.through("slack")
        handlers.register(bolt, House(database=from_slack, admins=settings.admins, catalog_in_file=in_file))
        directory_events.register(bolt, from_slack)
        engine = Engine(
            database,
            slack,
            Connectors(http, secrets, browsers, counts),
            alert_channel=settings.alert_channel,
            admins=settings.admins,
            directory=directory,
            webhooks=Webhooks(database, http, secrets),
            catalog_in_file=in_file,
            hourly=(forget_what_is_over,),
            count_claim=counts.claim,
        )
        await engine.start()
        stack.push_async_callback(engine.stop, within=settings.shutdown_seconds / 2)

        async def missing() -> list[str]:
            return await not_ready(database, engine, slack)

        async def metrics() -> bytes:
            return await metrics_page(database, counts)

        listener = listener or listen(settings.host, settings.port)
        host, port = listener.getsockname()[:2]
        over_http = settings.mode == "http"
        routes = await stack.enter_async_context(_chatgpt_app(settings, database, http, slack))
        token = settings.metrics_token
        served = web_app(
            bolt if over_http else None,
            missing,
            metrics,
            routes,
            metrics_token=token.get_secret_value() if token else None,
            only_https=(settings.public_url or "").startswith("https://"),
        )
        await stack.enter_async_context(serving(served, listener))
        if not over_http:
            await stack.enter_async_context(_socket_mode(settings, bolt, slack))
        log.info("usher.ready", mode=settings.mode, address=f"http://{host}:{port}", database=database.address)
        yield Usher(database=database, secrets=secrets, engine=engine, url=f"http://{host}:{port}")
        log.info("usher.stopping")


def bolt_app(settings: Settings, slack: AsyncWebClient) -> AsyncApp:
    """The Bolt app. It answers Slack after the listener is done, so that a decision is committed before the ack."""
    secret = settings.slack_signing_secret
    return AsyncApp(
        client=slack,
        signing_secret=secret.get_secret_value() if secret else "",
        request_verification_enabled=settings.mode == "http",
        process_before_response=True,
        raise_error_for_unhandled_request=False,
    )


async def not_ready(database: Database, engine: Engine, slack: CountedSlack) -> list[str]:
    """What keeps this process from doing its work, in words; empty when nothing does."""
    missing = []
    try:
        await migrate.check(database.url)
    except StorageError as error:
        missing.append(str(error))
    if not engine.dispatcher.is_beating():
        missing.append("the dispatcher is not looking at its tasks")
    if slack.rejected is not None:
        missing.append(f"Slack does not accept SLACK_BOT_TOKEN ({slack.rejected})")
    return missing


async def _learn(settings: Settings, database: Database, directory: SlackDirectory) -> None:
    """Who there is and what may be asked for. Once people are known, a start does not depend on Slack.

    Managers may take a call each: what is not read in time is read while Usher runs already.
    """
    try:
        await directory.sync_people()
        async with asyncio.timeout(FIRST_LOOK):
            await directory.sync()
    except TimeoutError:
        log.warning("directory.managers_follow", remedy="until they are read, the fallback is asked")
    except (DirectoryError, DirectoryDoubt) as error:
        async with database.read() as session:
            if not await knows_anybody(session):
                raise
        log.warning("directory.not_read", error=str(error))
    async with database.read() as session:
        for name in await strangers(session, settings.admins):
            log.warning("settings.unknown_admin", admin=name, remedy="correct USHER_ADMINS: nobody here is called that")
    await database.write(enqueue_occurrence, subjects.DIRECTORY, DIRECTORY_EVERY)
    if settings.catalog is not None:
        name = settings.catalog.name
        text = catalog_file.decode(await asyncio.to_thread(settings.catalog.read_bytes), name)
        catalog, lines = catalog_file.read_with_lines(text, name)
        for difference in await database.write(apply_catalog, catalog=catalog, actor="usher", lines=lines):
            log.info("catalog.applied", difference=str(difference))


@asynccontextmanager
async def _chatgpt_app(
    settings: Settings, database: Database, http: httpx.AsyncClient, slack: AsyncWebClient
) -> AsyncIterator[list[BaseRoute]]:
    """The routes of the ChatGPT app; none where there is no public address."""
    if settings.public_url is None:
        yield []
        return
    from bot.chatgpt_app.app import chatgpt_app  # forty megabytes, of no use to whoever does not have it on
    from bot.chatgpt_app.config import AppConfig

    async with chatgpt_app(AppConfig.of(settings), database, http, slack) as routes:
        yield routes


@asynccontextmanager
async def _socket_mode(settings: Settings, bolt: AsyncApp, slack: AsyncWebClient) -> AsyncIterator[None]:
    token = settings.slack_app_token.get_secret_value() if settings.slack_app_token else ""
    await _try_app_token(slack, token)
    handler = AsyncSocketModeHandler(bolt, token, web_client=slack)
    await handler.connect_async()  # type: ignore[no-untyped-call]  # as Bolt ships it
    try:
        yield
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


async def _try_app_token(slack: AsyncWebClient, token: str) -> None:
    """The SDK would try a wrong token for ever without a word. What Slack cannot answer now, it goes on trying."""
    try:
        await call(slack.apps_connections_open(app_token=token))
    except SlackRefused as refused:
        problem = (
            f"SLACK_APP_TOKEN opens no Socket Mode connection: Slack answers “{refused.what}”. Make an app-level token "
            "with the scope connections:write (api.slack.com/apps, your app, Basic Information)."
        )
        raise SettingsError([problem]) from refused
    except SlackTroubles as trouble:
        log.warning("slack.not_reached", error=trouble.what)


async def _until_told_to_stop(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(settings):
        stay_in_memory()
        await stop.wait()


def stay_in_memory() -> None:
    """What is there when the work begins stays until the end, so the garbage collector need not walk it each time.

    Walking it takes a tenth of a second, in which nobody is answered.
    """
    gc.collect()
    gc.freeze()


def _keyring(settings: Settings) -> Keyring | None:
    return Keyring.from_setting(settings.secret_keys.get_secret_value()) if settings.secret_keys else None


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where there is one: a fifth more transactions a second."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop

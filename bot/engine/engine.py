"""The engine: which handler runs which kind of task, and its start and stop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Sequence

from slack_sdk.web.async_client import AsyncWebClient

from bot.access import subjects
from bot.engine.accounts import Accounts
from bot.engine.board import Desk
from bot.engine.clock import start_clock
from bot.engine.connectors import Connectors
from bot.engine.directory import SlackDirectory
from bot.engine.dispatcher import Dispatcher
from bot.engine.health import Checks
from bot.engine.home import Homes
from bot.engine.messages import Messages
from bot.engine.reach import Reach
from bot.engine.upkeep import Upkeep, repair
from bot.engine.webhooks import Webhooks
from storage import task_queue
from storage.database import Database, Transaction
from storage.notifications import Notifications


class Engine:
    """Runs everything that follows from decisions. Use `start`, then `stop`."""

    def __init__(
        self,
        database: Database,
        slack: AsyncWebClient,
        connectors: Connectors,
        *,
        alert_channel: str | None,
        admins: Collection[str],
        directory: SlackDirectory,
        webhooks: Webhooks,
        catalog_in_file: bool = False,
        hourly: Sequence[Callable[[Transaction], Awaitable[None]]] = (),
        count_claim: Callable[[int, int], None] = lambda *_: None,
    ) -> None:
        accounts = Accounts(database, connectors)
        desk = Desk(channel=alert_channel, admins=tuple(admins), catalog_in_file=catalog_in_file)
        messages = Messages(database, slack, desk)
        homes = Homes(database, slack, tuple(admins))
        upkeep = Upkeep(database, connectors, directory, hourly)
        checks = Checks(database, connectors)
        self._database = database
        self.dispatcher = Dispatcher(
            database,
            {
                subjects.ACCOUNT: accounts.converge,
                subjects.CARDS: messages.converge,
                subjects.HOME: homes.publish,
                subjects.SLACK: Reach(database, slack).look,
                subjects.EXPIRE: upkeep.expire,
                subjects.ESCALATE: upkeep.escalate,
                subjects.LEFT: upkeep.left,
                subjects.PROBE: upkeep.probe,
                subjects.DIRECTORY: upkeep.directory,
                subjects.REPAIR: upkeep.repair,
                subjects.CHECK: checks.check,
                subjects.CHECKS: checks.check_all,
                subjects.WEBHOOK: webhooks.tell,
            },
            count_claim,
        )

    async def start(self) -> None:
        """Repairs what a crash may have left, then begins to run tasks."""
        if self._database.is_sqlite:
            # one process owns the file, so whoever held these leases is gone
            await self._database.write(task_queue.take_over)
        await self._database.write(repair)
        self._notifications = (
            None if self._database.is_sqlite else Notifications(self._database.url, self.dispatcher.nudge)
        )
        if self._notifications is not None:
            self._notifications.start()
        self._clock = start_clock(self._database, self.dispatcher.nudge)
        self._running = asyncio.create_task(self.dispatcher.run(), name="dispatcher")

    async def stop(self, *, within: float) -> None:
        """Lets what runs finish for `within` seconds, and hands the rest back."""
        self._clock.shutdown(wait=False)
        await self.dispatcher.stop(within=within)
        with contextlib.suppress(asyncio.CancelledError):
            await self._running
        if self._notifications is not None:
            await self._notifications.close()

"""Claims due tasks, runs them side by side, and writes down what came of each.

The tasks table is the truth. This only looks at it: when somebody committed a task (a nudge here, a NOTIFY from another
replica), when the next one falls due, and at every tick of the clock, whichever comes first.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from bot.access import subjects
from bot.engine.patience import Patience
from bot.engine.stuck import is_news, park, tell_of
from bot.engine.work import Again, Done, Handler, NotYet, Outcome, Parked, back_off
from storage import task_queue, traces
from storage.database import Database
from storage.errors import StorageError
from storage.ids import new_id
from storage.task_queue import ClaimedTask

LEASE = timedelta(seconds=30)
#: seconds between renewals of the leases of what runs
RENEWAL = 10.0
#: seconds; the longest sleep, as a net below nudges and ticks
LONGEST_SLEEP = 60.0
#: how many tasks run side by side, and how many of them may be about accounts: those wait for providers, and what
#: people look at is not to wait behind them
AT_ONCE = 20
ACCOUNTS_AT_ONCE = 16
#: seconds to wait when the database cannot be reached
PAUSE_WITHOUT_DATABASE = 1.0

log = structlog.get_logger(__name__)


class Dispatcher:
    """Runs tasks until it is stopped. `await run()` in a task of its own, then `await stop()`."""

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, Handler],
        count: Callable[[int, int], None] = lambda *_: None,
    ) -> None:
        """Begins nothing yet.

        Args:
            database: where the tasks are.
            handlers: what runs a task, by its kind.
            count: told of every look at the table how many tasks it took, and how often another worker was faster.
        """
        self.owner = new_id()
        self._count = count
        self._database = database
        self._handlers = handlers
        self._running: dict[asyncio.Task[None], ClaimedTask] = {}
        #: whose handler has not returned yet, by the task's id
        self._at_work: dict[int, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._stopping = False
        self._beat_at = 0.0
        self._patience = Patience()
        database.on_tasks.append(self.nudge)

    def nudge(self) -> None:
        """Has the dispatcher look at the table now. Never blocks and never raises; safe from a signal handler."""
        self._wake.set()

    def is_beating(self, *, within: float = 2 * LONGEST_SLEEP) -> bool:
        """Has it looked at the table in the last `within` seconds?"""
        return self._now() - self._beat_at < within

    async def run(self) -> None:
        """Claims and runs tasks until `stop` is called."""
        renewing = asyncio.create_task(self._renew_leases())
        try:
            while not self._stopping:
                try:
                    await self._turn()
                except StorageError as error:
                    log.warning("dispatcher.no_database", error=str(error))
                    await asyncio.sleep(PAUSE_WITHOUT_DATABASE)
                except Exception:
                    # a defect; but a process that lives and does nothing would be a worse one
                    log.exception("dispatcher.failed")
                    await asyncio.sleep(PAUSE_WITHOUT_DATABASE)
        finally:
            renewing.cancel()

    async def stop(self, *, within: float) -> None:
        """Takes nothing new, lets what runs finish for `within` seconds, and hands the rest back."""
        self._stopping = True
        self.nudge()
        if self._running:
            await asyncio.wait(self._running, timeout=within)
        left = dict(self._running)
        for running in left:
            running.cancel()
        if left:
            await asyncio.wait(left)
            await self._database.write(task_queue.hand_back, list(left.values()))
            log.info("dispatcher.handed_back", tasks=len(left))

    async def _turn(self) -> None:
        """One look at the table: start what is due, then sleep until there may be more."""
        self._wake.clear()  # before looking, so that a nudge during the look is not lost
        self._beat_at = self._now()
        free = AT_ONCE - len(self._running)
        claimed: list[ClaimedTask] = []
        due: datetime | None = None
        if free > 0:
            claimed, due, beaten = await task_queue.claim_due(
                self._database, owner=self.owner, limit=free, lease=LEASE, room=self._room()
            )
            self._count(len(claimed), beaten)
        if self._stopping:
            if claimed:  # `stop` knows nothing of them
                await self._database.write(task_queue.hand_back, claimed)
            return
        for task in claimed:
            self._patience.began(task, self._now())
            if task.id in self._at_work:
                # a clock leapt, or the machine slept, and the lease was over: what runs goes on, by the new claim
                running = self._at_work[task.id]
                self._running[running] = task
                continue
            running = asyncio.create_task(self._run(task))
            self._running[running] = task
            self._at_work[task.id] = running
            running.add_done_callback(self._finished)
        if len(claimed) == free > 0:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), self._pause(due))

    def _room(self) -> task_queue.Room:
        accounts = sum(task.kind == subjects.ACCOUNT for task in self._running.values())
        patient = self._patience.room(self._now())
        return task_queue.Room(kind=subjects.ACCOUNT, left=ACCOUNTS_AT_ONCE - accounts, patient=patient)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _pause(self, due: datetime | None) -> float:
        """Seconds until there is something to begin, if nobody wakes it before."""
        pauses = [LONGEST_SLEEP]
        if due is not None:
            pauses.append(max((due - self._database.clock.now()).total_seconds(), 0.0) + 0.001)
        now = self._now()
        if (more_room_at := self._patience.more_room_at(now)) is not None:
            pauses.append(more_room_at - now)
        return min(pauses)

    def _finished(self, running: asyncio.Task[None]) -> None:
        task = self._running.pop(running, None)
        if task is not None and self._at_work.get(task.id) is running:
            del self._at_work[task.id]  # it was cancelled
        self.nudge()

    async def _run(self, task: ClaimedTask) -> None:
        bound = {"task": task.kind, "key": task.key, "attempt": task.attempt}
        with traces.follow(task.trace), structlog.contextvars.bound_contextvars(**bound):
            outcome = await self._outcome(task)
            claim = self._work_is_over(task)
            if claim is not task and isinstance(outcome, Done):
                outcome = Again(after=timedelta())  # it may have been asked for before it was claimed again
            while True:
                try:
                    if is_news(claim, outcome):
                        await self._database.write(tell_of, claim, outcome)
                    return await self._write_down(claim, outcome)
                except StorageError as error:
                    # were it left to the lease, the task would wait for its end after the database is back
                    log.warning("task.not_written_down", error=str(error))
                    await asyncio.sleep(PAUSE_WITHOUT_DATABASE)

    def _work_is_over(self, task: ClaimedTask) -> ClaimedTask:
        """Its newest claim, by which it is written down. From now on a claim of it begins anew."""
        return self._running.get(self._at_work.pop(task.id), task)

    async def _outcome(self, task: ClaimedTask) -> Outcome:
        """Whatever goes wrong, the work is not lost: it is tried again, later and later."""
        try:
            return await self._handlers[task.kind](task)
        except StorageError as error:
            log.warning("task.no_database", error=str(error))
            return Again(after=timedelta(seconds=PAUSE_WITHOUT_DATABASE), error=str(error))
        except Exception as error:
            log.exception("task.failed")
            return Again(error=f"{type(error).__name__}: {error}")

    async def _write_down(self, task: ClaimedTask, outcome: Outcome) -> None:
        match outcome:
            case Done():
                kept = await self._database.write(task_queue.finish, task)
            case Again(after=after, error=error, patience=patience):
                pause = back_off(task.failures) if after is None else after
                run_at = self._database.clock.now() + pause
                kept = await self._database.write(
                    task_queue.retry, task, run_at=run_at, error=error, failed=error is not None, patience=patience
                )
            case NotYet(after=after):
                run_at = self._database.clock.now() + after
                kept = await self._database.write(task_queue.postpone, task, run_at=run_at)
            case Parked(incident_id=incident_id, error=error):
                kept = await self._database.write(park, task, incident_id=incident_id, error=error)
        if not kept:
            log.warning("task.lease_lost")

    async def _renew_leases(self) -> None:
        while True:
            await asyncio.sleep(RENEWAL)
            for running, task in list(self._running.items()):
                try:
                    kept = await self._database.write(task_queue.extend_lease, task, LEASE)
                    if not kept and self._running.get(running) is task:
                        running.cancel()
                except StorageError as error:
                    log.warning("dispatcher.lease_not_renewed", error=str(error))

"""What this process counts while it works: ledger lines, decision times, calls of connectors and of Slack."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry, Counter, Histogram

from bot.metrics.definitions import (
    CLAIMED,
    CLAIMS,
    CONNECTOR_CALLS,
    CONNECTOR_TIME,
    DECISION_TIME,
    EVENTS,
    SLACK_CALLS,
    Metric,
)
from storage.audit import Entry

#: the outcome of a call that did what it should
OK = "ok"


class Counts:
    """The counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._claims = self._counter(CLAIMS)
        self._claimed = self._counter(CLAIMED)
        self._events = self._counter(EVENTS)
        self._decisions = self._histogram(DECISION_TIME)
        self._connector_calls = self._counter(CONNECTOR_CALLS)
        self._connector_time = self._histogram(CONNECTOR_TIME)
        self._slack_calls = self._counter(SLACK_CALLS)

    def lines(self, entries: Sequence[Entry]) -> None:
        """Lines that were just committed to the ledger. A listener for `Database.on_lines`."""
        for entry in entries:
            self._events.labels(entry.event).inc()
            if entry.event == "request.vote":
                vote = json.loads(entry.data)
                self._decisions.labels(vote["decision"]).observe(vote["seconds_to_decide"])

    def claim(self, tasks: int, beaten: int) -> None:
        """One look at the tasks that are due took so many, after another worker had been faster so often."""
        self._claims.labels("took" if tasks else "nothing").inc()
        self._claims.labels("beaten").inc(beaten)
        self._claimed.inc(tasks)

    def slack_call(self, method: str, outcome: str) -> None:
        """One call of Slack's Web API was answered, or was not."""
        self._slack_calls.labels(method, outcome).inc()

    @asynccontextmanager
    async def connector_call(self, application: str, call: str) -> AsyncIterator[None]:
        """Counts and times what happens inside; an error is counted by its kind."""
        began = time.monotonic()
        outcome = OK
        try:
            yield
        except BaseException as error:
            outcome = type(error).__name__
            raise
        finally:
            self._connector_calls.labels(application, call, outcome).inc()
            self._connector_time.labels(application, call).observe(time.monotonic() - began)

    def _counter(self, metric: Metric) -> Counter:
        return Counter(metric.name, metric.says, metric.labels, registry=self.registry)

    def _histogram(self, metric: Metric) -> Histogram:
        return Histogram(metric.name, metric.says, metric.labels, buckets=metric.buckets, registry=self.registry)

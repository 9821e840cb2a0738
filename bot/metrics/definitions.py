"""Every metric: its name, what kind it is, what it says, and by what it is told apart.

The page at /metrics, the documentation, the dashboard and the alerts are all made of, or held to, this list. Names and
units follow Prometheus (prometheus.io/docs/practices/naming).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a number means, in Prometheus' words."""

    #: how much there is now; the same from every replica, because it is read from the database
    GAUGE = "gauge"
    #: how often something has happened in this process since it started
    COUNTER = "counter"
    #: how long something took in this process, in buckets
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric.

    Attributes:
        name: as Prometheus knows it; a counter's without the _total that is added to it.
        kind: what its number means.
        says: a sentence, for the page and the documentation.
        labels: by what it is told apart.
        buckets: of a histogram, the upper bounds in seconds.
    """

    name: str
    kind: Kind
    says: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def series(self) -> str:
        """The name under which its numbers are found."""
        return {Kind.GAUGE: self.name, Kind.COUNTER: f"{self.name}_total", Kind.HISTOGRAM: f"{self.name}_bucket"}[
            self.kind
        ]


_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0

REQUESTS = Metric(
    name="usher_requests", kind=Kind.GAUGE, says="Access requests, by the state they are in.", labels=("state",)
)
GRANTS = Metric(
    name="usher_grants",
    kind=Kind.GAUGE,
    says="Living grants, by application and state.",
    labels=("application", "state"),
)
SEATS = Metric(
    name="usher_seats",
    kind=Kind.GAUGE,
    says="Seats as last counted at the provider: used, invited and paid.",
    labels=("application", "seat_type", "what"),
)
INCIDENTS = Metric(
    name="usher_incidents_open",
    kind=Kind.GAUGE,
    says="Incidents that wait for a human, by application and cause.",
    labels=("application", "cause"),
)
TASKS = Metric(
    name="usher_tasks", kind=Kind.GAUGE, says="Tasks that are not done, by kind and state.", labels=("kind", "state")
)
TASK_LAG = Metric(
    name="usher_task_lag_seconds",
    kind=Kind.GAUGE,
    says="For how long the task that is due longest has waited for somebody to run it; 0 when none is due.",
)
OLDEST_TASK = Metric(
    name="usher_oldest_task_age_seconds",
    kind=Kind.GAUGE,
    says="The age of the oldest task that waits on an incident; 0 when none does.",
)
CLAIMS = Metric(
    name="usher_task_claims",
    kind=Kind.COUNTER,
    says="Looks of this process at the tasks that are due: it took some, there was nothing to take, or another replica "
    "reached for the same ones and was faster (beaten).",
    labels=("outcome",),
)
CLAIMED = Metric(
    name="usher_tasks_claimed", kind=Kind.COUNTER, says="Tasks that this process took on, each time it did."
)
EVENTS = Metric(
    name="usher_events",
    kind=Kind.COUNTER,
    says="Lines that this process wrote into the ledger, by event: everything that was asked, decided and done.",
    labels=("event",),
)
DECISION_TIME = Metric(
    name="usher_decision_seconds",
    kind=Kind.HISTOGRAM,
    says="From the moment an approver's card was posted to their word.",
    labels=("decision",),
    buckets=(10, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 4 * _HOUR, _DAY, 3 * _DAY, 7 * _DAY),
)
CONNECTOR_CALLS = Metric(
    name="usher_connector_calls",
    kind=Kind.COUNTER,
    says="What connectors were asked to do, by application, call and outcome: ok, or the kind of error.",
    labels=("application", "call", "outcome"),
)
CONNECTOR_TIME = Metric(
    name="usher_connector_seconds",
    kind=Kind.HISTOGRAM,
    says="How long a connector took for it.",
    labels=("application", "call"),
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
SLACK_CALLS = Metric(
    name="usher_slack_calls",
    kind=Kind.COUNTER,
    says="Calls of Slack's Web API, by method and outcome: ok, ratelimited, Slack's error code, or unreachable.",
    labels=("method", "outcome"),
)

METRICS = (
    REQUESTS, GRANTS, SEATS, INCIDENTS, TASKS, TASK_LAG, OLDEST_TASK, CLAIMS, CLAIMED, EVENTS, DECISION_TIME,
    CONNECTOR_CALLS, CONNECTOR_TIME, SLACK_CALLS,
)  # fmt: skip

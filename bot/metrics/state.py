"""What the database knows when somebody asks: the same numbers from every replica."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.ext.asyncio import AsyncSession

from bot.metrics.definitions import GRANTS, INCIDENTS, OLDEST_TASK, REQUESTS, SEATS, TASK_LAG, TASKS, Metric
from storage.tables import AccessRequest, Grant, Incident, RequestState, SeatCount, Task

# States as literals, for the partial indexes.
_REQUESTS = sa.select(AccessRequest.state, sa.func.count()).group_by(AccessRequest.state)
_GRANTS = (
    sa.select(Grant.application, Grant.state, sa.func.count())
    .where(Grant.state != sa.literal_column("'ended'"))
    .group_by(Grant.application, Grant.state)
)
_SEATS = sa.select(SeatCount.application, SeatCount.seat_type, SeatCount.used, SeatCount.invited, SeatCount.paid)
_INCIDENTS = (
    sa.select(Incident.application, Incident.cause, sa.func.count())
    .where(Incident.state == sa.literal_column("'open'"))
    .group_by(Incident.application, Incident.cause)
)
_TASKS = (
    sa.select(Task.kind, Task.state, sa.func.count())
    .where(Task.state != sa.literal_column("'done'"))
    .group_by(Task.kind, Task.state)
)
_DUE = sa.select(sa.func.min(Task.run_at)).where(Task.state == sa.literal_column("'open'"), Task.owner.is_(None))
_PARKED = sa.select(sa.func.min(Task.created_at)).where(Task.state == sa.literal_column("'parked'"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One gauge as it was read: its value for each combination of labels."""

    metric: Metric
    values: Sequence[tuple[tuple[str, ...], float]]


async def read_state(session: AsyncSession, *, now: datetime) -> list[Reading]:
    """Every gauge, on one moment of the database."""
    there = {str(state): float(number) for state, number in await session.execute(_REQUESTS)}
    return [
        Reading(metric=REQUESTS, values=[((str(state),), there.get(str(state), 0.0)) for state in RequestState]),
        Reading(metric=GRANTS, values=[_labelled(row) for row in await session.execute(_GRANTS)]),
        Reading(metric=SEATS, values=[each for row in await session.execute(_SEATS) for each in _seats(*row)]),
        Reading(metric=INCIDENTS, values=[_labelled(row) for row in await session.execute(_INCIDENTS)]),
        Reading(metric=TASKS, values=[_labelled(row) for row in await session.execute(_TASKS)]),
        Reading(metric=TASK_LAG, values=[((), _age(await session.scalar(_DUE), now))]),
        Reading(metric=OLDEST_TASK, values=[((), _age(await session.scalar(_PARKED), now))]),
    ]


def _labelled(row: Iterable[Any]) -> tuple[tuple[str, ...], float]:
    *labels, number = tuple(row)
    return tuple(str(label or "") for label in labels), float(number)


def _seats(
    application: str, seat_type: str, used: int | None, invited: int | None, paid: int | None
) -> Iterable[tuple[tuple[str, ...], float]]:
    """What the provider does not say is left out, rather than shown as none."""
    for what, number in (("used", used), ("invited", invited), ("paid", paid)):
        if number is not None:
            yield (application, seat_type, what), float(number)


def _age(moment: datetime | None, now: datetime) -> float:
    return max((now - moment).total_seconds(), 0.0) if moment is not None else 0.0


class StateCollector(Collector):
    """Hands what was read to Prometheus' own writer of the page."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        self._readings = readings

    def collect(self) -> Iterable[GaugeMetricFamily]:
        for reading in self._readings:
            family = GaugeMetricFamily(reading.metric.name, reading.metric.says, labels=reading.metric.labels)
            for labels, value in reading.values:
                family.add_metric(labels, value)
            yield family

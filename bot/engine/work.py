"""What a piece of work can come to, and how long to wait before trying again. Pure."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from storage.task_queue import ClaimedTask

FIRST_PAUSE = timedelta(seconds=2)
#: a removal is retried at least hourly, so nothing ever waits longer
LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """There is nothing more to do, until it is asked for again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """To be run again after a while.

    Attributes:
        after: how long to wait; None for the back-off that the failures in a row ask for.
        error: what went wrong, in words; None when nothing did.
        patience: for how long others that are due go first.
    """

    after: timedelta | None = None
    error: str | None = None
    patience: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotYet:
    """Its turn has not come, and nothing was tried: how often it failed before stays as it is.

    Attributes:
        after: how long until its turn.
    """

    after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """Waits until an incident is resolved."""

    incident_id: str
    error: str


Outcome = Done | Again | NotYet | Parked
Handler = Callable[[ClaimedTask], Awaitable[Outcome]]


def back_off(failures: int) -> timedelta:
    """How long to wait after so many failures in a row: doubling, at most an hour, and never two at the same moment."""
    pause = min(FIRST_PAUSE * 2.0 ** min(failures, 20), LONGEST_PAUSE)
    return pause * random.uniform(0.75, 1.0)  # noqa: S311 - spreads load, guards no secret

"""What caused what is done now: an id that is born at a door and goes along to the last call outside.

The ledger keeps it with each line and the task queue with each task, so work that outlives the press still names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from storage.ids import new_id

_trace: ContextVar[str | None] = ContextVar("trace", default=None)


def current() -> str | None:
    """The trace of what is done now; None where nothing at a door caused it."""
    return _trace.get()


def begin() -> None:
    """A trace is born, to which belongs whatever this task of the event loop does until the next one."""
    _trace.set(new_id())


@contextmanager
def follow(trace: str | None = None) -> Iterator[str]:
    """What happens inside belongs to this trace; without one a new one is born, as at a door."""
    trace = trace or new_id()
    before = _trace.set(trace)
    try:
        yield trace
    finally:
        _trace.reset(before)

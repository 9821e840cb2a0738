"""Logging belongs to the whole process: whoever sets it up in a test has to leave it as it was."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

_LOOKED_FOR = ("_srcfile", "logThreads", "logProcesses", "logMultiprocessing")


@contextmanager
def logging_as_before() -> Iterator[None]:
    """Undoes what `bot.logs.set_up` does, at the end of the block."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    looked_for = {name: getattr(logging, name) for name in _LOOKED_FOR}
    try:
        yield
    finally:
        for name, value in looked_for.items():
            setattr(logging, name, value)
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.captureWarnings(capture=False)
        structlog.reset_defaults()

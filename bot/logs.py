"""Log lines: one shape for Usher's own and for those of the libraries, and no secret in any of them."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
from collections.abc import Iterable, Sequence
from logging.handlers import MemoryHandler
from typing import Any, TextIO

import structlog

from bot.settings import SECRET_PREFIX, Settings, environment
from storage import traces
from storage.audit import Entry

MASK = "•••"
#: a shorter value would mask half of every line
_SHORTEST = 6
#: what looks like a credential wherever it comes from; the group that is kept comes first
_CREDENTIALS = re.compile(
    r"""
      (\b)(?:xox[a-z](?:\.xox[a-z])?|xapp)-[A-Za-z0-9-]{5,}         # Slack's tokens
    | (\b[Bb]earer\s+)[^\s"',;]+                                    # an Authorization header
    | (\bAuthorization["']?\s*[:=]\s*["']?)[^"',;\s][^"',;]*        # any other scheme
    | (session-token(?:\.\d)?["']?\s*[:=]\s*["']?)[^\s"';,]+        # ChatGPT's session cookie
    | (\b)sk-[A-Za-z0-9_-]{8,}                                      # OpenAI's keys
    | (\b)eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)* # a JSON web token
    | ([?&](?:code|ticket|token|access_token|id_token)=)[^&\s"']+   # OAuth's, in an address
    | (://[^/:@\s]+:)[^@/\s]+(?=@)                                  # the password of an address
    """,
    re.VERBOSE,
)
#: without one of these there is no credential in a line; looking for them takes a hundredth of the time
_SIGNS = ("xox", "xapp-", "earer", "uthorization", "session-token", "sk-", "eyJ", "://", "code=", "ticket=", "token=")
#: fields whose value is nobody's business but its owner's: what people wrote, and credentials whatever they look like
_WITHHELD = re.compile(
    r"(^|_)(reason|comment|note|text|body|token|secret|password|passphrase|cookie|authorization|credential|code_verifier)s?$",
    re.IGNORECASE,
)
#: libraries that tell at INFO what they do all day, addresses with ids among it
_TALKATIVE = (
    "apscheduler",
    "httpcore",
    "httpx",
    "mcp",
    "slack_bolt",
    "slack_sdk",
    "sqlalchemy",
    "uvicorn.access",
    "alembic",
)

#: seconds, and lines, for which a line is kept at most before it is written
_MOMENT = 0.02
_MOST_KEPT = 1000

_ledger = structlog.get_logger("ledger")


class Masker:
    """Takes credentials out of text: those that are known, and whatever looks like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {spelling for secret in secrets if len(secret) >= _SHORTEST for spelling in _spellings(secret)}
        longest_first = sorted(known, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(MASK, text)
        if not any(sign in text for sign in _SIGNS):
            return text
        return _CREDENTIALS.sub(lambda found: f"{next((kept for kept in found.groups() if kept), '')}{MASK}", text)


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Masks the finished line, tracebacks and all, so that no way into a line is forgotten.

    A line of Usher's own needs nothing of the record that it came in, which structlog copies first.
    """

    def __init__(
        self,
        *,
        masker: Masker,
        shared: Sequence[structlog.typing.Processor],
        last: Sequence[structlog.typing.Processor],
    ) -> None:
        super().__init__(foreign_pre_chain=shared, processors=[self.remove_processors_meta, *last])
        self._masker = masker
        self._last = last

    def format(self, record: logging.LogRecord) -> str:
        is_own = hasattr(record, "_logger") and isinstance(record.msg, dict)  # structlog's mark
        return self._masker(self._rendered(record.msg) if is_own else super().format(record))

    def _rendered(self, event: Any) -> str:
        line = event.copy()
        for processor in self._last:
            line = processor(None, "", line)
        return str(line)


class _Unhurried(MemoryHandler):
    """Writes Usher's own lines a moment later, in their order: whoever pressed waits for no formatting.

    A line says when it happened, not when it was written. Whatever warns is written at once, with all before it, and so
    are the lines of libraries and those outside an event loop. Only a process that is killed loses its last moment.
    """

    def __init__(self, target: logging.Handler) -> None:
        super().__init__(capacity=_MOST_KEPT, flushLevel=logging.WARNING, target=target)
        self._loop: asyncio.AbstractEventLoop | None = None  # that has the next flush to do

    def shouldFlush(self, record: logging.LogRecord) -> bool:  # noqa: N802  # logging's name
        if super().shouldFlush(record) or not isinstance(record.msg, dict):
            return True
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return True
        if len(self.buffer) == 1 or loop is not self._loop:
            self._loop = loop
            loop.call_later(_MOMENT, self.flush)
        return False


def withhold(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A processor: what people wrote, and whatever is named as a credential, is masked by the name of its field."""
    return {name: MASK if value and _WITHHELD.search(name) else value for name, value in event.items()}


def add_trace(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A processor: the line says which press, call or tick it belongs to (`storage.traces`)."""
    trace = traces.current()
    if trace is not None:
        event["trace"] = trace
    return event


def ledger_lines(entries: Sequence[Entry]) -> None:
    """A log line for each line that was committed to the ledger, without its details: reasons are among them.

    A listener for `Database.on_lines`.
    """
    for entry in entries:
        _ledger.info(entry.event, actor=entry.actor, subject=entry.subject)


def set_up(settings: Settings, *, level: str | None = None, stream: TextIO | None = None) -> None:
    """Sends every log line of the process through one format to `stream` (standard error).

    Args:
        settings: the format, the level, and the secrets that no line may hold.
        level: instead of the setting's.
    """
    secrets = [
        *settings.secret_values(),
        *(value for name, value in environment().items() if name.startswith(SECRET_PREFIX)),
    ]
    out = stream or sys.stderr
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        add_trace,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        withhold,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    last: list[structlog.typing.Processor]
    if settings.log_format == "json":
        last = [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_json),
        ]
    else:
        plain = structlog.dev.plain_traceback
        last = [structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=plain)]

    handler = logging.StreamHandler(out)
    handler.setFormatter(_Formatter(masker=Masker(secrets), shared=shared, last=last))
    # what no line shows is not looked for (docs.python.org/3/howto/logging.html, "Optimization")
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    root = logging.getLogger()
    for former in root.handlers:
        former.flush()
    root.handlers[:] = [_Unhurried(handler)]
    root.setLevel((level or settings.log_level).upper())
    logging.captureWarnings(capture=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.NOTSET if root.level == logging.DEBUG else logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _json(value: object, **options: Any) -> str:
    return json.dumps(value, ensure_ascii=False, **options)


def _spellings(secret: str) -> tuple[str, ...]:
    """A secret as it stands in plain text, inside a JSON string, and inside a Python one."""
    return secret, json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]

"""Log lines hold what happened, and no secret."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog

from bot import logs
from bot.settings import Settings
from storage import traces
from storage.audit import Entry
from tests.support.logging_as_before import logging_as_before
from tests.support.waiting import until


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    with logging_as_before():
        yield


def _written(format_: str, **settings: object) -> io.StringIO:
    stream = io.StringIO()
    logs.set_up(Settings.given(log_format=format_, **settings), stream=stream)
    return stream


def test_libraries_and_usher_write_one_shape() -> None:
    """With USHER_LOG_FORMAT=json each line is one object with the same keys, whoever wrote it."""
    stream = _written("json")
    structlog.get_logger("bot.x").info("grant.ended", grant="g1")
    logging.getLogger("uvicorn.error").warning("listening on %s", "::1")
    ours, theirs = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (ours["event"], ours["grant"], ours["level"]) == ("grant.ended", "g1", "info")
    assert (theirs["event"], theirs["logger"], theirs["level"]) == ("listening on ::1", "uvicorn.error", "warning")
    assert ours["timestamp"].endswith("Z")
    assert theirs["timestamp"].endswith("Z")


async def test_nobody_waits_for_a_line_and_the_order_stays() -> None:
    """What is only told is written a moment later; what warns at once, with all before it; each with its own time."""
    stream = _written("json")
    log = structlog.get_logger("bot.x")
    log.info("first")
    assert stream.getvalue() == ""
    await until(lambda: "first" in stream.getvalue())
    log.info("second")
    log.warning("third")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["first", "second", "third"]
    log.info("fourth")
    logging.getLogger("lib").warning("fifth")
    times = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [each["event"] for each in times[3:]] == ["fourth", "fifth"]
    assert [each["timestamp"] for each in times] == sorted(each["timestamp"] for each in times)


def test_no_line_waits_for_an_event_loop_that_is_over() -> None:
    """A command runs one after the other: what the first left unwritten comes with the next line, before it."""
    stream = _written("json")

    async def tell(event: str) -> None:
        structlog.get_logger("bot.x").info(event)

    asyncio.run(tell("first"))
    structlog.get_logger("bot.x").info("second")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["first", "second"]

    async def tell_and_wait() -> None:
        await tell("fourth")
        await until(lambda: "fourth" in stream.getvalue())

    asyncio.run(tell("third"))
    asyncio.run(tell_and_wait())


async def test_the_last_lines_are_written_at_the_end() -> None:
    """A process that stops leaves nothing unwritten: then Python closes every handler (`logging.shutdown`)."""
    stream = _written("json")
    structlog.get_logger("bot.x").info("usher.stopped")
    logging.getLogger().handlers[0].close()
    assert json.loads(stream.getvalue())["event"] == "usher.stopped"


def test_context_is_part_of_every_line() -> None:
    """What is bound while a task runs stands in each of its lines."""
    stream = _written("json")
    with structlog.contextvars.bound_contextvars(task="account"):
        logging.getLogger("lib").warning("hm")
    assert json.loads(stream.getvalue())["task"] == "account"


def test_the_level_is_kept() -> None:
    """USHER_LOG_LEVEL=warning leaves everything below out."""
    stream = _written("console", log_level="warning")
    structlog.get_logger("bot.x").info("quiet")
    structlog.get_logger("bot.x").warning("loud")
    assert "quiet" not in stream.getvalue()
    assert "loud" in stream.getvalue()


@pytest.mark.parametrize("format_", ["console", "json"])
@pytest.mark.parametrize("secret", ["pass-word-1", 'quo"te\\d-1', "ümläut-€-1", "it's-mine-1"])
def test_known_secrets_are_masked_everywhere(format_: str, secret: str) -> None:
    """A secret of the settings stands neither in a message, nor in a value, nor in a traceback."""
    stream = _written(format_, secret_keys=secret)
    log = structlog.get_logger("bot.x")
    log.info("the key is %s", secret, key=secret, nested={"keys": [secret]})
    try:
        raise ValueError(secret)
    except ValueError:
        log.exception("failed")
        logging.getLogger("lib").exception("failed too")
    written = stream.getvalue()
    assert secret not in written
    assert json.dumps(secret, ensure_ascii=False)[1:-1] not in written
    assert logs.MASK in written
    assert "ValueError" in written


def test_secrets_of_the_environment_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A credential that is given as USHER_SECRET_<NAME> is known to the log, too."""
    monkeypatch.setenv("USHER_SECRET_FIGMA", "figma-cookie")
    stream = _written("console")
    logging.getLogger("lib").warning("sent figma-cookie")
    assert "figma-cookie" not in stream.getvalue()


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("token xoxb-12345-abcde was refused", "token ••• was refused"),
        ("token xapp-1-A0-99-abc", "token •••"),
        ("Authorization: Bearer abc.def", "Authorization: •••"),
        ("{'Authorization': 'Basic dXNlcg=='}", "{'Authorization': '•••'}"),
        ("sent bearer abcdef, got 401", "sent bearer •••, got 401"),
        ("Cookie: __Secure-next-auth.session-token=abc.def; x=1", "Cookie: __Secure-next-auth.session-token=•••; x=1"),
        ("key sk-admin-abcdefgh", "key •••"),
        ("jwt eyJhbGciOiJIUzI1NiJ9.e30.c2ln end", "jwt ••• end"),
        ("GET /oauth/slack/callback?state=x&code=abc.def HTTP", "GET /oauth/slack/callback?state=x&code=••• HTTP"),
        ("postgresql://usher:hunter2@db/usher", "postgresql://usher:•••@db/usher"),
        ("risk-averse people ask-for-it", "risk-averse people ask-for-it"),
    ],
)
def test_what_looks_like_a_credential_is_masked(line: str, kept: str) -> None:
    """Credentials that Usher was never told of are known by their looks; ordinary words stay."""
    assert logs.Masker()(line) == kept


@pytest.mark.parametrize("format_", ["console", "json"])
@pytest.mark.parametrize("name", ["reason", "decision_reason", "text", "comments", "access_token", "authorization"])
def test_what_people_wrote_is_withheld(format_: str, name: str) -> None:
    """Reasons, comments and whatever is named as a credential are masked by the name of their field, whoever logs."""
    stream = _written(format_)
    structlog.get_logger("bot.x").info("request.denied", request="r1", **{name: "too expensive"})
    logging.getLogger("lib").warning("hm", extra={name: "too expensive"})
    assert "too expensive" not in stream.getvalue()
    assert stream.getvalue().count(logs.MASK) == 2
    assert "r1" in stream.getvalue()


def test_a_ledger_line_is_logged_without_its_details() -> None:
    """What was decided, by whom and about what, under the trace of the press; the reason stays in the ledger."""
    stream = _written("json")
    entry = Entry(
        at=datetime.now(UTC), actor="U1", event="request.denied", subject="request:1", data='{"reason":"too expensive"}'
    )
    with traces.follow("t1"):
        logs.ledger_lines([entry])
    line = json.loads(stream.getvalue())
    assert (line["event"], line["actor"], line["subject"], line["trace"]) == ("request.denied", "U1", "request:1", "t1")
    assert "too expensive" not in stream.getvalue()


def test_short_values_are_not_masked() -> None:
    """A secret of a few letters would mask half of every line, so it does not count as one."""
    assert logs.Masker(["in"])("something") == "something"

"""From every answer that callers of the web-admin API have met to the contract's closed set of errors."""

from __future__ import annotations

import json
from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.connectors.chatgpt.admin_api_rights import ADMIN_KEY
from bot.connectors.chatgpt.errors import Answer, Call, failure, refusal, shape, tidy
from bot.connectors.contract import (
    Blocked,
    ConnectorError,
    ManagedElsewhere,
    NoFreeSeat,
    NotPermitted,
    Refused,
    SignInAgain,
    TryLater,
    Unexpected,
    UnknownOutcome,
)

READ = Call(what="read the members", writes=False, need="Admin")
WRITE = Call(what="invite ada@example.com", writes=True, need="Owner")
PAGE = b"<!DOCTYPE html><title>Hello</title>"
CHALLENGE = b"<!DOCTYPE html><title>Just a moment...</title><script>window._cf_chl_opt={}</script>"


def said(status: int, body: object = None, **headers: str) -> Answer:
    content = b"" if body is None else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, headers=httpx.Headers({"content-type": "application/json"} | names), body=content)


def page(status: int, body: bytes = PAGE, **headers: str) -> Answer:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, headers=httpx.Headers({"content-type": "text/html"} | names), body=body)


PENDING = {"error": {"code": "seat_true_up_pending", "message": "A seat purchase is in progress"}}


@pytest.mark.parametrize(
    ("answer", "of_a_read", "of_a_write"),
    [
        (said(200, {}), None, None),
        (said(204), None, None),
        # a dead token, in every shape
        (said(401, {"error": {"code": "token_revoked", "message": "m"}}), SignInAgain, SignInAgain),
        (said(401, {"detail": {"message": "Unauthorized - Access token is missing"}}), SignInAgain, SignInAgain),
        (said(401, {"detail": "Could not parse your authentication token"}), SignInAgain, SignInAgain),
        (said(401), SignInAgain, SignInAgain),
        # a purchase that is no auth failure
        (said(401, PENDING), TryLater, TryLater),
        (said(400, PENDING), TryLater, TryLater),
        (said(400, {"detail": "seat_true_up_pending"}), TryLater, TryLater),
        # rights
        (said(403, {"detail": "Forbidden"}), NotPermitted, NotPermitted),
        (said(402, {"detail": "Payment required"}), NotPermitted, NotPermitted),
        (said(403, {"detail": {"code": "deactivated_workspace"}}), NotPermitted, NotPermitted),
        (said(402, {"detail": {"code": "deactivated_workspace"}}), NotPermitted, NotPermitted),
        (said(404, {"detail": {"code": "workspace_not_found"}}), NotPermitted, NotPermitted),
        # seats
        (
            said(400, {"detail": "1 additional seat needed. Add 1 additional seat to send this invite."}),
            NoFreeSeat,
            NoFreeSeat,
        ),
        (said(403, {"message": "You have reached maximum number of seats"}), NoFreeSeat, NoFreeSeat),
        # others' accounts, and others at work
        (said(409, {"error": {"code": "scim_managed_resource"}}), ManagedElsewhere, ManagedElsewhere),
        (said(409, {"detail": "Membership is being modified"}), TryLater, TryLater),
        # busy
        (said(429, {"detail": "Too many requests"}), TryLater, TryLater),
        (said(429), TryLater, TryLater),
        (said(400, {"error": {"code": "rate_limit_exceeded"}}), TryLater, TryLater),
        # what may have happened
        (said(408), TryLater, UnknownOutcome),
        (said(425), TryLater, UnknownOutcome),
        (said(500, {"detail": "Internal Server Error"}), TryLater, UnknownOutcome),
        (said(503, {"detail": "Overloaded"}), TryLater, UnknownOutcome),
        (said(500, {"detail": "1 additional seat needed"}), TryLater, UnknownOutcome),
        (page(502, b"<html><h1>502 Bad Gateway</h1></html>"), TryLater, UnknownOutcome),
        (page(504), TryLater, UnknownOutcome),
        (Answer(status=500, headers={"content-type": "text/plain"}, body=b"Oops"), TryLater, UnknownOutcome),
        # refused
        (said(400, {"detail": "Invalid email domain"}), Unexpected, Refused),
        (said(400, {"detail": "Unable to invite user due to an error."}), Unexpected, Refused),
        # bugs, and the unknown
        (said(422, {"detail": [{"loc": ["body", "role"], "msg": "m", "type": "t"}]}), Unexpected, Unexpected),
        (said(404, {"detail": "Not Found"}), Unexpected, Unexpected),
        (said(302, None, location="https://elsewhere.example"), Unexpected, Unexpected),
        (page(302, b"<a href='/login'>Found</a>"), Unexpected, Unexpected),
        (said(418, ["strange"]), Unexpected, Unexpected),
        (Answer(status=413, headers={"content-type": "text/plain"}, body=b"Payload Too Large"), Unexpected, Unexpected),
        (page(413, b"<html><h1>413 Request Entity Too Large</h1></html>"), Unexpected, Unexpected),
        # challenges, whatever the status
        (page(403, CHALLENGE), Blocked, Blocked),
        (page(503, CHALLENGE), Blocked, Blocked),
        (page(200, CHALLENGE), Blocked, Blocked),
        (page(500, CHALLENGE), Blocked, Blocked),
        (page(413, CHALLENGE), Blocked, Blocked),
        (page(403), Blocked, Blocked),
        (page(503), Blocked, Blocked),
        (page(200), Blocked, Blocked),
        (Answer(status=200, headers={"content-type": "text/plain"}, body=b"ok"), Blocked, Blocked),
        (Answer(status=403, headers={}, body=b"  <html>"), Blocked, Blocked),
        (said(403, {"detail": "Forbidden"}, cf_mitigated="challenge"), Blocked, Blocked),
        (said(401, None, cf_mitigated="challenge"), Blocked, Blocked),
    ],
)
def test_every_answer_has_its_place_in_the_closed_set(
    answer: Answer, of_a_read: type[ConnectorError] | None, of_a_write: type[ConnectorError] | None
) -> None:
    """A change whose outcome is not certain is never called failed."""
    for call, expected in ((READ, of_a_read), (WRITE, of_a_write)):
        found = failure(call, answer)
        assert (type(found) if found else None) == expected, call


BY_KEY_READ = Call(what="read the users", writes=False, need="Users: Read", access=ADMIN_KEY)
BY_KEY_WRITE = Call(what="invite ada@example.com", writes=True, need="Invitations: Write", access=ADMIN_KEY)


@pytest.mark.parametrize(
    ("answer", "of_a_read", "of_a_write"),
    [
        (said(400, {"error": {"code": "invalid_request", "message": "m"}}), Unexpected, Refused),
        (said(401, {"error": {"code": "invalid_api_key", "message": "m"}}), SignInAgain, SignInAgain),
        (said(403, {"error": {"code": "missing_scope", "message": "m"}}), NotPermitted, NotPermitted),
        (said(404, {"error": {"code": "not_found", "message": "m"}}), NotPermitted, NotPermitted),
        (said(404), NotPermitted, NotPermitted),
        (said(409, {"error": {"code": "scim_managed_resource"}}), ManagedElsewhere, ManagedElsewhere),
        (said(409, {"error": {"code": "idempotency_key_reused", "message": "m"}}), Unexpected, Refused),
        (said(422, {"detail": [{"loc": ["body", "role"], "msg": "m", "type": "t"}]}), Unexpected, Unexpected),
        (said(429, {"error": {"code": "rate_limit_exceeded"}}), TryLater, TryLater),
        (said(500, {"error": {"message": "m"}}), TryLater, UnknownOutcome),
        (said(503), TryLater, UnknownOutcome),
        (page(403, CHALLENGE), Blocked, Blocked),
    ],
)
def test_every_answer_of_the_admin_api_has_its_place(
    answer: Answer, of_a_read: type[ConnectorError], of_a_write: type[ConnectorError]
) -> None:
    """The table of its reference; a 404 that nobody asked for is the workspace's or the plan's."""
    for call, expected in ((BY_KEY_READ, of_a_read), (BY_KEY_WRITE, of_a_write)):
        assert type(failure(call, answer)) is expected, call


def test_the_remedy_fits_the_credential() -> None:
    """Nobody has to sign in where a key is needed, nor to make a key where somebody has to sign in."""
    for status, words in ((401, "make a new key"), (403, "Invitations: Write"), (404, "Only Enterprise and Edu")):
        by_key, by_session = failure(BY_KEY_WRITE, said(status)), failure(WRITE, said(status))
        assert by_key is not None
        assert by_session is not None
        assert words in by_key.remedy
        assert "integration account" not in by_key.explanation + by_key.remedy
        assert "Admin key" not in by_session.explanation + by_session.remedy


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"data": [{"id": "user-1", "age": 7}], "more": None}, "{data: [{id: str, age: int}], more: null}"),
        ({"ada@example.com": True}, "{…: bool}"),
        ({"a": {"b": {"c": {"d": 1}}}}, "{a: {b: {c: dict}}}"),
        ([], "list"),
        ("secret", "str"),
    ],
)
def test_what_came_is_told_without_what_was_in_it(body: object, expected: str) -> None:
    """Names of fields and types of values, for a bug report."""
    assert shape(json.dumps(body).encode()) == expected
    assert (shape(b""), shape(b"<html>")) == ("empty", "not JSON")


REQUEST = httpx.Request("POST", "https://chatgpt.com", headers={"Cookie": "name=the-secret"})


@pytest.mark.parametrize("kind", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
def test_a_call_that_was_never_sent_can_be_sent_later(kind: type[httpx.TransportError]) -> None:
    """Only errors about connecting mean that."""
    for call in (READ, WRITE):
        assert type(failure(call, kind("x", request=REQUEST))) is TryLater


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadError("x", request=REQUEST),
        httpx.WriteError("x", request=REQUEST),
        httpx.ReadTimeout("x", request=REQUEST),
        httpx.WriteTimeout("x", request=REQUEST),
        httpx.RemoteProtocolError("x", request=REQUEST),
        httpx.DecodingError("x", request=REQUEST),
        TimeoutError(),
    ],
)
def test_a_change_without_an_answer_may_have_happened(error: Exception) -> None:
    """A broken connection and silence say nothing about what the server did."""
    assert type(failure(READ, error)) is TryLater
    assert type(failure(WRITE, error)) is UnknownOutcome


def test_an_exceptions_own_words_are_never_told() -> None:
    """httpx quotes header values in some of them."""
    error = httpx.LocalProtocolError("Illegal header value b'name=the-secret'", request=REQUEST)
    assert "the-secret" not in failure(WRITE, error).explanation


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "17"}, 17),
        ({"retry_after": "0"}, 1),
        ({"retry_after": "999999999"}, 3600),
        ({}, 60),
        ({"retry_after": "soon"}, 60),
        ({"retry_after": "-5"}, 60),
        (
            {"retry_after": "Mon, 23 Nov 2026 10:02:00 GMT", "date": "Mon, 23 Nov 2026 10:00:00 GMT"},
            120,
        ),
        ({"retry_after": "Mon, 23 Nov 2026 10:02:00 GMT"}, 60),
    ],
)
def test_retry_after_is_honoured(headers: dict[str, str], seconds: int) -> None:
    """In seconds or as a date, within reason; a minute where ChatGPT does not say."""
    error = failure(WRITE, said(429, {"detail": "Too many requests"}, **headers))
    assert isinstance(error, TryLater)
    assert error.after == timedelta(seconds=seconds)


def test_a_conflict_is_tried_again_soon() -> None:
    """Somebody else changes the members at this moment."""
    error = failure(WRITE, said(409, {"detail": "Conflict"}))
    assert isinstance(error, TryLater)
    assert error.after == timedelta(seconds=5)


def test_a_missing_right_is_named() -> None:
    """The admin reads what to give, not a status."""
    error = failure(WRITE, said(403, {"detail": "Forbidden"}))
    assert isinstance(error, NotPermitted)
    assert error.need == "Owner"
    assert "Owner" in error.remedy


def test_a_status_that_the_caller_reads_itself_is_no_failure() -> None:
    """404 on a removal means that there is nothing to remove, unless it is the workspace that is not there."""
    removal = Call(what="remove a member", writes=True, need="Admin", answers=frozenset({404}))
    assert failure(removal, said(404, {"detail": "User not found"})) is None
    assert type(failure(removal, said(404, {"detail": {"code": "workspace_not_found"}}))) is NotPermitted
    assert type(failure(removal, page(404))) is Blocked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Unable to invite user due to an error.", Refused),
        ("Invalid email domain", Refused),
        ("domain is not allowed for this workspace", Refused),
        ("1 additional seat needed. Add 1 additional seat to send this invite.", NoFreeSeat),
        ("2 additional seats needed.", NoFreeSeat),
        ("You have reached maximum number of seats", NoFreeSeat),
        ("seat_true_up_pending", TryLater),
        ("deactivated_workspace", NotPermitted),
        ("rate_limit_exceeded", TryLater),
        ("", Refused),
    ],
)
def test_a_reason_for_one_address_is_understood(text: str, expected: type[ConnectorError]) -> None:
    """`errored_emails` holds the same texts as whole failures do."""
    error = refusal(WRITE, text)
    assert type(error) is expected
    if expected is Refused and text:
        assert text in error.explanation


def test_what_a_provider_says_is_fit_to_be_shown() -> None:
    """One line, not too long, and nothing in it that looks like a secret."""
    assert tidy("  a\nb\t\x00c ") == "a b c"
    assert len(tidy("word " * 100)) == 200
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
    assert tidy(f"bad token {token}!") == "bad token [hidden]!"
    assert "k" * 60 not in tidy("k" * 60)


@given(
    status=st.integers(100, 599),
    content_type=st.sampled_from(["application/json", "text/html", "text/plain", ""]),
    body=st.binary(max_size=60)
    | st.recursive(
        st.none() | st.booleans() | st.text(max_size=10),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["detail", "error", "message", "code", "x"]), inner, max_size=3)
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
    writes=st.booleans(),
)
def test_no_answer_is_beyond_the_closed_set(status: int, content_type: str, body: bytes, writes: bool) -> None:
    """Whatever comes is one of the errors or fine, and a 5xx on a change never reads as "it did not happen"."""
    call = WRITE if writes else READ
    error = failure(call, Answer(status=status, headers={"content-type": content_type}, body=body))
    assert error is None or isinstance(error, ConnectorError)
    if not 200 <= status < 300:
        assert error is not None
    if writes and status >= 500:
        assert isinstance(error, UnknownOutcome | Blocked)

"""From what came back (or did not) to the contract's closed set of errors. Pure; the only place that does it.

The facts are of two kinds: what the web-admin API's callers have seen (status codes, error texts), and which of httpx's
exceptions mean that a request never left: only those about connecting. Everything else may have reached the provider.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final, overload

import httpx

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

BUSY: Final = timedelta(seconds=60)  # a 429 without Retry-After
LONGEST_WAIT: Final = timedelta(hours=1)
CONFLICT: Final = timedelta(seconds=5)  # somebody else changes the members at this moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """By what right a transport calls, as far as the words of a failure depend on it."""

    credential: str  # "the integration account's session"
    renew: str | None  # what to do when it is no longer accepted; None: what the contract says
    allow: str  # what to do when it may not do something; {need} stands for what it lacks
    workspace: str  # what it takes for the workspace to be found
    find: str  # what to do when it is not found
    not_found: frozenset[int]  # statuses that mean that, where the caller does not read them itself
    conflicts_pass: bool  # a 409 that says nothing more is somebody else at work, and not a no
    challenged: str | None = None  # what to do about a bot challenge; None: what the contract says
    place: str = "workspace"  # what is not found


SESSION: Final = Access(
    credential="the integration account's session",
    renew=None,
    allow="Give the integration account what it lacks: {need}.",
    workspace="membership of the workspace with the role Owner",
    find="Check workspace_id in the catalogue, and that the integration account is an Owner of that workspace.",
    not_found=frozenset(),
    conflicts_pass=True,
)


#: The same account, signed in in a browser of Usher's own.
BROWSER: Final = replace(
    SESSION,
    credential="the browser's session",
    renew="Run `usher browser sign-in` and sign in as the integration account.",
    challenged="Run `usher browser sign-in` and pass the check by hand; Usher then goes on. Or make the change by "
    "hand and press I did it by hand.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is asked, as far as its failure depends on it."""

    what: str  # continues "ChatGPT did not let Usher ...": "invite grace@example.com"
    writes: bool
    need: str  # the exact permission that it takes
    access: Access = SESSION
    answers: frozenset[int] = frozenset()  # failing statuses that are an answer to this call, read by the caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. The body is never shown whole, and never in a repr: it may hold a token."""

    status: int
    headers: Mapping[str, str]  # looked up in lower case
    body: bytes = field(repr=False)
    set_cookies: tuple[str, ...] = field(default=(), repr=False)


@overload
def failure(call: Call, outcome: Exception) -> ConnectorError: ...
@overload
def failure(call: Call, outcome: Answer) -> ConnectorError | None: ...
def failure(call: Call, outcome: Answer | Exception) -> ConnectorError | None:
    """What went wrong; None where nothing did.

    Args:
        call: what was asked.
        outcome: what came back, or the exception (httpx's, or TimeoutError for the whole call) that came instead.
    """
    if isinstance(outcome, Exception):
        return _unanswered(call, outcome)
    if is_challenge(outcome):
        # A challenge stands before the application, so a change that met one has not happened.
        return Blocked(
            f"A bot challenge stood in the way when Usher tried to {call.what} (HTTP {outcome.status}).",
            remedy=call.access.challenged,
        )
    if 200 <= outcome.status < 300:
        return None
    said = Said.in_body(outcome.body)
    if 400 <= outcome.status < 500:
        known = _of_words(call, said, wait=retry_after(outcome))
        if known is not None:
            return known
    if outcome.status in call.answers:
        return None
    return _of_status(call, outcome, said)


def refusal(call: Call, text: str) -> ConnectorError:
    """What a reason means that an otherwise good answer gives for one address (`errored_emails`)."""
    said = Said(code="", text=tidy(text))
    return _of_words(call, said, wait=BUSY) or Refused(_sentence(call, said))


# -- no answer ---------------------------------------------------------------------------------------------------------
def _unanswered(call: Call, error: Exception) -> ConnectorError:
    """Only the kind of the exception is told: httpx puts header values into some of its texts."""
    kind = type(error).__name__
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError):
        return TryLater(f"ChatGPT could not be reached to {call.what} ({kind}).")
    if isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol):
        return Unexpected(f"Usher could not even send the call to {call.what} ({kind}).")
    if call.writes:
        return UnknownOutcome(f"The connection broke while Usher tried to {call.what} ({kind}).")
    return TryLater(f"ChatGPT did not answer when Usher tried to {call.what} ({kind}).")


# -- challenges --------------------------------------------------------------------------------------------------------
_CHALLENGE_MARKS: Final = (b"just a moment", b"cf_chl", b"challenge-platform")


def is_challenge(answer: Answer) -> bool:
    """Whether something other than the application answered, wanting to see a human.

    Any page where JSON belongs counts, whatever its status, except without a challenge's marks and with a 413 (a server
    refuses so what it will not even read) or a 5xx other than 503: that is a gateway's own error page, and what stands
    behind the gateway may well have acted.
    """
    if "cf-mitigated" in answer.headers:
        return True
    body = answer.body.lstrip()
    if not body:
        return False
    page = body.startswith(b"<")
    if page and any(mark in body[:50_000].lower() for mark in _CHALLENGE_MARKS):
        return True
    if answer.status >= 500:
        return page and answer.status == 503
    if 300 <= answer.status < 400 or answer.status == 413:
        return False
    return page or not _is_json(answer.headers.get("content-type", "application/json"))


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


# -- words in an answer ------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The code and the sentence in the body of a failure, tidied; both may be empty."""

    code: str
    text: str

    @classmethod
    def in_body(cls, body: bytes) -> Said:
        """Reads every shape seen: {"detail": str | {} | []}, {"error": str | {}}, {"message": str}, nothing."""
        try:
            parsed = json.loads(body)
        except ValueError:
            return cls(code="", text="")
        if not isinstance(parsed, dict):
            return cls(code="", text="")
        inner = parsed.get("detail") or parsed.get("error") or parsed
        if isinstance(inner, str):
            return cls(code=tidy(parsed.get("code") or ""), text=tidy(inner))
        if isinstance(inner, list):  # FastAPI's validation errors; their "input" is ours and stays out
            return cls(code="", text=tidy("; ".join(_field_error(item) for item in inner[:3])))
        if not isinstance(inner, dict):
            return cls(code="", text="")
        return cls(code=tidy(inner.get("code") or ""), text=tidy(inner.get("message") or inner.get("detail") or ""))

    @property
    def words(self) -> str:
        """The sentence, or failing that the code."""
        return self.text or self.code

    @property
    def heard(self) -> str:
        """Everything, to be searched for what it means."""
        return f"{self.code} {self.text}"


def _field_error(item: Any) -> str:
    if not isinstance(item, dict):
        return ""
    place = item.get("loc")
    where = ".".join(str(part) for part in place) if isinstance(place, list) else "?"
    return f"{where}: {item.get('msg', '')}"


_OPAQUE: Final = re.compile(r"eyJ[\w.\-]{8,}|[A-Za-z0-9_\-+/=.]{48,}")  # JSON web tokens, and whatever looks like a key


def tidy(text: object, *, longest: int = 200) -> str:
    """A provider's text for human eyes: one line, not too long, without anything that looks like a secret."""
    line = _OPAQUE.sub("[hidden]", " ".join(str(text).split()))
    line = "".join(character for character in line if character.isprintable())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def shape(body: bytes) -> str:
    """What came, for a bug report: the names of its fields and the types of their values, never a value."""
    try:
        parsed = json.loads(body)
    except ValueError:
        return "not JSON" if body.strip() else "empty"
    return tidy(_shape_of(parsed, depth=3))


def _shape_of(value: object, *, depth: int) -> str:
    match value:
        case dict() if depth:
            fields = (f"{_field_name(key)}: {_shape_of(of, depth=depth - 1)}" for key, of in value.items())
            return "{" + ", ".join(fields) + "}"
        case [first, *_]:
            return f"[{_shape_of(first, depth=depth)}]"
        case _:
            return "null" if value is None else type(value).__name__


def _field_name(key: str) -> str:
    """What stands where a name belongs can be data, an address for one."""
    return key if re.fullmatch(r"[A-Za-z_][\w.-]{0,39}", key) else "…"


_Meaning = Callable[[Call, "Said", timedelta], ConnectorError]


def _no_free_seat(call: Call, said: Said, _: timedelta) -> ConnectorError:
    return NoFreeSeat(_sentence(call, said))


def _purchase_pending(call: Call, _said: Said, _: timedelta) -> ConnectorError:
    return TryLater(
        f"A seat purchase is still in progress in the workspace, so ChatGPT did not let Usher {call.what}.",
        after=BUSY,
        remedy="Usher keeps trying. If it lasts, an owner should look at Billing in the workspace's settings.",
    )


def _managed(call: Call, _said: Said, _: timedelta) -> ConnectorError:
    return ManagedElsewhere(f"SCIM manages this account, so ChatGPT did not let Usher {call.what}.")


def _deactivated(_call: Call, _said: Said, _: timedelta) -> ConnectorError:
    return NotPermitted(
        "The ChatGPT workspace is deactivated.",
        need="an active workspace",
        remedy="An owner has to reactivate the workspace in its billing settings; then press Try again.",
    )


def _no_workspace(call: Call, _said: Said, _: timedelta) -> ConnectorError:
    return NotPermitted(
        f"ChatGPT knows no such {call.access.place} for {call.access.credential}, so Usher could not {call.what}.",
        need=call.access.workspace,
        remedy=call.access.find,
    )


def _busy(call: Call, _said: Said, wait: timedelta) -> ConnectorError:
    return TryLater(f"ChatGPT asks to slow down: Usher could not {call.what} yet.", after=wait)


#: What is meant, whatever the status: `seat_true_up_pending` comes as 400 and, although nobody has to sign in, as 401.
_WORDS: Final[tuple[tuple[re.Pattern[str], _Meaning], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), meaning)
    for pattern, meaning in (
        (r"seat_true_up_pending", _purchase_pending),
        (
            r"additional seats? needed|maximum number of seats|seat_limit|no (more )?(available |free )?seats",
            _no_free_seat,
        ),
        (r"scim_managed", _managed),
        (r"deactivated_workspace", _deactivated),
        (r"workspace_not_found", _no_workspace),
        (r"rate_limit_exceeded|too many requests", _busy),
    )
)


def _of_words(call: Call, said: Said, *, wait: timedelta) -> ConnectorError | None:
    return next((meaning(call, said, wait) for pattern, meaning in _WORDS if pattern.search(said.heard)), None)


# -- statuses ----------------------------------------------------------------------------------------------------------
def _of_status(call: Call, answer: Answer, said: Said) -> ConnectorError:
    match answer.status:
        case 401:
            return SignInAgain(
                f"ChatGPT no longer accepts {call.access.credential} (could not {call.what}).",
                remedy=call.access.renew,
            )
        case 402 | 403:
            return NotPermitted(_sentence(call, said), need=call.need, remedy=call.access.allow.format(need=call.need))
        case 408 | 425:
            return _perhaps(call, answer)
        case 409 if call.access.conflicts_pass:
            return TryLater(f"Somebody else is changing the workspace: Usher could not {call.what}.", after=CONFLICT)
        case 429:
            return _busy(call, said, retry_after(answer))
        case status if status in call.access.not_found:
            return _no_workspace(call, said, retry_after(answer))
        case 400 | 409 if call.writes:
            return Refused(_sentence(call, said))
        case status if status >= 500:
            return _perhaps(call, answer)
        case status:
            came = "" if said.words else f", {shape(answer.body)}"
            return Unexpected(f"{_sentence(call, said)} (HTTP {status}{came})")


def _perhaps(call: Call, answer: Answer) -> ConnectorError:
    text = f"ChatGPT failed when Usher tried to {call.what} (HTTP {answer.status})."
    if call.writes:
        return UnknownOutcome(text)
    waits = "retry-after" in answer.headers
    return TryLater(text, after=retry_after(answer) if waits else None)


def _sentence(call: Call, said: Said) -> str:
    return f"ChatGPT did not let Usher {call.what}" + (f": {said.words}" if said.words else ".")


def retry_after(answer: Answer) -> timedelta:
    """How long to wait: Retry-After in seconds or as a date (against the answer's own Date), else a minute."""
    value = answer.headers.get("retry-after", "").strip()
    if value.isdecimal():
        wait = timedelta(seconds=min(int(value), int(LONGEST_WAIT.total_seconds())))
    else:
        try:
            wait = parsedate_to_datetime(value) - parsedate_to_datetime(answer.headers.get("date", ""))
        except (ValueError, TypeError):  # no date, no such date, or one of them without a timezone
            return BUSY
    return min(max(wait, timedelta(seconds=1)), LONGEST_WAIT)

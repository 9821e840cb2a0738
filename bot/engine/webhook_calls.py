"""One call of a webhook's endpoint: signed, limited in time and size, following no redirect.

Headers and signature are those of Standard Webhooks (standardwebhooks.com), for which receivers have libraries.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from bot.access.operations.deliveries import Try

#: seconds for the whole call
TIMEOUT = 10
#: bytes of an answer that are read, for `usher webhook test`; nothing depends on them
LONGEST_ANSWER = 4096
#: an endpoint cannot ask to be left alone for longer
LONGEST_WAIT = timedelta(days=1)
#: bytes; a shorter secret can be guessed
SHORTEST_SECRET = 16
_ENCODED = "whsec_"


class WrongSecret(Exception):
    """What the secret store holds cannot sign; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of a call, and the beginning of what the endpoint said."""

    tried: Try
    said: str = ""


def keys_in(secret: str) -> list[bytes]:
    """The keys that sign: more than one, with a space between them, while a secret is being exchanged.

    `whsec_…` is base64, as Standard Webhooks has it; anything else is taken as it is.

    Raises:
        WrongSecret: it is too short, or not base64.
    """
    keys = [_key(part) for part in secret.split()]
    if not keys or min(map(len, keys)) < SHORTEST_SECRET:
        raise WrongSecret(f"the secret is too short: take {SHORTEST_SECRET} bytes or more")
    return keys


def _key(part: str) -> bytes:
    if not part.startswith(_ENCODED):
        return part.encode()
    try:
        return base64.b64decode(part.removeprefix(_ENCODED), validate=True)
    except binascii.Error:
        raise WrongSecret(f"after {_ENCODED} the secret is not base64") from None


def headers(keys: list[bytes], *, id_: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a call: what is signed is “<id>.<seconds since 1970>.<body>”."""
    timestamp = str(int(at.timestamp()))
    signed = b".".join([id_.encode(), timestamp.encode(), body])
    digests = (base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys)
    return {
        "content-type": "application/json",
        "user-agent": "Usher",
        "webhook-id": id_,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{digest}" for digest in digests),
    }


async def call(http: httpx.AsyncClient, url: str, keys: list[bytes], *, id_: str, body: str, now: datetime) -> Answered:
    """Sends one event. Only an answer with a status of the two hundreds means that the endpoint took it."""
    content = body.encode()
    loop = asyncio.get_running_loop()
    began = loop.time()

    def answered(status: int | None, error: str | None, *, after: timedelta | None = None, said: str = "") -> Answered:
        tried = Try(status=status, error=error, after=after, seconds=loop.time() - began)
        return Answered(tried=tried, said=said)

    signed = headers(keys, id_=id_, at=now, body=content)
    try:
        async with (
            asyncio.timeout(TIMEOUT),
            http.stream(
                "POST", url, content=content, headers=signed, timeout=TIMEOUT, follow_redirects=False
            ) as answer,
        ):
            said = await _beginning(answer)
    except (TimeoutError, httpx.TimeoutException):
        return answered(None, f"it did not answer within {TIMEOUT} seconds")
    except httpx.ConnectError as error:
        return answered(None, f"it cannot be reached ({error})")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:  # their texts may name the whole address
        return answered(None, f"the call broke off ({type(error).__name__})")
    if answer.is_success:
        return answered(answer.status_code, None, said=said)
    redirected = ", and redirects are not followed" if answer.is_redirect else ""
    error_text = f"it answered {answer.status_code}{redirected}"
    return answered(answer.status_code, error_text, after=retry_after(answer, now), said=said)


def retry_after(answer: httpx.Response, now: datetime) -> timedelta | None:
    """How long an endpoint asks to be left alone: Retry-After in seconds or as a date; None where it does not say."""
    value = answer.headers.get("retry-after", "").strip()
    if value.isdecimal():
        wait = timedelta(seconds=min(int(value), int(LONGEST_WAIT.total_seconds())))
    else:
        try:
            wait = parsedate_to_datetime(value) - now
        except (ValueError, TypeError):  # no date, or one without a time zone
            return None
    return min(max(wait, timedelta()), LONGEST_WAIT)


async def _beginning(answer: httpx.Response) -> str:
    """The first bytes, as they come: nothing is unpacked that could be larger than it looks."""
    read = b""
    async for chunk in answer.aiter_raw():
        read += chunk
        if len(read) >= LONGEST_ANSWER:
            break
    return read[:LONGEST_ANSWER].decode(errors="replace")

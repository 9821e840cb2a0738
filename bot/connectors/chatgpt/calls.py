"""Sending one HTTP call within a deadline, and reading the answer into a model."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from bot.connectors.chatgpt.errors import Access, Answer, Call, failure, shape
from bot.connectors.contract import ConnectorError, Credential, SignInAgain, Unexpected, UnknownOutcome

#: Seconds for a whole call, where the client knows no timeouts.
LONGEST: Final = 30.0

#: The usual reason is a connection that the server closed while nobody used it.
_BROKEN: Final = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)

Model = TypeVar("Model", bound=BaseModel)
First = TypeVar("First")
Second = TypeVar("Second")


# -- listening ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One call and what came of it. Where it went and what came back are never in a repr: they may hold a secret."""

    call: Call
    method: str
    url: str = field(repr=False)
    params: Mapping[str, str] = field(repr=False)
    outcome: Answer | Exception = field(repr=False)
    seconds: float


class Listener(Protocol):
    """Hears every answer as it came. It can change nothing: calls are made and read as if nobody listened."""

    def answered(self, exchange: Exchange) -> None:
        """A call came to its end."""
        ...

    def relied_on(self, answer: Answer, model: type[BaseModel]) -> None:
        """An answer is about to be read into this model."""
        ...


_listener: Final[ContextVar[Listener | None]] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Has the calls heard that are made inside, also in the tasks that are started inside."""
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)


# -- calling -----------------------------------------------------------------------------------------------------------
async def token_headers(credential: Credential, access: Access, *, accept: str) -> dict[str, str]:
    """The headers of a call that is made with a token which an admin has pasted somewhere.

    Args:
        credential: keeps the token.
        access: what it is a token for.
        accept: what the answer may be.

    Raises:
        SignInAgain: there is none, or it cannot be one.
    """
    token = (await credential.value()).strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise SignInAgain(f"The stored secret cannot be {access.credential}.", remedy=access.renew)
    return {
        "Accept": accept,
        "Accept-Encoding": "gzip, deflate",
        "Authorization": f"Bearer {token}",
        "User-Agent": "Usher",
    }


async def send(
    http: httpx.AsyncClient,
    call: Call,
    method: str,
    url: str,
    *,
    headers: dict[str, str],
    params: dict[str, str] | None = None,
    body: dict[str, Any] | None = None,
) -> Answer:
    """Sends one request and returns the answer, whatever its status. A read that meets a broken connection is repeated.

    The request is built here and not by the client, so that no cookie or header of the client's own gets into it.
    The client's timeouts count. Its read timeout is per read, so a server that drips bytes could hold a call for ever;
    what it takes to connect and one silence is therefore the limit for the whole call.

    Raises:
        ConnectorError: there was no answer.
    """
    timeouts = {"timeout": http.timeout.as_dict()}
    request = httpx.Request(method, url, params=params, headers=headers, json=body, extensions=timeouts)
    began = time.perf_counter()
    outcome = await _outcome(http, request)
    if isinstance(outcome, _BROKEN) and not call.writes:
        outcome = await _outcome(http, request)
    listener = _listener.get()
    if listener is not None:
        seconds = time.perf_counter() - began
        listener.answered(
            Exchange(call=call, method=method, url=url, params=params or {}, outcome=outcome, seconds=seconds)
        )
    if isinstance(outcome, Answer):
        return outcome
    # Raised out here, so that httpx's exception (it holds the request, with the credential) is not chained to it.
    raise failure(call, outcome)


async def _outcome(http: httpx.AsyncClient, request: httpx.Request) -> Answer | Exception:
    whole = (http.timeout.connect or LONGEST) + (http.timeout.read or LONGEST)
    try:
        async with asyncio.timeout(whole):
            response = await http.send(request, follow_redirects=False)
    except (httpx.HTTPError, TimeoutError) as error:
        return error
    return Answer(
        status=response.status_code,
        headers=response.headers,
        body=response.content,
        set_cookies=tuple(response.headers.get_list("set-cookie")),
    )


def parse(call: Call, model: type[Model], answer: Answer) -> Model:
    """Reads the body into a model.

    Raises:
        Unexpected: it is not JSON, or misses what Usher cannot do without. Names the fields, those that came too,
            never their values.
        UnknownOutcome: likewise, in the answer to a change.
    """
    listener = _listener.get()
    if listener is not None:
        listener.relied_on(answer, model)
    try:
        return model.model_validate_json(answer.body)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'body'}: {problem['type']}"
            for problem in error.errors(include_input=False, include_url=False, include_context=False)[:3]
        )
    kind = UnknownOutcome if call.writes else Unexpected
    came = shape(answer.body)
    raise kind(f"ChatGPT answered something unknown when Usher tried to {call.what} ({problems}; it was {came}).")


async def both(first: Coroutine[Any, Any, First], second: Coroutine[Any, Any, Second]) -> tuple[First, Second]:
    """Awaits two reads at once; when one fails, the other is given up.

    Raises:
        ConnectorError: the first failure.
    """
    failed: BaseException | None = None
    try:
        async with asyncio.TaskGroup() as reads:
            one, two = reads.create_task(first), reads.create_task(second)
    except* ConnectorError as errors:
        failed = errors.exceptions[0]
    if failed is not None:
        raise failed
    return one.result(), two.result()

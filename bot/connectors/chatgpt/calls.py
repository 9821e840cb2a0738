"""Sending one HTTP call within a deadline, and reading the answer into a model."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from bot.connectors.chatgpt.errors import Answer, Call, failure, shape
from bot.connectors.contract import ConnectorError, Unexpected, UnknownOutcome

#: Seconds for a whole call, where the client knows no timeouts.
LONGEST: Final = 30.0

#: The usual reason is a connection that the server closed while nobody used it.
_BROKEN: Final = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)

Model = TypeVar("Model", bound=BaseModel)
First = TypeVar("First")
Second = TypeVar("Second")


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
    outcome = await _outcome(http, request)
    if isinstance(outcome, _BROKEN) and not call.writes:
        outcome = await _outcome(http, request)
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

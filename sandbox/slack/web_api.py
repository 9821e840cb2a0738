"""The Web API over HTTP: reads a call, checks token and scope, meets faults and hooks, answers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.slack.api import METHODS
from sandbox.slack.api.registry import Arguments, Method
from sandbox.slack.calls import Call
from sandbox.slack.errors import Refusal
from sandbox.slack.faults import Fault
from sandbox.slack.ids import new_id

if TYPE_CHECKING:
    from sandbox.slack.slack import Slack

JSON = dict[str, Any]


async def read_arguments(request: Request) -> JSON:
    """The arguments in the query, the form or the JSON body. Raises Refusal for a body Slack cannot read."""
    arguments: JSON = dict(request.query_params)
    body = await request.body()
    if request.method == "GET" or not body:
        return arguments
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    match content_type:
        case "application/json":
            try:
                given = json.loads(body)
            except ValueError:
                raise Refusal("invalid_json") from None
            if not isinstance(given, dict):
                raise Refusal("json_not_object")
            return arguments | given
        case "application/x-www-form-urlencoded":
            return arguments | dict(parse_qsl(body.decode(), keep_blank_values=True))
        case "multipart/form-data":
            return arguments | {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        case "":
            raise Refusal("missing_post_type")
        case _:
            raise Refusal("invalid_post_type")


def find_method(name: str) -> Method:
    """The method of this name. Raises Refusal unknown_method."""
    if name not in METHODS:
        raise Refusal("unknown_method", req_method=name)
    return METHODS[name]


def authorise(slack: Slack, method: Method, headers: Mapping[str, str], arguments: JSON) -> None:
    """Check the token and its scope, or who the client is. A token in a JSON body does not count, as at Slack.

    Raises Refusal not_authed, invalid_auth, not_allowed_token_type, missing_scope, invalid_client_id or
    bad_client_secret.
    """
    if method.caller == "client":
        slack.openid.demand_client(headers.get("authorization", ""), arguments)
        return
    word, _, token = headers.get("authorization", "").partition(" ")
    if word.lower() != "bearer" and "json" not in headers.get("content-type", ""):
        token = str(arguments.get("token") or "")
    arguments.pop("token", None)
    kinds = dict.fromkeys(slack.openid.tokens, "user")
    kinds |= {slack.app.bot_token: "bot", slack.app.app_token: "app"}
    if not token.strip():
        raise Refusal("not_authed")
    if token.strip() not in kinds:
        raise Refusal("invalid_auth")
    if kinds[token.strip()] != method.caller:
        raise Refusal("not_allowed_token_type")
    if method.caller == "user":
        arguments["token"] = token.strip()  # it says who asks
    if method.scope is not None:
        slack.demand_scope(method.scope)


async def _gone(request: Request, slack: Slack) -> None:
    """Until the caller gives up, or the workspace closes."""

    async def disconnected() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    waiting = [asyncio.ensure_future(disconnected()), asyncio.ensure_future(slack.closing.wait())]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


def _hang_up(request: Request) -> Response:
    """Close the connection without an answer.

    ASGI has no word for that, so this reaches for the transport that uvicorn's `receive` belongs to.
    """
    transport = getattr(getattr(request.receive, "__self__", None), "transport", None)
    if transport is None:
        raise RuntimeError("only uvicorn's connections can be closed without an answer")
    transport.abort()
    return Response()


async def answer_call(slack: Slack, request: Request) -> Response:
    """One call of the Web API."""
    call = Call(method=request.path_params["method"], arguments={}, at=time.monotonic())
    slack.calls.append(call)
    fault = slack.faults.take(call.method)
    try:
        call.arguments = await read_arguments(request)
        if fault is not None and fault.kind == "hang":
            await _gone(request, slack)
            return Response()
        if fault is not None and fault.kind == "close_before_effect":
            return _hang_up(request)
        body = await _effect(slack, request, call, fault)
    except Refusal as refusal:
        body = refusal.answer()
    call.response, call.status = body, _status(body, fault)
    for hook in tuple(slack.before_answer):
        await hook(call)
    slack.changes.wake()
    if fault is not None and fault.kind == "close_after_effect":
        call.response = call.status = None
        return _hang_up(request)
    return _response(slack, call, body)


async def _effect(slack: Slack, request: Request, call: Call, fault: Fault | None) -> JSON:
    """Do what the call asks for: returns the answer. Raises Refusal."""
    method = find_method(call.method)
    authorise(slack, method, request.headers, call.arguments)
    match fault.kind if fault is not None else None:
        case "ratelimited":
            assert fault is not None
            raise Refusal("ratelimited", retry_after=fault.retry_after)
        case "server_error":
            raise Refusal("internal_error")
        case "error":
            assert fault is not None
            raise Refusal(fault.error)
    for hook in tuple(slack.before_effect):
        await hook(call)
    body = {"ok": True, **method.handler(slack, Arguments(call.arguments))}
    call.effect = True
    if call.method.startswith(("chat.", "views.")):
        slack.changes.bump()
    return body


def _status(body: JSON, fault: Fault | None) -> int:
    if body.get("error") == "ratelimited":
        return 429
    return 500 if fault is not None and fault.kind == "server_error" else 200


def _response(slack: Slack, call: Call, body: JSON) -> Response:
    if call.status == 500:
        return PlainTextResponse("Internal Server Error", status_code=500)
    method = METHODS.get(call.method)
    headers = {
        "X-OAuth-Scopes": ",".join(sorted(slack.app.scopes)),
        "X-Accepted-OAuth-Scopes": (method.scope if method is not None else None) or "",
        "X-Slack-Req-Id": new_id(""),
    }
    if call.status == 429:
        headers["Retry-After"] = str(body.pop("retry_after", 1))
    return JSONResponse(body, status_code=call.status or 200, headers=headers)

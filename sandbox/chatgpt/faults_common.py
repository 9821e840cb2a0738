"""The faults that any face can have: of the network, of a proxy on the way, of the workspace itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import JSONResponse, Response

from sandbox.chatgpt.faults import Fault, Scope, Turn
from sandbox.chatgpt.silence import Hang, HangUp

if TYPE_CHECKING:
    from sandbox.chatgpt.workspace import Workspace

Around = Callable[[Turn], Awaitable[Response]]

FACES: Final = r"/(backend-api|v1|scim)/"
EVERYTHING: Final = Scope.of("", r"/")
CALLS: Final = Scope.of("", FACES)
READS: Final = Scope.of("GET", FACES)
WRITES: Final = Scope.of("POST PUT PATCH DELETE", FACES)


def instead(answer: Callable[[Turn], Response]) -> Around:
    """A fault that answers in the workspace's place: the call has no effect."""

    async def around(turn: Turn) -> Response:
        return answer(turn)

    return around


def afterwards(answer: Callable[[Turn], Response]) -> Around:
    """A fault that lets a call take effect and then answers something else. A refused call is left alone."""

    async def around(turn: Turn) -> Response:
        real = await turn.go_on(turn.call)
        return answer(turn) if real.status_code < 300 else real

    return around


def altered(alter: Callable[[Turn, Any], None]) -> Around:
    """A fault that changes the JSON of a good answer in place."""

    async def around(turn: Turn) -> Response:
        real = await turn.go_on(turn.call)
        if real.status_code != 200:
            return real
        body = json.loads(bytes(real.body))
        alter(turn, body)
        return JSONResponse(body)

    return around


def setting(**changes: Any) -> Callable[[Workspace], None]:
    """A condition: these fields of the workspace's profile."""

    def change(workspace: Workspace) -> None:
        workspace.profile = replace(workspace.profile, **changes)

    return change


def _broken(status: int) -> Callable[[Turn], Response]:
    def answer(_: Turn) -> Response:
        if status == 502:
            return Response("<html><h1>502 Bad Gateway</h1></html>", status, media_type="text/html")
        return JSONResponse({"detail": "Internal Server Error"}, status)

    return answer


def _too_many(turn: Turn) -> Response:
    body = {"detail": {"code": "rate_limit_exceeded", "message": "Too many requests"}}
    after = turn.settings.get("retry_after")
    return JSONResponse(body, 429, headers={"Retry-After": str(after)} if after is not None else None)


async def _slow(turn: Turn) -> Response:
    await asyncio.sleep(turn.settings["ms"] / 1000)
    return await turn.go_on(turn.call)


async def _lagging(turn: Turn) -> Response:
    before = turn.workspace.roster
    answer = await turn.go_on(turn.call)
    if turn.workspace.roster is not before:
        turn.workspace.lag(before, reads=turn.settings["reads"])
    return answer


COMMON_FAULTS: Final = (
    Fault(
        name="slow",
        title="Slow answers",
        description="Every call takes `ms` milliseconds longer.",
        scope=EVERYTHING,
        around=_slow,
        settings={"ms": 3000},
    ),
    Fault(
        name="rate_limited",
        title="Too many requests",
        description="429 with a Retry-After of `retry_after` seconds; nothing happens.",
        scope=CALLS,
        around=instead(_too_many),
        settings={"retry_after": 5},
    ),
    Fault(
        name="rate_limited_silently",
        title="Too many requests, for who knows how long",
        description="429 without Retry-After; nothing happens.",
        scope=CALLS,
        around=instead(_too_many),
    ),
    Fault(
        name="reads_fail",
        title="Reading fails",
        description="500 on every GET.",
        scope=READS,
        around=instead(_broken(500)),
    ),
    Fault(
        name="writes_fail",
        title="Changes fail",
        description="500 on every change; nothing happens.",
        scope=WRITES,
        around=instead(_broken(500)),
    ),
    Fault(
        name="bad_gateway",
        title="Changes stop at the gateway",
        description="502 with an HTML page on every change; nothing happens.",
        scope=WRITES,
        around=instead(_broken(502)),
    ),
    Fault(
        name="done_but_500",
        title="Changes happen and look failed",
        description="The change takes effect and is answered with 500.",
        scope=WRITES,
        around=afterwards(_broken(500)),
    ),
    Fault(
        name="answer_lost",
        title="The answer is lost",
        description="The change takes effect; then the connection is cut without an answer.",
        scope=WRITES,
        around=afterwards(lambda _: HangUp()),
    ),
    Fault(
        name="answer_never_comes",
        title="The answer never comes",
        description="The change takes effect; then nothing is said until the client gives up.",
        scope=WRITES,
        around=afterwards(lambda _: Hang()),
    ),
    Fault(
        name="call_lost",
        title="The call is lost",
        description="The connection is cut; nothing happened.",
        scope=CALLS,
        around=instead(lambda _: HangUp()),
    ),
    Fault(
        name="call_hangs",
        title="The call hangs",
        description="Nothing happens and nothing is said until the client gives up.",
        scope=CALLS,
        around=instead(lambda _: Hang()),
    ),
    Fault(
        name="list_lag",
        title="Lists lag behind",
        description="After a change, the next `reads` reads of each list still show what was before.",
        scope=WRITES,
        around=_lagging,
        settings={"reads": 3},
    ),
    Fault(
        name="workspace_deactivated",
        title="The workspace is deactivated",
        description="As when a bill is not paid: every administrative call is refused with 403.",
        scope=CALLS,
        on=setting(is_deactivated=True),
        off=setting(is_deactivated=False),
    ),
    Fault(
        name="seats_bought_automatically",
        title="Missing seats are bought",
        description="An invite beyond the paid seats buys one instead of being refused (true-up).",
        scope=CALLS,
        on=setting(auto_true_up=True),
        off=setting(auto_true_up=False),
    ),
    Fault(
        name="downgrades_wait",
        title="Cheaper seats wait for the renewal",
        description="A change to a cheaper seat type is scheduled and shown as `pending_seat_type`.",
        scope=CALLS,
        on=setting(downgrades_wait=True),
        off=setting(downgrades_wait=False),
    ),
    Fault(
        name="removed_members_linger",
        title="Removed members stay listed",
        description="They keep their entry, with `deactivated_time` and `reclaimable_seat_type`, until the renewal.",
        scope=CALLS,
        on=setting(removed_linger=True),
        off=setting(removed_linger=False),
    ),
)

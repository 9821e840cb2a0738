"""The one way in: every call of every face is logged, goes through the faults and past the hooks here."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from sandbox.chatgpt.calls import Call
from sandbox.chatgpt.silence import Silence
from sandbox.chatgpt.workspace import Workspace

Handler = Callable[[Call], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


def door(workspace: Workspace, handler: Handler) -> Endpoint:
    """The endpoint around a face's handler. A handler is not async: nothing comes between its parts."""

    async def endpoint(request: Request) -> Response:
        call = await Call.of(request, at=workspace.clock.now())
        workspace.calls.append(call)

        async def effect(asked: Call) -> Response:
            for hook in workspace.before_effect:
                await hook(call)
            workspace.settle()
            earlier = len(workspace.events)
            answer = handler(asked)
            call.what = "; ".join(event.what for event in workspace.events[earlier:])
            return answer

        answer = await workspace.faults.surround(call, effect)
        call.status = None if isinstance(answer, Silence) else answer.status_code
        for hook in workspace.before_answer:
            await hook(call)
        call.finished = time.monotonic()
        workspace.changes.bump()
        return answer

    return endpoint

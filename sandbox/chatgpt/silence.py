"""Two ways of not answering, as responses: what a broken network does to a call that may have had its effect."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class Silence(Response):
    """No answer. It has no status."""

    def __init__(self) -> None:
        super().__init__()

    async def _until_the_client_is_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


class Hang(Silence):
    """Keeps the connection open and says nothing until the client gives up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (ASGI's signature)
        await self._until_the_client_is_gone(receive)


class HangUp(Silence):
    """Cuts the connection without a byte."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (ASGI's signature)
        _connection(receive).abort()
        await self._until_the_client_is_gone(receive)


def _connection(receive: Receive) -> Any:
    """The transport under the call. ASGI has no word for hanging up, but uvicorn's `receive` is bound to it."""
    cycle = getattr(receive, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is None:
        raise RuntimeError("the sandbox can only hang up under uvicorn, with no middleware that wraps `receive`")
    return transport

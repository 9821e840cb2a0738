"""Serves an ASGI app inside the running event loop, and leaves signals to whoever started it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: bytes of a request before its body: its address and headers
LARGEST_HEAD = 64 * 1024
#: seconds that requests under way get when the server stops
PATIENCE = 3


class _Protocol(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, which keeps headers in memory however many there are; here there is an end to them."""

    _head = 0
    _is_in_head = True

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_in_head:
            self._head += len(data)
            if self._head > LARGEST_HEAD and not self.transport.is_closing():
                self.send_400_response("The headers are too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head, self._is_in_head = 0, True

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        super().on_headers_complete()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.listening.set()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Made with the protocol named, or asyncio leaves Nagle on.

    Raises:
        OSError: the address cannot be had; the message names it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise OSError(
            error.errno, f"{host}:{port} cannot be listened on ({error.strerror}): set USHER_HOST and USHER_PORT"
        ) from error
    return listener


@asynccontextmanager
async def serving(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Serves until the block ends."""
    server = _Server(
        uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,  # nobody needs to know what serves it
            timeout_graceful_shutdown=PATIENCE,
        )
    )
    running = asyncio.create_task(server.serve(sockets=[listener]), name="web")
    listening = asyncio.create_task(server.listening.wait())
    try:
        await asyncio.wait({running, listening}, return_when=asyncio.FIRST_COMPLETED)
        yield
    finally:
        listening.cancel()
        server.should_exit = True
        await running
        listener.close()

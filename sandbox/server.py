"""The sandbox as one server: both workspaces, their clock, the page of the company, and everybody's chat."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox import chat, chatgpt, pages, slack
from sandbox.clock import SandboxClock

#: seconds; longer than any client keeps an unused connection, which would else break under its next call
_KEPT_ALIVE: Final = 3600
_PATIENCE: Final = 2  # seconds that uvicorn waits for what is under way when it stops


class Sandbox:
    """Harbour Studio, running. `Sandbox.start()` is the way in.

    `chat.mcp_url` is the app that people can connect in their ChatGPT; None while there is none.
    """

    def __init__(self, *, url: str, request_url: str | None = None) -> None:
        self.url = url
        self.clock = SandboxClock()
        self.slack = slack.Slack.harbour(request_url=request_url, clock=self.clock, base_url=f"{url}/slack")
        self.chatgpt = chatgpt.harbour_studio(self.clock)
        self.chat = chat.Chat(url)

    @property
    def slack_api_url(self) -> str:
        """What SLACK_API_URL has to be."""
        return f"{self.url}/slack/api/"

    @property
    def chatgpt_url(self) -> str:
        """The `base_url` of the ChatGPT connector."""
        return f"{self.url}/chatgpt"

    @classmethod
    @asynccontextmanager
    async def start(
        cls, *, port: int = 0, host: str = "127.0.0.1", request_url: str | None = None
    ) -> AsyncIterator[Sandbox]:
        """Serve in this event loop until the block ends. Port 0 takes a free one.

        `request_url` is where Slack delivers in HTTP mode; without one the app connects by Socket Mode.
        Raises OSError if the port is taken.
        """
        with _listen(host, port) as listener:
            sandbox = cls(url=f"http://{host}:{listener.getsockname()[1]}", request_url=request_url)
            app = _Closable(sandbox.app())
            async with _serving(app, listener):
                try:
                    yield sandbox
                finally:
                    await sandbox.slack.close()
                    app.close()
                    await sandbox.chat.close()

    def app(self) -> ASGIApp:
        """Everything below one address."""
        return Starlette(
            routes=[
                Route("/clock", self._clock, methods=["GET", "POST"]),
                Route("/company", self._company, methods=["GET"]),
                Mount("/slack/page", routes=slack.page_routes(self.slack)),
                Mount("/slack", routes=slack.api_routes(self.slack)),
                Mount("/chatgpt-page", routes=chatgpt.page_routes(self.chatgpt)),
                Mount("/chatgpt", routes=chatgpt.api_routes(self.chatgpt)),
                *chat.routes(self.chat),
                *pages.routes(),
            ]
        )

    async def _clock(self, request: Request) -> Response:
        """GET: the time. POST {"skip_seconds": n}: move it ahead."""
        if request.method == "POST":
            try:
                self.clock.skip(float((await request.json())["skip_seconds"]))
            except (ValueError, TypeError, KeyError, OverflowError) as error:
                return JSONResponse({"error": f"skip_seconds has to be a number of seconds: {error}"}, 400)
        return JSONResponse({"now": self.clock.now().isoformat(), "ahead_seconds": self.clock.ahead.total_seconds()})

    async def _company(self, _: Request) -> Response:
        """GET: whose e-mail address is whose; the one thing that ties the two workspaces together."""
        users = self.slack.state.users.values()
        return JSONResponse(
            {"people": [{"id": user.id, "name": user.real_name, "email": user.email} for user in users if user.email]}
        )


class _Closable:
    """An app whose calls under way can be ended: long polls would otherwise hold up the end by half a minute."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._closing = False
        self._running: set[asyncio.Task[object]] = set()

    def close(self) -> None:
        """End what is under way; from now on every answer is 503."""
        self._closing = True
        for task in self._running:
            task.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answered = False

        async def sending(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        if not self._closing:
            task = asyncio.current_task()
            assert task is not None
            self._running.add(task)
            try:
                await self._app(scope, receive, sending)
            except asyncio.CancelledError:
                if not self._closing:
                    raise
                task.uncancel()
            finally:
                self._running.discard(task)
        if self._closing and not answered:
            await JSONResponse({"error": "the sandbox is closing"}, 503)(scope, receive, send)


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, made with the protocol named: asyncio leaves Nagle on for any other, 40 ms an answer."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    return listener


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the business of the process that we are a part of."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.listening.set()


@asynccontextmanager
async def _serving(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    server = _Server(
        uvicorn.Config(
            app,
            lifespan="off",
            ws="websockets-sansio",
            log_config=None,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=_PATIENCE,
            timeout_keep_alive=_KEPT_ALIVE,
        )
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve(sockets=[listener]))
        await server.listening.wait()
        try:
            yield
        finally:
            server.should_exit = True

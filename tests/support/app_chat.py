"""A chat with Usher as its app: the sandbox's AppFrame on a page of its own, and the official client behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from mcp_types import CallToolResult, TextResourceContents
from playwright.async_api import Browser, FrameLocator, Page, ViewportSize
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bot.serving import listen, serving
from sandbox.chat.app_frame import STATIC, app_frame_route
from tests.support.mcp_app import Served

#: milliseconds; the machine may be busy
PATIENCE: Final = 30_000
WIDE: Final[ViewportSize] = {"width": 760, "height": 900}
NARROW: Final[ViewportSize] = {"width": 392, "height": 800}  # leaves a frame of 360
_FOLDER: Final = Path(__file__).parent / "app_chat"
#: nothing inline, nothing from elsewhere: as a chat is that frames what it did not write
_RULES: Final = {"Content-Security-Policy": "default-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"}
CONTEXT: Final = {"theme": "light", "locale": "en-GB", "timeZone": "Europe/Berlin"}


@dataclass(kw_only=True)
class Chat:
    """One person's."""

    app: Served
    person_id: str
    page: Page
    context: dict[str, Any] = field(default_factory=lambda: dict(CONTEXT))

    @property
    def frame(self) -> FrameLocator:
        """What the component shows."""
        return self.page.frame_locator("iframe")

    async def called(self, tool: str, **arguments: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The page that shows a call of a tool, and the call's result."""
        async with self.app.client(self.person_id) as client:
            result = await client.call_tool(tool, arguments)
            [described] = [each for each in (await client.list_tools()).tools if each.name == tool]
            [content] = (await client.read_resource((described.meta or {})["ui"]["resourceUri"])).contents
        assert isinstance(result, CallToolResult)
        assert isinstance(content, TextResourceContents)
        return {"html": content.text, "meta": (content.meta or {})["ui"]}, wire(result)

    async def ask(self, tool: str, *, without: Sequence[str] = (), **arguments: Any) -> FrameLocator:
        """A call by the model, and its component."""
        page, result = await self.called(tool, **arguments)
        return await self.show(page, arguments, result, without=without)

    async def show(
        self, page: dict[str, Any], arguments: dict[str, Any], result: dict[str, Any], *, without: Sequence[str] = ()
    ) -> FrameLocator:
        """A component with any result."""
        shown = {"page": page, "input": arguments, "result": result, "context": self.context, "without": list(without)}
        await self.page.evaluate("shown => window.chat.show(shown)", shown)
        return self.frame

    async def heard(self) -> dict[str, list[Any]]:
        """What the component asked for: `calls`, `links`, `messages`, `contexts`."""
        found: dict[str, list[Any]] = await self.page.evaluate("window.chat.heard")
        return found


def wire(result: CallToolResult) -> dict[str, Any]:
    """A result as it comes over the wire."""
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)


@asynccontextmanager
async def chatting(
    browser: Browser,
    app: Served,
    person_id: str = "ULENA",
    *,
    viewport: ViewportSize = WIDE,
    timers: datetime | None = None,
    **options: Any,
) -> AsyncIterator[Chat]:
    """A chat in a window of its own. What the console complains of, in the frame too, fails the test.

    With `timers` the browser's clock begins there, and `page.clock` moves it.
    """
    async with hosting(app, person_id) as url:
        context = await browser.new_context(viewport=viewport, locale="en-GB", **options)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        if timers is not None:
            await page.clock.install(time=timers)
        await page.goto(url)
        await page.wait_for_function("window.chat !== undefined")
        yield Chat(app=app, person_id=person_id, page=page)
        await context.close()
        assert complaints == []


@asynccontextmanager
async def hosting(app: Served | None, person_id: str = "ULENA") -> AsyncIterator[str]:
    """The address of the chat's page, which calls Usher's tools with this person's connection."""

    async def call(request: Request) -> Response:
        assert app is not None
        asked = await request.json()
        return JSONResponse(wire(await app.call(person_id, asked["tool"], **asked["arguments"])))

    async def file(request: Request) -> Response:
        name = request.path_params.get("name", "index.html")
        return FileResponse(_FOLDER / name, headers=_RULES)

    routes = [
        app_frame_route(),
        Mount("/chat/static", StaticFiles(directory=STATIC)),
        Route("/call", call, methods=["POST"]),
        Route("/", file),
        Route("/{name}", file),
    ]
    listener = listen("127.0.0.1", 0)
    async with serving(Starlette(routes=routes), listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"

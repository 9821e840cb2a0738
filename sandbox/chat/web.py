"""The routes of the chat below /chat: the page, what it calls, and what the app and its sign-in need of a client."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from sandbox import company
from sandbox.chat import client
from sandbox.chat.app_frame import STATIC, app_frame_route
from sandbox.chat.chat import Chat, Foreign
from sandbox.chat.oauth import Failed
from sandbox.chat.window import Window
from sandbox.pages import HEADERS, Files

JSON = dict[str, Any]
#: what the page has posted, for somebody's window; the answer
Act = Callable[[Window, JSON], Awaitable[JSON]]

_TEMPLATES: Final = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
#: the cookie by which a browser is known again that went to Connect
_BROWSER: Final = "sandbox-chat"
LONG_POLL_SECONDS: Final = 25.0
#: characters of what somebody types
LONGEST: Final = 1_000


def chat_routes(chat: Chat) -> list[BaseRoute]:
    """Everything below /chat."""
    page = _Page(chat)
    acts: dict[str, Act] = {
        "say": page.say,
        "call": page.call,
        "decide": page.decide,
        "note": page.note,
        "clear": page.clear,
        "disconnect": page.disconnect,
    }
    return [
        Route("/chat", _document, methods=["GET"]),
        app_frame_route(),
        Mount("/chat/static", Files(directory=STATIC)),
        Route("/chat/oauth/client.json", page.client, methods=["GET"]),
        Route("/chat/oauth/jwks.json", _keys, methods=["GET"]),
        Route("/chat/oauth/callback", page.come_back, methods=["GET"]),
        Route("/chat/page/state", page.state, methods=["GET"]),
        Route("/chat/page/changes", page.changes, methods=["GET"]),
        Route("/chat/page/component", page.component, methods=["GET"]),
        Route("/chat/page/connect", page.connect, methods=["POST"]),
        *(Route(f"/chat/page/{name}", page.acting(act), methods=["POST"]) for name, act in acts.items()),
    ]


async def _document(_: Request) -> Response:
    return FileResponse(STATIC / "index.html", headers=HEADERS)


async def _keys(_: Request) -> Response:
    return JSONResponse(client.keys())


class _Page:
    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    # -- Connect -------------------------------------------------------------------------------------------------------
    async def client(self, _: Request) -> Response:
        """GET: what the client says of itself."""
        return JSONResponse(self._chat.host.document())

    async def connect(self, request: Request) -> Response:
        """POST {as}: where the person agrees, and only this browser can come back from there.

        The address is null where that could not be found out; then the chat says why.
        """
        # Whatever is there is kept: cookies do not tell ports apart, and somebody may be on the way in another sandbox.
        browser = request.cookies.get(_BROWSER) or secrets.token_urlsafe(32)
        try:
            window = self._chat.window(str((await _body(request))["as"]))
            answer = JSONResponse({"url": await self._chat.begin(window, browser=browser)})
        except Failed as failed:
            window.tell(str(failed), connect=True)
            return JSONResponse({"url": None})
        except (LookupError, ValueError, TypeError) as error:
            return _wrong(error)
        answer.set_cookie(_BROWSER, browser, path="/chat", httponly=True, samesite="lax")
        return answer

    async def come_back(self, request: Request) -> Response:
        """GET: the person is back."""
        try:
            window = await self._chat.come_back(request.query_params, browser=request.cookies.get(_BROWSER, ""))
        except Foreign as foreign:
            return HTMLResponse(
                _TEMPLATES.get_template("foreign.html").render(words=str(foreign), people=company.PEOPLE),
                400,
                headers=HEADERS,
            )
        # no-store: the address that leads here holds a code
        return RedirectResponse(
            f"/chat?as={window.person.first_name.lower()}", 303, headers={"Cache-Control": "no-store"}
        )

    # -- what the page reads -------------------------------------------------------------------------------------------
    async def state(self, request: Request) -> Response:
        """GET ?as=who: everything that the page shows."""
        try:
            window = self._window(request)
        except LookupError as error:
            return _refusal(str(error.args[0]), 404)
        return JSONResponse(
            {
                "me": _person(window.person),
                "people": [_person(each) for each in company.PEOPLE],
                "company": company.COMPANY_NAME,
                "app": {"name": company.USHER.name} if self._chat.mcp_url else None,
                **window.shown(),
            }
        )

    async def changes(self, request: Request) -> Response:
        """GET ?as=who&since=n: answers when something has changed, or after a while."""
        try:
            window, since = self._window(request), int(request.query_params.get("since", "0"))
        except (LookupError, ValueError) as error:
            return _wrong(error)
        return JSONResponse({"version": await window.changes.beyond(since, seconds=LONG_POLL_SECONDS)})

    async def component(self, request: Request) -> Response:
        """GET ?as=who&uri=ui://…: a component's page, {"html", "meta"}; null where it cannot be had."""
        try:
            return JSONResponse(await self._window(request).page(request.query_params.get("uri", "")))
        except Failed:
            return JSONResponse(None)
        except LookupError as error:
            return _wrong(error)

    # -- what the page does --------------------------------------------------------------------------------------------
    def acting(self, act: Act) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint for an act: JSON in, JSON out, and a sentence for what will not do."""

        async def endpoint(request: Request) -> Response:
            try:
                body = await _body(request)
                return JSONResponse(await act(self._chat.window(str(body["as"])), body))
            except (LookupError, ValueError, TypeError) as error:
                return _wrong(error)

        return endpoint

    async def say(self, window: Window, body: JSON) -> JSON:
        """POST {as, text}: what was typed."""
        await window.say(_text(body, "text"))
        return {}

    async def call(self, window: Window, body: JSON) -> JSON:
        """POST {as, tool, arguments}: a component's call. Where the person is asked first, its entry has the result."""
        arguments = body.get("arguments") or {}
        if not isinstance(arguments, dict):
            raise TypeError("arguments has to be a JSON object")
        call = await window.call(_text(body, "tool"), arguments, by_component=True)
        return {"id": call.number, **call.shown()}

    async def decide(self, window: Window, body: JSON) -> JSON:
        """POST {as, id, agreed}: the answer to a call that asks first."""
        number = body["id"]
        if not isinstance(number, int):
            raise TypeError("id has to be a number")
        await window.decide(number, agreed=body["agreed"] is True)
        return {}

    async def note(self, window: Window, body: JSON) -> JSON:
        """POST {as, text}: what a component wants the model to know."""
        window.note(_text(body, "text"))
        return {}

    async def clear(self, window: Window, _body: JSON) -> JSON:
        """POST {as}: a new chat."""
        window.clear()
        return {}

    async def disconnect(self, window: Window, _body: JSON) -> JSON:
        """POST {as}: no connection any more."""
        await window.disconnect()
        return {}

    def _window(self, request: Request) -> Window:
        return self._chat.window(request.query_params.get("as", ""))


def _person(person: company.Person) -> JSON:
    return {
        "id": person.id,
        "slug": person.first_name.lower(),
        "name": person.name,
        "title": person.title,
        "initials": person.initials,
    }


async def _body(request: Request) -> JSON:
    """What was posted. Raises ValueError or TypeError."""
    body = await request.json()
    if not isinstance(body, dict):
        raise TypeError("the body has to be a JSON object")
    return body


def _text(body: JSON, key: str) -> str:
    value = body[key]
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key} has to be a text")
    return value.strip()[:LONGEST]


def _wrong(error: Exception) -> Response:
    """What was sent is not what it has to be."""
    if isinstance(error, KeyError):
        return _refusal(f"{error.args[0]} is missing", 400)
    return _refusal(str(error), 400)


def _refusal(words: str, status: int) -> Response:
    return JSONResponse({"error": words}, status)

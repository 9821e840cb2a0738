"""What anybody may read at the public address: the documentation with its index, and whose address it is."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from posixpath import normpath
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

_BOT: Final = Path(__file__).parents[1]
#: in the wheel they lie in the package, in a checkout at the top, where people look for them
_PAGES: Final = _BOT / "docs" if (_BOT / "docs").exists() else _BOT.parent / "docs"


def index() -> str:
    """`docs/llms.txt` (llmstxt.org), with links that lead on from the root of the address."""
    text = (_PAGES / "llms.txt").read_text(encoding="utf-8")
    return re.sub(r"\]\(([\w./-]+)\)", lambda link: f"]({normpath(f'docs/{link[1]}')})", text)


def public_file_routes(apps_challenge: str | None) -> list[BaseRoute]:
    """The documentation, and OpenAI's domain verification.

    Args:
        apps_challenge: what OpenAI wants to read at its address; None: there is nothing there.
    """
    return [
        Route("/llms.txt", _text(index()), methods=["GET"]),
        Route("/README.md", _text((_PAGES.parent / "README.md").read_text(encoding="utf-8")), methods=["GET"]),
        Mount("/docs", StaticFiles(directory=_PAGES)),
        *(
            [Route("/.well-known/openai-apps-challenge", _text(apps_challenge), methods=["GET"])]
            if apps_challenge
            else []
        ),
    ]


def _text(words: str) -> Callable[[Request], Awaitable[Response]]:
    async def text(_request: Request) -> Response:
        return PlainTextResponse(words)

    return text

"""The page of the sandbox: plain HTML, CSS and JavaScript modules, as they are in this folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_HERE: Final = Path(__file__).parent
HEADERS: Final = {
    # Nothing from elsewhere, nothing inline: text from people could not run even if it became HTML.
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class Files(StaticFiles):
    """Files of a folder, under the same rules."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file."""
        response = await super().get_response(path, scope)
        response.headers.update(HEADERS)
        return response


async def _page(_: Request) -> Response:
    return FileResponse(_HERE / "index.html", headers=HEADERS)


def routes() -> list[BaseRoute]:
    """`/` and `/static/*`."""
    return [Route("/", _page), Mount("/static", Files(directory=_HERE / "static"))]

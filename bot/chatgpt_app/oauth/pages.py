"""The pages that people see on the way: consent, and what went wrong. They work without a script, and allow none."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.chatgpt_app.oauth import registrations
from bot.chatgpt_app.oauth.addresses import host_of, is_loopback
from bot.chatgpt_app.oauth.sign_ins import UnderWay

_FOLDER: Final = Path(__file__).parent / "templates"
_TEMPLATES: Final = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined)
_STYLE: Final = (_FOLDER / "pages.css").read_text(encoding="utf-8")
#: of every answer to a browser on the way, redirects as well: an address holds what nobody else should see
PRIVATE: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_HEADERS: Final = {
    **PRIVATE,
    # Without form-action: browsers hold it against every address that the form's answer leads on to.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
}


async def style(_request: Request) -> Response:
    """The stylesheet of the pages."""
    return Response(_STYLE, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


def consent_page(ticket: str, sign_in: UnderWay) -> HTMLResponse:
    """Asks whether a client may act for somebody."""
    registered = registrations.is_registration(sign_in.client_id)
    return _page(
        "consent.html",
        ticket=ticket,
        name=sign_in.client_name,
        host=None if registered else host_of(sign_in.client_id),
        returns_to=host_of(sign_in.redirect_uri),
        is_local=is_loopback(sign_in.redirect_uri),
    )


def over_page() -> HTMLResponse:
    """The ticket is not good, in this browser or any more."""
    return _page(
        "error.html",
        status=400,
        title="This sign-in is over",
        text="It took longer than ten minutes, or it was used already, or it was begun in another browser, or this "
        "browser keeps no cookies.",
        next_step="Go back to ChatGPT, open Usher there, and press Connect again.",
    )


def unknown_page() -> HTMLResponse:
    """There is no client to send the person back to."""
    return _page(
        "error.html",
        status=400,
        title="This program cannot be connected",
        text="Usher does not know the program that sent you here, or it wants you sent on to an address that is not "
        "its own. Nothing was connected.",
        next_step="If you came from ChatGPT, press Connect there again. If it happens again, tell the people who run "
        "Usher: its log says why.",
    )


def too_many_page(seconds: int) -> HTMLResponse:
    """Somebody from this address has asked too often."""
    return _page(
        "error.html",
        status=429,
        title="One moment, please",
        text="Too many sign-ins were begun from your network within a minute.",
        next_step=f"Wait {seconds} seconds, then press Connect in ChatGPT again.",
    )


def _page(template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    return HTMLResponse(_TEMPLATES.get_template(template).render(values), status, headers=_HEADERS)

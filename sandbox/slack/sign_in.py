"""Sign in with Slack, as a person sees it: a page of Slack's on which they allow an app to know who they are.

People of the sandbox have no passwords, so the page asks who they are. A page of the sandbox that plays somebody's
window says so beforehand in its tab (`static/js/sits-here.js`), and the page then has them chosen. A
cookie would be shared by all windows of the browser, and by all servers of the host whatever their port.

A program signs somebody in with the form's own post, to the whole address that the app sent them to:

    await http.post(authorize_url, data={"user": "U0LENA0001", "decision": "allow"})

The answer is 303 to the app's redirect_uri with `code` and `state`, or with `error=access_denied` where the decision is
another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.slack.errors import Refusal
from sandbox.slack.openid import SCOPES
from sandbox.slack.state import User

if TYPE_CHECKING:
    from sandbox.slack.slack import Slack

_PAGES: Final = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
_HEADERS: Final = {
    # Without form-action: browsers hold it against where the form's answer leads, and that is the app.
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an app asks of the authorize endpoint."""

    redirect_uri: str
    scopes: frozenset[str]
    state: str | None
    nonce: str | None

    def back(self, **answer: str) -> Response:
        """To the app, with the answer and the state that it gave."""
        query = urlencode(answer | ({"state": self.state} if self.state is not None else {}))
        return RedirectResponse(f"{self.redirect_uri}{'&' if '?' in self.redirect_uri else '?'}{query}", 303)


def asked_of(slack: Slack, query: Mapping[str, str]) -> Asked:
    """Read the query of the authorize address.

    Raises Refusal with what Slack tells the person, who is then not sent anywhere: invalid_client_id,
    bad_redirect_uri, unsupported_response_type, invalid_scope, or invalid_team_for_non_distributed_app.
    """
    if query.get("client_id") != slack.app.client_id:
        raise Refusal("invalid_client_id")
    redirect_uri = query.get("redirect_uri", "")
    if not any(_is_at_or_below(redirect_uri, configured) for configured in slack.app.redirect_urls):
        raise Refusal("bad_redirect_uri")
    if query.get("response_type") != "code":
        raise Refusal("unsupported_response_type")
    scopes = frozenset(query.get("scope", "").replace(",", " ").split())
    if "openid" not in scopes or not scopes <= SCOPES:
        raise Refusal("invalid_scope")
    if query.get("team", slack.state.team.id) != slack.state.team.id:
        raise Refusal("invalid_team_for_non_distributed_app")
    return Asked(redirect_uri=redirect_uri, scopes=scopes, state=query.get("state"), nonce=query.get("nonce"))


def _is_at_or_below(uri: str, configured: str) -> bool:
    """Whether Slack sends people there: the configured address or a path below it, with any query."""
    plain = urlsplit(uri)._replace(query="", fragment="").geturl()
    return plain == configured or plain.startswith(f"{configured.rstrip('/')}/")


def sign_in_routes(slack: Slack) -> list[BaseRoute]:
    """The provider's own addresses, relative to where Slack is mounted."""

    async def discovery(_: Request) -> Response:
        return JSONResponse(slack.openid.metadata())

    async def keys(_: Request) -> Response:
        return JSONResponse(slack.openid.keys())

    async def authorize(request: Request) -> Response:
        try:
            asked = asked_of(slack, request.query_params)
            if request.method == "GET":
                return _page(slack, asked)
            return _decided(slack, asked, {name: str(value) for name, value in (await request.form()).items()})
        except Refusal as refusal:
            return _html("sign_in_refused.html", status=400, code=refusal.code)

    return [
        Route("/.well-known/openid-configuration", discovery),
        Route("/openid/connect/keys", keys),
        Route("/openid/connect/authorize", authorize, methods=["GET", "POST"]),
    ]


def _people(slack: Slack) -> list[User]:
    """Who can sign in."""
    return [user for user in slack.state.users.values() if not user.is_bot and not user.deleted]


def _page(slack: Slack, asked: Asked) -> Response:
    return _html(
        "sign_in.html",
        app=slack.state.users[slack.app.bot_user].real_name,
        team=slack.state.team.name,
        back_to=urlsplit(asked.redirect_uri).netloc,
        scopes=asked.scopes,
        people=_people(slack),
    )


def _decided(slack: Slack, asked: Asked, form: Mapping[str, str]) -> Response:
    if form.get("decision") != "allow":
        return asked.back(error="access_denied")
    user = slack.state.user(form.get("user"))
    if user not in _people(slack):
        raise Refusal("account_inactive")
    code = slack.openid.allow(user, scopes=asked.scopes, redirect_uri=asked.redirect_uri, nonce=asked.nonce)
    return asked.back(code=code)


def _html(template: str, *, status: int = 200, **values: object) -> Response:
    return HTMLResponse(_PAGES.get_template(template).render(values), status, headers=_HEADERS)

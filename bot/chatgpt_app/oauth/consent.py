"""The person's part: they read what they are asked, go to Slack, and come back with a code for the client."""

from __future__ import annotations

import re
import secrets
from typing import Final

import structlog
from mcp.server.auth.provider import construct_redirect_uri
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.chatgpt_app.config import AppConfig
from bot.chatgpt_app.oauth import pages, sign_ins
from bot.chatgpt_app.oauth.sign_ins import UnderWay
from bot.chatgpt_app.oauth.slack_sign_in import OtherWorkspace, SignInFailed, SlackSignIn
from storage.database import Database

#: what the cookie holds: `secrets.token_urlsafe(32)`
_BROWSER: Final = re.compile(r"[A-Za-z0-9_-]{43}")

# What clients show of it may not hold quotation marks (RFC 6749, section 4.1.2.1).
_CANCELLED: Final = "You cancelled. Nothing was connected."
_SLACK_CANCELLED: Final = "You did not sign in with Slack. Nothing was connected."
_OTHER_WORKSPACE: Final = (
    "You signed in to another Slack workspace. Connect again, and choose the workspace in which Usher is."
)
_NOT_ADMITTED: Final = (
    "This Slack account may not use Usher here: it is not known, was deactivated, or is a guest. "
    "Ask the people who run Usher."
)
_SLACK_FAILED: Final = "Slack could not say who you are. Connect again in a minute."

_REMEDY: Final = "check SLACK_SIGNIN_CLIENT_ID, SLACK_SIGNIN_CLIENT_SECRET, and that Slack can be reached"

log = structlog.get_logger(__name__)


class Consent:
    """The consent page, and the way through Slack."""

    def __init__(self, config: AppConfig, database: Database, slack: SlackSignIn) -> None:
        self._config = config
        self._database = database
        self._slack = slack
        self._is_secure = config.public_url.startswith("https://")
        # With __Host- no neighbour under the same domain can set it.
        self._cookie = "__Host-usher-sign-in" if self._is_secure else "usher-sign-in"

    async def page(self, request: Request) -> Response:
        """GET: what the person is asked. From here on the ticket is good in this browser alone."""
        ticket = request.query_params.get("ticket", "")
        browser = self._browser(request) or secrets.token_urlsafe(32)
        sign_in = await self._database.write(sign_ins.show, ticket, browser=browser)
        if sign_in is None:
            return pages.over_page()
        answer = pages.consent_page(ticket, sign_in)
        answer.set_cookie(
            self._cookie,
            browser,
            max_age=int(sign_ins.TICKET_LASTS.total_seconds()),
            path="/",
            secure=self._is_secure,
            httponly=True,
            samesite="lax",
        )
        return answer

    async def decide(self, request: Request) -> Response:
        """POST: what the person answered."""
        form = await request.form()
        ticket, browser = str(form.get("ticket", "")), self._browser(request)
        if form.get("decision") != "continue":
            sign_in = await self._database.write(sign_ins.give_up, ticket, browser=browser)
            return self._back(sign_in, error="access_denied", error_description=_CANCELLED)
        nonce = await self._database.write(sign_ins.consent, ticket, browser=browser)
        if nonce is None:
            return pages.over_page()
        try:
            return _redirect(await self._slack.address(state=ticket, nonce=nonce))
        except SignInFailed as error:
            log.warning("chatgpt.sign_in_failed", error=str(error), remedy=_REMEDY)
            sign_in = await self._database.write(sign_ins.give_up, ticket, browser=browser)
            return self._back(sign_in, error="temporarily_unavailable", error_description=_SLACK_FAILED)

    async def slack_posted(self, request: Request) -> Response:
        """POST: Slack's metadata speaks of `form_post`. A post from there brings no cookie, what follows it does."""
        form = {key: str(value) for key, value in (await request.form()).items() if key in {"code", "state", "error"}}
        return _redirect(construct_redirect_uri(self._config.slack_redirect_url, **form))

    async def slack_answered(self, request: Request) -> Response:
        """GET: the person is back from Slack."""
        answer = request.query_params
        ticket, browser = answer.get("state", ""), self._browser(request)
        sign_in = await self._database.write(sign_ins.come_back, ticket, browser=browser)
        if sign_in is None or sign_in.nonce is None:
            return pages.over_page()
        try:
            if "code" not in answer:
                return await self._refuse(ticket, browser, "access_denied", _SLACK_CANCELLED)
            person_id = await self._slack.who(answer["code"], nonce_hash=sign_in.nonce)
        except OtherWorkspace:
            log.warning("chatgpt.sign_in_refused", why="another workspace")
            return await self._refuse(ticket, browser, "access_denied", _OTHER_WORKSPACE)
        except SignInFailed as error:
            log.warning("chatgpt.sign_in_failed", error=str(error), remedy=_REMEDY)
            return await self._refuse(ticket, browser, "server_error", _SLACK_FAILED)
        code = await self._database.write(sign_ins.admit, sign_in.id, person_id=person_id, guests=self._config.guests)
        if code is None:
            log.warning("chatgpt.sign_in_refused", why="not in the directory, or may not", person=person_id)
            return self._back(sign_in, error="access_denied", error_description=_NOT_ADMITTED)
        return self._back(sign_in, code=code)

    async def _refuse(self, ticket: str, browser: str, error: str, description: str) -> Response:
        sign_in = await self._database.write(sign_ins.give_up, ticket, browser=browser)
        return self._back(sign_in, error=error, error_description=description)

    def _back(self, sign_in: UnderWay | None, **answer: str) -> Response:
        """To the client, with the answer (RFC 6749) and whose answer it is (RFC 9207)."""
        if sign_in is None:
            return pages.over_page()
        return _redirect(
            construct_redirect_uri(sign_in.redirect_uri, **answer, state=sign_in.state, iss=self._config.issuer)
        )

    def _browser(self, request: Request) -> str:
        """What this browser was given to be known again; empty where that was nothing."""
        value = request.cookies.get(self._cookie, "")
        return value if _BROWSER.fullmatch(value) else ""


def _redirect(url: str) -> Response:
    return RedirectResponse(url, status_code=303, headers=pages.PRIVATE)

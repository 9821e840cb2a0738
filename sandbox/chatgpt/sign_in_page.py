"""The pages for a person in a browser: sign in, see who is signed in, sign out.

The real page asks for a password and a code, and may send its visitor to another site and back. Here the address is
enough, for the browser and the cookie are what matters.
"""

from __future__ import annotations

from html import escape
from typing import Final
from urllib.parse import parse_qs, quote

from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.chatgpt.calls import Call
from sandbox.chatgpt.door import door
from sandbox.chatgpt.sessions import SESSION_LIFE
from sandbox.chatgpt.web_admin import COOKIE, session_cookie
from sandbox.chatgpt.workspace import Workspace

_PAGE: Final = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>ChatGPT (simulated)</title>
<meta name="viewport" content="width=device-width"><style>body {{ font: 16px/1.5 sans-serif; max-width: 24rem;
margin: 4rem auto; padding: 0 1rem }} input, button {{ font: inherit; padding: .5rem; margin: .5rem 0; width: 100%;
box-sizing: border-box }} [role=alert] {{ color: #b00020 }}</style><body>{body}</body></html>"""

_FORM: Final = """<h1>Welcome back</h1>{problem}<form method="post" action="auth/login">
<label>Email address <input name="email" type="email" required autofocus value="{email}"></label>
<button>Continue</button></form>"""

_SIGNED_IN: Final = """<h1>What can I help with?</h1><p>Signed in as <b>{email}</b>.</p>
<form method="post" action="auth/logout"><button>Log out</button></form>"""


def routes(workspace: Workspace) -> list[Route]:
    """The pages' routes, below the host that plays chatgpt.com."""
    pages = _Pages(workspace)
    return [
        Route("/", door(workspace, pages.home), methods=["GET"]),
        Route("/auth/login", door(workspace, pages.log_in), methods=["POST"]),
        Route("/auth/logout", door(workspace, pages.log_out), methods=["POST"]),
    ]


class _Pages:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def home(self, call: Call) -> Response:
        """GET /: who is signed in, or the form. What was wrong with an address comes back with it."""
        session = self._workspace.sessions.find(session_cookie(call))
        if session is not None:
            return _page(_SIGNED_IN.format(email=escape(session.email)))
        email = escape(call.query.get("unknown", ""))
        problem = f'<p role="alert">Nobody here has the address {email}.</p>' if email else ""
        return _page(_FORM.format(problem=problem, email=email))

    def log_in(self, call: Call) -> Response:
        """POST /auth/login with the form."""
        [email] = parse_qs(call.body.decode()).get("email", [""])
        member = self._workspace.roster.member_by_email(email)
        if member is None:
            return RedirectResponse(f"../?unknown={quote(email)}", 303)
        response = RedirectResponse("../", 303)
        cookie = self._workspace.sessions.sign_in(user_id=member.user_id, email=member.email, name=member.name)
        expires = self._workspace.clock.now() + SESSION_LIFE
        response.set_cookie(COOKIE, cookie, path="/", expires=expires, secure=True, httponly=True, samesite="lax")
        return response

    def log_out(self, call: Call) -> Response:
        """POST /auth/logout: this browser's session ends, others go on."""
        self._workspace.sessions.sign_out(session_cookie(call))
        response = RedirectResponse("../", 303)
        response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
        return response


def _page(body: str) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(body=body))

"""The faults of the web-admin face: of its session, its bot protection, its answers to changes."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox.chatgpt.faults import Fault, Scope, Turn
from sandbox.chatgpt.faults_common import Around, instead
from sandbox.chatgpt.refusals import SEAT_NEEDED
from sandbox.chatgpt.roster import MEMBER, OWNER, address

if TYPE_CHECKING:
    from sandbox.chatgpt.workspace import Workspace

ACCOUNT: Final = r"/backend-api/accounts/[0-9a-fA-F-]+"
PAGES: Final = Scope.of("", r"/(backend-api|api/auth|v1|scim)/")
BACKEND: Final = Scope.of("", r"/backend-api/")
SESSION: Final = Scope.of("GET", r"/api/auth/session$")
INVITE: Final = Scope.of("POST", ACCOUNT + r"/invites$")
DELETE: Final = Scope.of("DELETE", ACCOUNT + r"/(users/[^/]+|invites)$")
SEAT_UPDATE: Final = Scope.of("POST", ACCOUNT + r"/users/[^/]+/seat/update$")
SEATED: Final = Scope.of("POST PATCH", ACCOUNT + r"/(invites|users/[^/]+(/seat/update)?)$")

_CHALLENGE: Final = """<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title></head>
<body><noscript>Enable JavaScript and cookies to continue</noscript>
<script>window._cf_chl_opt={cvId:'3',cType:'managed'};</script>
<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1"></script></body></html>"""


def _challenge(status: int) -> Fault:
    headers = {"cf-mitigated": "challenge", "server": "cloudflare"}
    return Fault(
        name=f"challenge_{status}",
        title=f"Bot challenge ({status})",
        description=f'Every call gets Cloudflare\'s "Just a moment" page with status {status}.',
        scope=PAGES,
        around=instead(lambda _: HTMLResponse(_CHALLENGE, status, headers=headers)),
    )


#: A clearance is worth something where it was given: at this sandbox, as long as it runs.
_CLEARANCE: Final = f"cf_clearance={secrets.token_urlsafe(16)}"
_PERSON: Final = f"""<h1>Verify you are human</h1>
<button onclick="document.cookie = '{_CLEARANCE}; path=/; max-age=31536000'; location.reload()">I am human</button>"""


async def _challenge_strangers(turn: Turn) -> Response:
    """Whoever pressed the button carries a cookie from then on, which a browser keeps and a plain client never gets."""
    if _CLEARANCE in turn.call.headers.get("cookie", ""):
        return await turn.go_on(turn.call)
    return HTMLResponse(_CHALLENGE.replace("</body>", f"{_PERSON}</body>"), 403, headers={"cf-mitigated": "challenge"})


def _refused(status: int, code: str, message: str) -> Around:
    body = {"error": {"message": message, "type": "invalid_request_error", "code": code, "param": None}}
    return instead(lambda turn: JSONResponse(body, turn.settings.get("status", status)))


def _detail(status: int, detail: object) -> Around:
    return instead(lambda _: JSONResponse({"detail": detail}, status))


def _for_addresses(into: str | None, entry: Callable[[str, Any], object] = lambda email, _: email) -> Around:
    """A fault of single addresses: those it concerns are reported in the list `into`, the others are invited."""

    async def around(turn: Turn) -> Response:
        wanted = None if turn.email is None else address(turn.email)
        hit = [email for email in turn.call.addresses if wanted in (None, address(email))]
        rest = [email for email in turn.call.addresses if email not in hit]
        answer: dict[str, Any] = {"account_invites": [], "errored_emails": [], "already_member_emails": []}
        if rest:
            body = {**turn.call.json(), "email_addresses": rest}
            real = await turn.go_on(replace(turn.call, body=json.dumps(body).encode()))
            if real.status_code != 200:
                return real
            answer = json.loads(bytes(real.body))
        if into is not None:
            answer[into] += [entry(email, turn.settings) for email in hit]
        return JSONResponse(answer)

    return around


async def _empty(turn: Turn) -> Response:
    real = await turn.go_on(turn.call)
    return Response(status_code=204) if real.status_code == 200 else real


async def _in_chunks(turn: Turn) -> Response:
    """NextAuth splits a cookie that is too long for a browser into `.0`, `.1`, ..."""
    real = await turn.go_on(turn.call)
    headers = MutableHeaders(raw=real.raw_headers)
    cookie = headers.get("set-cookie")
    if cookie is not None:
        name, _, rest = cookie.partition("=")
        value, _, attributes = rest.partition(";")
        half = len(value) // 2
        headers["set-cookie"] = f"{name}.0={value[:half]};{attributes}"
        headers.append("set-cookie", f"{name}.1={value[half:]};{attributes}")
    return real


def _demote(workspace: Workspace) -> None:
    _integration_role(workspace, MEMBER)


def _promote(workspace: Workspace) -> None:
    _integration_role(workspace, OWNER)


def _integration_role(workspace: Workspace, role: str) -> None:
    """Past the rule of the last owner: a fault has to be possible whoever else is there."""
    member = workspace.roster.member_by_email(workspace.profile.integration_email)
    if member is not None:
        workspace.roster = workspace.roster.with_member(replace(member, role=role))


def _strict_cookies(strict: bool) -> Callable[[Workspace], None]:
    def change(workspace: Workspace) -> None:
        workspace.sessions.strict = strict

    return change


WEB_ADMIN_FAULTS: Final = (
    Fault(
        name="session_refresh_error",
        title="The session cannot be refreshed",
        description="The session endpoint answers 200 with RefreshAccessTokenError and no token.",
        scope=SESSION,
        around=instead(lambda _: JSONResponse({"error": "RefreshAccessTokenError"})),
    ),
    Fault(
        name="signed_out",
        title="The integration account is signed out",
        description="The session endpoint answers 200 with {}.",
        scope=SESSION,
        around=instead(lambda _: JSONResponse({})),
    ),
    Fault(
        name="cookie_in_chunks",
        title="The cookie comes in two parts",
        description="The session cookie is set as ….0 and ….1.",
        scope=SESSION,
        around=_in_chunks,
    ),
    Fault(
        name="old_cookies_die",
        title="Only the newest cookie works",
        description="After the session cookie was rotated, the one before is signed out.",
        scope=SESSION,
        on=_strict_cookies(True),
        off=_strict_cookies(False),
    ),
    Fault(
        name="tokens_expired",
        title="The access token is expired",
        description="Every access token given out so far is refused; a new one from the session works.",
        scope=BACKEND,
        on=lambda workspace: workspace.sessions.expire_tokens(),
    ),
    Fault(
        name="token_revoked",
        title="The session was ended",
        description="Access tokens are revoked: every call is refused with 401, also with a new one.",
        scope=BACKEND,
        around=_refused(401, "token_revoked", "Encountered invalidated oauth token for user, failing request"),
    ),
    Fault(
        name="not_owner",
        title="The integration account is not an owner",
        description="Somebody made it a plain member; what only owners may do is refused with 403.",
        scope=BACKEND,
        on=_demote,
        off=_promote,
    ),
    Fault(
        name="forbidden",
        title="Every call is forbidden",
        description="`status` (403, or 402) in JSON.",
        scope=BACKEND,
        around=instead(lambda turn: JSONResponse({"detail": "Forbidden"}, turn.settings["status"])),
        settings={"status": 403},
    ),
    Fault(
        name="workspace_not_found",
        title="The workspace is not found",
        description="404 on every call.",
        scope=BACKEND,
        around=_detail(404, {"code": "workspace_not_found", "message": "Workspace not found"}),
    ),
    _challenge(403),
    _challenge(503),
    _challenge(200),
    Fault(
        name="challenge_until_passed",
        title="Bot challenge for strangers",
        description="Every call gets a challenge with a button; a browser in which somebody pressed it passes.",
        scope=Scope.of("", r"/(backend-api|api/auth|auth)/|/$"),
        around=_challenge_strangers,
    ),
    Fault(
        name="conflict_on_delete",
        title="Removing collides",
        description="409 on removing a member or cancelling an invite: another change is under way.",
        scope=DELETE,
        around=_detail(409, "Workspace membership is being modified, please try again"),
    ),
    Fault(
        name="seat_true_up_pending",
        title="A seat is being bought",
        description="Invites and seat changes are refused with `status` (401, or 400): seat_true_up_pending.",
        scope=SEATED,
        around=_refused(401, "seat_true_up_pending", "A seat purchase is in progress for this workspace"),
        settings={"status": 401},
    ),
    Fault(
        name="additional_seat_needed",
        title="One more seat is needed",
        description="The address is reported in errored_emails: 1 additional seat needed.",
        scope=INVITE,
        around=_for_addresses("errored_emails", lambda email, _: {"email_address": email, "error": SEAT_NEEDED}),
    ),
    Fault(
        name="additional_seat_needed_400",
        title="One more seat is needed (400)",
        description="The whole invite is refused with 400: 1 additional seat needed.",
        scope=INVITE,
        around=_detail(400, SEAT_NEEDED),
    ),
    Fault(
        name="errored_emails",
        title="The address is refused",
        description="200, with the address in errored_emails as an object with the keys `key` and error: `text`.",
        scope=INVITE,
        around=_for_addresses(
            "errored_emails",
            lambda email, settings: {settings["key"]: email, "error": settings["text"]},
        ),
        settings={"key": "email_address", "text": "Unable to invite user due to an error."},
    ),
    Fault(
        name="errored_emails_as_text",
        title="The address is refused, without a reason",
        description="200, with the bare address in errored_emails.",
        scope=INVITE,
        around=_for_addresses("errored_emails"),
    ),
    Fault(
        name="already_member_emails",
        title="They are a member already",
        description="200, with the address in already_member_emails; nothing happens.",
        scope=INVITE,
        around=_for_addresses("already_member_emails"),
    ),
    Fault(
        name="invite_ignored",
        title="The invite is ignored",
        description="200 with three empty lists; nothing happens.",
        scope=INVITE,
        around=_for_addresses(None),
    ),
    Fault(
        name="deletes_answer_nothing",
        title="Removing answers 204",
        description="Removing a member and cancelling an invite answer 204 with an empty body.",
        scope=DELETE,
        around=_empty,
    ),
    Fault(
        name="no_seat_update",
        title="An older server",
        description="seat/update is not there (404); PATCH with seat_type still works.",
        scope=SEAT_UPDATE,
        around=_detail(404, "Not Found"),
    ),
)

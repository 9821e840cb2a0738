"""The web-admin face: what the page chatgpt.com/admin/members calls, with its paths, shapes and refusals.

OpenAI documents none of it: this follows what public clients of these paths send and expect. Where they are silent
this face chose, and the choice is named where it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.chatgpt import refusals
from sandbox.chatgpt.calls import Call
from sandbox.chatgpt.door import Handler, door
from sandbox.chatgpt.powers import require_reader
from sandbox.chatgpt.roster import Member
from sandbox.chatgpt.sessions import SESSION_LIFE, Session, Token
from sandbox.chatgpt.web_admin_json import (
    CancelBody,
    DefaultSeatBody,
    InviteBody,
    MemberBody,
    Page,
    SeatUpdateBody,
    account_json,
    invite_json,
    member_json,
    personal_account_json,
    seat_counts,
    session_json,
    subscription_json,
)
from sandbox.chatgpt.workspace import Workspace

COOKIE: Final = "__Secure-next-auth.session-token"

# Whether the last owner and oneself are refused with 400, 403 or 409 is not known; nor is 404 for an unknown invite.
_STATUS: Final[Mapping[type[refusals.Refusal], int]] = {
    refusals.Unauthenticated: 401,
    refusals.NotAllowed: 403,
    refusals.WorkspaceDeactivated: 403,
    refusals.NoSuchWorkspace: 404,
    refusals.NoSuchMember: 404,
    refusals.NoSuchInvite: 404,
    refusals.Refusal: 400,
}

_Body = TypeVar("_Body", bound=BaseModel)
_DONE: Final = {"success": True}


def routes(workspace: Workspace) -> list[Route]:
    """The face's routes, below the host that plays chatgpt.com."""
    face = _WebAdmin(workspace)
    account = "/backend-api/accounts/{account_id}"
    table: tuple[tuple[str, str, Handler], ...] = (
        ("GET", "/api/auth/session", face.session),
        ("GET", "/backend-api/me", face.me),
        ("GET", "/backend-api/accounts/check/v4-2023-04-27", face.accounts_check),
        ("GET", "/backend-api/subscriptions", face.subscription),
        ("GET", account + "/users", face.list_users),
        ("GET", account + "/users/seat_type_counts", face.seat_type_counts),
        ("PATCH", account + "/users/{user_id}", face.change_user),
        ("DELETE", account + "/users/{user_id}", face.remove_user),
        ("POST", account + "/users/{user_id}/seat/update", face.update_seat),
        ("GET", account + "/invites", face.list_invites),
        ("POST", account + "/invites", face.invite),
        ("DELETE", account + "/invites", face.cancel_invite),
        ("GET", account + "/settings", face.settings),
        ("POST", account + "/settings/default_seat_type", face.set_default_seat_type),
    )
    return [
        Route(path, door(workspace, partial(_answer, handler)), methods=[method]) for method, path, handler in table
    ]


def _answer(handler: Handler, call: Call) -> Response:
    """Run the handler and give its refusals the face's shapes."""
    try:
        return handler(call)
    except ValidationError as error:
        where = "query" if call.method == "GET" else "body"
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return JSONResponse({"detail": [{**item, "loc": [where, *item["loc"]]} for item in found]}, 422)
    except refusals.Refusal as refusal:
        return _refuse(refusal)


def _refuse(refusal: refusals.Refusal) -> Response:
    status = next(_STATUS[kind] for kind in type(refusal).__mro__ if kind in _STATUS)
    if isinstance(refusal, refusals.TokenMissing):
        return JSONResponse({"detail": {"message": str(refusal)}}, status)
    if isinstance(refusal, refusals.Unauthenticated):
        error = {"message": str(refusal), "type": None, "code": refusal.code, "param": None}
        return JSONResponse({"error": error, "status": status}, status)
    if refusal.code is not None:
        return JSONResponse({"detail": {"code": refusal.code, "message": str(refusal)}}, status)
    return JSONResponse({"detail": str(refusal)}, status)


def _body(model: type[_Body], call: Call) -> _Body:
    return model.model_validate(call.json())


class _WebAdmin:
    """The handlers. Each reads who calls first, so that a stranger learns nothing from a refusal."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        # What was answered per submission or attempt id: sent again, it has no second effect.
        self._answered: dict[str, dict[str, Any]] = {}

    # Who calls

    def session(self, call: Call) -> Response:
        """GET /api/auth/session. Signed out is {} with 200."""
        session = self._workspace.sessions.find(session_cookie(call))
        if session is None:
            return JSONResponse({})
        if call.query.get("exchange_workspace_token") == "true":
            session.account_id = self._account_for(session, call.query.get("workspace_id", ""))
        now = self._workspace.clock.now()
        profile = self._workspace.profile
        workspace_token = session.account_id == profile.id
        token = self._workspace.sessions.issue(
            session,
            plan_type=profile.plan_type if workspace_token else "free",
            organization_id=profile.organization_id,
            now=now,
        )
        cookie = self._workspace.sessions.rotate(session)
        response = JSONResponse(session_json(session, token=token, cookie=cookie, now=now))
        response.set_cookie(
            COOKIE, cookie, path="/", expires=now + SESSION_LIFE, secure=True, httponly=True, samesite="lax"
        )
        return response

    def _account_for(self, session: Session, workspace_id: str) -> str:
        """The workspace for its members, the personal account for everybody else (our choice)."""
        member = self._workspace.roster.members.get(session.user_id)
        known = workspace_id == self._workspace.profile.id and member is not None and member.active
        return workspace_id if known else session.personal_account_id

    def _token(self, call: Call) -> Token:
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise refusals.TokenMissing("Unauthorized - Access token is missing")
        return self._workspace.sessions.read(token, now=self._workspace.clock.now())

    def _caller(self, call: Call, account_id: str | None = None) -> Member:
        """Who calls about this account (None: the one in the path). Writes need the workspace's own token."""
        token = self._token(call)
        workspace = self._workspace
        asked = account_id if account_id is not None else call.path_params["account_id"]
        member = workspace.roster.members.get(token.user_id)
        if asked != workspace.profile.id or member is None or not member.active:
            raise refusals.NoSuchWorkspace("Workspace not found")
        if call.headers.get("chatgpt-account-id") != asked:
            raise refusals.NotAllowed("The chatgpt-account-id header does not match the account")
        if call.method != "GET" and token.account_id != asked:
            raise refusals.NotAllowed("This token does not belong to the workspace")
        if workspace.profile.is_deactivated:
            raise refusals.WorkspaceDeactivated("This workspace is deactivated")
        return member

    def _reader(self, call: Call) -> Member:
        member = self._caller(call)
        require_reader(member)
        return member

    # Reading

    def list_users(self, call: Call) -> Response:
        """GET users."""
        self._reader(call)
        page = Page.model_validate(call.query)
        wanted = page.query.strip().casefold()
        found = [
            member_json(self._workspace, member)
            for member in self._workspace.listed("users").members.values()
            if wanted in member.name.casefold() or wanted in member.email.casefold()
        ]
        return JSONResponse(page.json_of(found))

    def list_invites(self, call: Call) -> Response:
        """GET invites. Nobody asks to join the simulated workspace, so without the pending ones it is empty."""
        self._reader(call)
        page = Page.model_validate(call.query)
        wanted = page.query.strip().casefold()
        found = [
            invite_json(invite)
            for invite in self._workspace.listed("invites").invites.values()
            if page.include_pending and wanted in invite.email.casefold()
        ]
        return JSONResponse(page.json_of(found))

    def seat_type_counts(self, call: Call) -> Response:
        """GET users/seat_type_counts."""
        self._reader(call)
        maximum = self._workspace.profile.maximum_seats
        return JSONResponse({"seat_type_counts": seat_counts(self._workspace), "maximum_seats": maximum})

    def subscription(self, call: Call) -> Response:
        """GET subscriptions?account_id=…"""
        account_id = call.query.get("account_id")
        if account_id is None:
            self._token(call)
            return JSONResponse({"detail": "must specify either organization_id or account_id"}, 400)
        require_reader(self._caller(call, account_id))
        return JSONResponse(subscription_json(self._workspace))

    def accounts_check(self, call: Call) -> Response:
        """GET accounts/check: every account of whoever calls, a deactivated workspace among them."""
        token = self._token(call)
        session = self._workspace.sessions.of(token.user_id)
        personal = personal_account_json(session.personal_account_id, token.user_id)
        accounts = {session.personal_account_id: personal}
        member = self._workspace.roster.members.get(token.user_id)
        if member is not None and member.active:
            accounts = {
                self._workspace.profile.id: account_json(self._workspace, member.user_id, member.role),
                **accounts,
            }
        ordering = list(accounts)
        return JSONResponse({"accounts": {**accounts, "default": personal}, "account_ordering": ordering})

    def me(self, call: Call) -> Response:
        """GET me."""
        session = self._workspace.sessions.of(self._token(call).user_id)
        return JSONResponse(
            {
                "object": "user",
                "id": session.user_id,
                "email": session.email,
                "name": session.name,
                "picture": None,
                "phone_number": None,
            }
        )

    def settings(self, call: Call) -> Response:
        """GET settings. Only the field that can be set is known."""
        self._reader(call)
        return JSONResponse({"default_seat_type": self._workspace.profile.default_seat_type})

    # Changing

    def invite(self, call: Call) -> Response:
        """POST invites. 200 says nothing yet: every address is in one of three lists."""
        by = self._caller(call)
        body = _body(InviteBody, call)
        return JSONResponse(self._once(body.submission_id, lambda: self._invite_all(body, by)))

    def _invite_all(self, body: InviteBody, by: Member) -> dict[str, Any]:
        answer: dict[str, Any] = {"account_invites": [], "errored_emails": [], "already_member_emails": []}
        for email in body.email_addresses:
            try:
                invite = self._workspace.invite(
                    email, role=body.role, seat_type=body.seat_type, by=by, send_email=body.resend_emails
                )
            except refusals.AlreadyMember:
                answer["already_member_emails"].append(email)
            except (refusals.AddressRefused, refusals.SeatNeeded, refusals.SeatsExhausted) as refusal:
                answer["errored_emails"].append({"email_address": email, "error": str(refusal)})
            else:
                answer["account_invites"].append(invite_json(invite))
        return answer

    def cancel_invite(self, call: Call) -> Response:
        """DELETE invites, with the address in the body."""
        by = self._caller(call)
        self._workspace.cancel_invite(_body(CancelBody, call).email_address, by=by)
        return JSONResponse(_DONE)

    def change_user(self, call: Call) -> Response:
        """PATCH users/…: the role, or (older) the seat type."""
        by = self._caller(call)
        body = _body(MemberBody, call)
        user_id = call.path_params["user_id"]
        if body.role is not None:
            self._workspace.set_role(user_id, body.role, by=by)
            return JSONResponse(_DONE)
        if body.seat_type is not None:
            self._workspace.set_seat(user_id, body.seat_type, by=by)
        return JSONResponse({"id": user_id, "seat_type": body.seat_type})

    def update_seat(self, call: Call) -> Response:
        """POST users/…/seat/update (newer)."""
        by = self._caller(call)
        body = _body(SeatUpdateBody, call)

        def switch() -> dict[str, Any]:
            self._workspace.set_seat(call.path_params["user_id"], body.seat_type, by=by)
            return _DONE

        return JSONResponse(self._once(body.mutation_attempt_id, switch))

    def remove_user(self, call: Call) -> Response:
        """DELETE users/…"""
        by = self._caller(call)
        self._workspace.remove(call.path_params["user_id"], by=by)
        return JSONResponse(_DONE)

    def set_default_seat_type(self, call: Call) -> Response:
        """POST settings/default_seat_type."""
        by = self._caller(call)
        self._workspace.set_default_seat_type(_body(DefaultSeatBody, call).value, by=by)
        return JSONResponse(_DONE)

    def _once(self, attempt: str | None, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if attempt is None:
            return act()
        if attempt not in self._answered:
            self._answered[attempt] = act()
        return self._answered[attempt]


def session_cookie(call: Call) -> str:
    """The cookie's value, whole or put together from its parts."""
    pairs = (part.strip().partition("=") for part in call.headers.get("cookie", "").split(";"))
    cookies = {name: value for name, _, value in pairs}
    parts = sorted(name for name in cookies if name.startswith(f"{COOKIE}."))
    return cookies.get(COOKIE) or "".join(cookies[name] for name in parts)

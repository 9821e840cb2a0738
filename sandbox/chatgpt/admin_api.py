"""The Admin API face: OpenAI's official API for Enterprise and Edu workspaces, called with an Admin key.

The calls, the limit and the statuses are those of OpenAI's reference. Where it is silent this face chose, and the
choice is named where it is made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.chatgpt import refusals
from sandbox.chatgpt.admin_api_json import (
    InviteBody,
    InvitesQuery,
    UserBody,
    UsersQuery,
    gone_json,
    invite_json,
    one_user_json,
    page_json,
    user_json,
)
from sandbox.chatgpt.admin_keys import READ_INVITES, READ_USERS, WRITE_INVITES, WRITE_USERS, require_scope
from sandbox.chatgpt.calls import Call
from sandbox.chatgpt.door import door
from sandbox.chatgpt.powers import require_reader
from sandbox.chatgpt.roster import SERVICE_SEAT, Invite, Member, address
from sandbox.chatgpt.workspace import Workspace

PLANS: Final = frozenset({"enterprise", "edu", "healthcare"})

# That the last owner, an open invite and a member in an invite's place are conflicts is our choice; it may be 400.
_STATUS: Final[Mapping[type[refusals.Refusal], int]] = {
    refusals.Unauthenticated: 401,
    refusals.NotAllowed: 403,
    refusals.WorkspaceDeactivated: 403,
    refusals.NoSuchWorkspace: 404,
    refusals.NoSuchMember: 404,
    refusals.NoSuchInvite: 404,
    refusals.LastOwner: 409,
    refusals.AlreadyMember: 409,
    refusals.AlreadyInvited: 409,
    refusals.ManagedByScim: 409,
    refusals.TooManyCalls: 429,
    refusals.Refusal: 400,
}

_Handler = Callable[[Call, Member], Response]
_Model = TypeVar("_Model", bound=BaseModel)


def routes(workspace: Workspace) -> list[Route]:
    """The face's routes, below the host that plays api.chatgpt.com."""
    face = _AdminApi(workspace)
    table: tuple[tuple[str, str, str, _Handler], ...] = (
        ("GET", "/users", READ_USERS, face.list_users),
        ("GET", "/users/{user_id}", READ_USERS, face.user),
        ("POST", "/users/{user_id}", WRITE_USERS, face.change_user),
        ("DELETE", "/users/{user_id}", WRITE_USERS, face.remove_user),
        ("GET", "/invites", READ_INVITES, face.list_invites),
        ("POST", "/invites", WRITE_INVITES, face.invite),
        ("GET", "/invites/{invite_id}", READ_INVITES, face.one_invite),
        ("DELETE", "/invites/{invite_id}", WRITE_INVITES, face.cancel_invite),
        ("POST", "/invites/{invite_id}/resend", WRITE_INVITES, face.resend),
    )
    return [
        Route(
            "/v1/manage/workspaces/{workspace_id}" + path,
            door(workspace, partial(face.answer, f"{method} {path}", scope, handler)),
            methods=[method],
        )
        for method, path, scope, handler in table
    ]


class _AdminApi:
    """The handlers. Each gets the call and whoever made the key, with whose powers it acts."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def answer(self, route: str, scope: str, handler: _Handler, call: Call) -> Response:
        """Run the handler for a key that may call it, and give its refusals the face's shape."""
        try:
            return handler(call, self._caller(route, scope, call))
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)[0]
            where = ".".join(map(str, found["loc"])) or "body"
            return _error(400, "invalid_request", f"{where}: {found['msg']}")
        except refusals.TooManyCalls as refusal:
            wait = {"Retry-After": str(math.ceil(refusal.wait.total_seconds()))}
            return _error(429, refusal.code, str(refusal), headers=wait)
        except refusals.Refusal as refusal:
            status = next(_STATUS[kind] for kind in type(refusal).__mro__ if kind in _STATUS)
            return _error(status, refusal.code or "invalid_request", str(refusal))

    def _caller(self, route: str, scope: str, call: Call) -> Member:
        """Whoever made the key: it dies with their role, and is good for one workspace only."""
        workspace, now = self._workspace, self._workspace.clock.now()
        scheme, _, secret = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise refusals.TokenMissing("You didn't provide an API key.")
        key = workspace.admin_keys.find(secret, now=now)
        maker = workspace.roster.members.get(key.made_by)
        if maker is None or not maker.active:
            raise refusals.KeyRefused("The creator of this API key is no longer a member of the workspace.")
        workspace.limiter.count(route, now=now)
        if call.path_params["workspace_id"] != key.workspace_id:
            raise refusals.NotAllowed("This API key is not authorized for this workspace")
        if key.workspace_id != workspace.profile.id or workspace.profile.plan_type not in PLANS:
            raise refusals.NoSuchWorkspace("Workspace not found")
        if workspace.profile.is_deactivated:
            raise refusals.WorkspaceDeactivated("This workspace is deactivated")
        require_scope(key, scope)
        require_reader(maker)
        return maker

    # Users

    def list_users(self, call: Call, _: Member) -> Response:
        """GET users: active members without service accounts, ascending by id. The list may lag behind."""
        query = UsersQuery.model_validate(call.query)
        found = [
            user_json(member)
            for member in self._workspace.listed("users").active()
            if member.seat_type != SERVICE_SEAT
            and (query.email is None or address(member.email) == address(query.email))
        ]
        return JSONResponse(page_json(found, after=query.after, limit=query.limit))

    def user(self, call: Call, _: Member) -> Response:
        """GET users/…: somebody who once accepted, perhaps inactive by now. Does not lag behind (our choice)."""
        member = self._workspace.roster.members.get(call.path_params["user_id"])
        if member is None:
            raise refusals.NoSuchMember("User not found")
        return JSONResponse(one_user_json(member))

    def change_user(self, call: Call, by: Member) -> Response:
        """POST users/…: role, seat type or both."""
        body = _body(UserBody, call)
        member = self._unmanaged(call)
        if body.role_inside is not None:
            member = self._workspace.set_role(member.user_id, body.role_inside, by=by)
        if body.seat_inside is not None:
            member = self._workspace.set_seat(member.user_id, body.seat_inside, by=by)
        return JSONResponse(user_json(member))

    def remove_user(self, call: Call, by: Member) -> Response:
        """DELETE users/…"""
        member = self._unmanaged(call)
        self._workspace.remove(member.user_id, by=by)
        return JSONResponse(gone_json("user", member.user_id))

    def _unmanaged(self, call: Call) -> Member:
        member = self._workspace.member(call.path_params["user_id"])
        if member.is_scim_managed:
            raise refusals.ManagedByScim("This user is managed by SCIM")
        return member

    # Invites

    def list_invites(self, call: Call, _: Member) -> Response:
        """GET invites: the open ones."""
        query = InvitesQuery.model_validate(call.query)
        found = [invite_json(invite) for invite in self._workspace.listed("invites").invites.values()]
        return JSONResponse(page_json(found, after=query.after, limit=query.limit))

    def one_invite(self, call: Call, _: Member) -> Response:
        """GET invites/…"""
        return JSONResponse(invite_json(self._invite(call)))

    def invite(self, call: Call, by: Member) -> Response:
        """POST invites. Whoever is invited already is a conflict: there is a call of its own to send it again."""
        body = _body(InviteBody, call)
        if self._workspace.roster.invite(body.email) is not None:
            raise refusals.AlreadyInvited("An invite for this email already exists")
        invite = self._workspace.invite(body.email, role=body.role_inside, seat_type=body.seat_inside, by=by)
        return JSONResponse(invite_json(invite), 201)

    def resend(self, call: Call, by: Member) -> Response:
        """POST invites/…/resend."""
        invite = self._invite(call)
        if invite.is_scim_managed:
            raise refusals.ManagedByScim("This invite is managed by SCIM")
        again = self._workspace.invite(invite.email, role=invite.role, seat_type=invite.seat_type, by=by)
        return JSONResponse(invite_json(again))

    def cancel_invite(self, call: Call, by: Member) -> Response:
        """DELETE invites/…"""
        invite = self._invite(call)
        if invite.is_scim_managed:
            raise refusals.ManagedByScim("This invite is managed by SCIM")
        self._workspace.cancel_invite(invite.email, by=by)
        return JSONResponse(gone_json("invite", invite.id))

    def _invite(self, call: Call) -> Invite:
        wanted = call.path_params["invite_id"]
        for invite in self._workspace.roster.invites.values():
            if invite.id == wanted:
                return invite
        raise refusals.NoSuchInvite("Invite not found")


def _body(model: type[_Model], call: Call) -> _Model:
    return model.model_validate(call.json())


def _error(status: int, code: str | None, message: str, *, headers: dict[str, str] | None = None) -> Response:
    error = {"code": code, "message": message, "type": "invalid_request_error"}
    return JSONResponse({"error": error}, status, headers=headers)

"""The SCIM face: the directory behind `/scim/v2.0/<key>`, with WorkOS's rules, which the workspace follows."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from typing import Final

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox.chatgpt.admin_api import PLANS
from sandbox.chatgpt.calls import Call
from sandbox.chatgpt.directory import Entry, Unacceptable, follow
from sandbox.chatgpt.door import door
from sandbox.chatgpt.scim_json import (
    LONGEST_BODY,
    LONGEST_PAGE,
    ScimAnswer,
    error_answer,
    named,
    page_json,
    read_filter,
    read_patch,
    read_user,
    user_json,
)
from sandbox.chatgpt.workspace import Workspace

USERS: Final = "/scim/v2.0/{key}/Users"

_Handler = Callable[[Call], Response]


def routes(workspace: Workspace) -> list[Route]:
    """The face's routes, below the host that plays api.workos.com."""
    face = _Scim(workspace)
    table: tuple[tuple[str, str, _Handler], ...] = (
        ("GET", USERS, face.list_users),
        ("POST", USERS, face.create),
        ("GET", USERS + "/{user_id}", face.user),
        ("PUT", USERS + "/{user_id}", face.replace),
        ("PATCH", USERS + "/{user_id}", face.patch),
        ("DELETE", USERS + "/{user_id}", face.delete),
    )
    return [
        Route(path, door(workspace, partial(face.answer, handler)), methods=[method]) for method, path, handler in table
    ]


class _Scim:
    """The handlers. A good change is followed by the workspace before it is answered."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def answer(self, handler: _Handler, call: Call) -> Response:
        """Run the handler for whoever has the token, and give its refusals SCIM's shape."""
        if len(call.body) > LONGEST_BODY:
            return PlainTextResponse("Payload Too Large", 413)
        try:
            self._admit(call)
            answer = handler(call)
        except Unacceptable as refusal:
            return error_answer(refusal.status, str(refusal), refusal.scim_type)
        if call.method != "GET":
            follow(self._workspace)
        return answer

    def _admit(self, call: Call) -> None:
        """Only Enterprise and Edu have directories; a token is good for its own."""
        directory = self._workspace.directory
        if call.path_params["key"] != directory.key or self._workspace.profile.plan_type not in PLANS:
            raise Unacceptable(404, "Directory not found")
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secrets.compare_digest(token.encode(), directory.token.encode()):
            raise Unacceptable(401, "Unauthorized")

    def list_users(self, call: Call) -> Response:
        """GET Users: everybody, or whoever has a userName."""
        try:
            start, count = (int(call.query.get(name, default)) for name, default in _PAGING.items())
        except ValueError:
            raise Unacceptable(400, "startIndex and count are numbers", "invalidValue") from None
        found = named(self._workspace.directory.entries.values(), read_filter(call.query.get("filter")))
        users = [user_json(entry, location=_location(call, entry)) for entry in found]
        return ScimAnswer(page_json(users, start=max(1, start), count=max(0, count)))

    def user(self, call: Call) -> Response:
        """GET Users/…"""
        return self._shown(call, self._workspace.directory.entry(call.path_params["user_id"]))

    def create(self, call: Call) -> Response:
        """POST Users: the only way to make one."""
        entry = self._workspace.directory.create(read_user(call.json()), now=self._workspace.clock.now())
        return self._shown(call, entry, 201)

    def replace(self, call: Call) -> Response:
        """PUT Users/…"""
        return self._shown(call, self._changed(call, read_user(call.json(), replaces=True)))

    def patch(self, call: Call) -> Response:
        """PATCH Users/…"""
        entry = self._workspace.directory.entry(call.path_params["user_id"])
        return self._shown(call, self._changed(call, read_patch(call.json(), entry)))

    def delete(self, call: Call) -> Response:
        """DELETE Users/…"""
        self._workspace.directory.delete(call.path_params["user_id"], now=self._workspace.clock.now())
        return Response(status_code=204)

    def _changed(self, call: Call, attributes: dict[str, object]) -> Entry:
        now = self._workspace.clock.now()
        return self._workspace.directory.change(call.path_params["user_id"], attributes, now=now)

    def _shown(self, call: Call, entry: Entry, status: int = 200) -> Response:
        location = _location(call, entry)
        return ScimAnswer(user_json(entry, location=location), status, headers={"Location": location})


_PAGING: Final = {"startIndex": "1", "count": str(LONGEST_PAGE)}


def _location(call: Call, entry: Entry) -> str:
    return f"/scim/v2.0/{call.path_params['key']}/Users/{entry.id}"

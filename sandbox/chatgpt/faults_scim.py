"""The faults of the SCIM face: of its token, its address, and of a workspace that does not follow."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from starlette.responses import PlainTextResponse, Response

from sandbox.chatgpt.directory import follow
from sandbox.chatgpt.faults import Fault, Scope, Turn
from sandbox.chatgpt.faults_common import Around, instead
from sandbox.chatgpt.scim_json import ScimAnswer, error_answer

if TYPE_CHECKING:
    from sandbox.chatgpt.workspace import Workspace

USERS: Final = r"/scim/v2\.0/[^/]+/Users"
EVERYTHING: Final = Scope.of("", r"/scim/")
LISTS: Final = Scope.of("GET", USERS + "$")
CREATE: Final = Scope.of("POST", USERS + "$")
DELETE: Final = Scope.of("DELETE", USERS)
PATCH: Final = Scope.of("PATCH", USERS)
BODIES: Final = Scope.of("POST PUT PATCH", USERS)


def _refused(status: int, detail: str, scim_type: str | None = None) -> Around:
    return instead(lambda _: error_answer(status, detail, scim_type))


def _habit(name: str, *, value: bool) -> Callable[[Workspace], None]:
    """A condition: what the directory does from now on. The workspace follows what that changes."""

    def change(workspace: Workspace) -> None:
        setattr(workspace.directory, name, value)
        follow(workspace)

    return change


async def _everybody(turn: Turn) -> Response:
    query = {key: value for key, value in turn.call.query.items() if key != "filter"}
    return await turn.go_on(replace(turn.call, query=query))


async def _short_pages(turn: Turn) -> Response:
    return await turn.go_on(replace(turn.call, query={**turn.call.query, "count": str(turn.settings["length"])}))


async def _nothing_back(turn: Turn) -> Response:
    real = await turn.go_on(turn.call)
    return Response(status_code=204) if real.status_code == 200 else real


async def _only_ids(turn: Turn) -> Response:
    """Entries without what the client wrote: RFC 7643 makes all of it but `id` and `userName` optional to return."""
    real = await turn.go_on(turn.call)
    if real.status_code != 200:
        return real
    body = json.loads(bytes(real.body))
    kept = {"schemas", "id", "userName"}
    body["Resources"] = [{key: user[key] for key in kept} for user in body["Resources"]]
    return ScimAnswer(body)


SCIM_FAULTS: Final = (
    Fault(
        name="scim_token_refused",
        title="The SCIM token is refused",
        description="401 on every call to the directory: the token was replaced by another.",
        scope=EVERYTHING,
        around=_refused(401, "Unauthorized"),
    ),
    Fault(
        name="scim_forbidden",
        title="The directory is not open to this token",
        description="403 on every call to the directory.",
        scope=EVERYTHING,
        around=_refused(403, "Forbidden"),
    ),
    Fault(
        name="scim_directory_gone",
        title="The directory was deleted",
        description="404 on every call to the directory.",
        scope=EVERYTHING,
        around=_refused(404, "Directory not found"),
    ),
    Fault(
        name="scim_conflict",
        title="The directory says that somebody is there already",
        description="409 uniqueness on every new user, whether they are there or not.",
        scope=CREATE,
        around=_refused(409, "Another user already exists with this email", "uniqueness"),
    ),
    Fault(
        name="scim_body_too_large",
        title="Everything is too large",
        description="413, not in SCIM's shape, on everything that has a body.",
        scope=BODIES,
        around=instead(lambda _: PlainTextResponse("Payload Too Large", 413)),
    ),
    Fault(
        name="scim_patch_answers_nothing",
        title="A PATCH is answered with 204",
        description="It takes effect; the answer is empty.",
        scope=PATCH,
        around=_nothing_back,
    ),
    Fault(
        name="scim_filter_ignored",
        title="The directory ignores filters",
        description="The list gives everybody, whoever was looked for.",
        scope=LISTS,
        around=_everybody,
    ),
    Fault(
        name="scim_short_pages",
        title="The directory's pages are short",
        description="A page has `length` users, however many were asked for.",
        scope=LISTS,
        around=_short_pages,
        settings={"length": 2},
    ),
    Fault(
        name="scim_bare_entries",
        title="The directory shows the bare minimum",
        description="Listed users have an id and a userName and nothing else.",
        scope=LISTS,
        around=_only_ids,
    ),
    Fault(
        name="scim_soft_deletes",
        title="Deleted users stay in the directory",
        description="A deleted user stays in the directory, inactive.",
        scope=DELETE,
        on=_habit("soft_deletes", value=True),
        off=_habit("soft_deletes", value=False),
    ),
    Fault(
        name="scim_users_held",
        title="New users are held",
        description="A new user is taken, held as Validating, and never invited; sending them again repairs it.",
        scope=BODIES,
        on=_habit("holds", value=True),
        off=_habit("holds", value=False),
    ),
    Fault(
        name="scim_sync_late",
        title="The workspace does not follow its directory",
        description="The directory takes changes; the workspace follows when this is switched off.",
        scope=EVERYTHING,
        on=_habit("late", value=True),
        off=_habit("late", value=False),
    ),
)

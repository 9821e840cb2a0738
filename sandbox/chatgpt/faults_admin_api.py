"""The faults of the Admin API face: of its key, its plan, and what its answers may turn out to be."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import JSONResponse, Response

from sandbox.chatgpt.faults import Fault, Scope, Turn
from sandbox.chatgpt.faults_common import Around, altered, instead, setting

if TYPE_CHECKING:
    from sandbox.chatgpt.workspace import Workspace

MANAGE: Final = r"/v1/manage/workspaces/[^/]+"
EVERYTHING: Final = Scope.of("", r"/v1/")
WRITES: Final = Scope.of("POST DELETE", MANAGE)
LISTS: Final = Scope.of("GET", MANAGE + r"/(users|invites)$")
USER_LIST: Final = Scope.of("GET", MANAGE + r"/users$")
ONE_USER: Final = Scope.of("GET", MANAGE + r"/users/[^/]+$")
INVITE: Final = Scope.of("POST", MANAGE + r"/invites$")


def _refused(status: int, code: str, message: str) -> Around:
    body = {"error": {"code": code, "message": message, "type": "invalid_request_error"}}
    return instead(lambda _: JSONResponse(body, status))


def _scope_missing(turn: Turn) -> Response:
    message = f"Missing scopes: {turn.settings['scope']}"
    return JSONResponse({"error": {"code": "missing_scope", "message": message}}, 403)


def _first_plan(workspace: Workspace) -> None:
    workspace.profile = replace(workspace.profile, plan_type=workspace.first_profile.plan_type)


def _query(change: Callable[[dict[str, str]], None]) -> Around:
    """A fault that answers another query than the one that was asked."""

    async def around(turn: Turn) -> Response:
        query = dict(turn.call.query)
        change(query)
        return await turn.go_on(replace(turn.call, query=query))

    return around


def _any_address(query: dict[str, str]) -> None:
    query.pop("email", None)


def _case_sensitive(query: dict[str, str]) -> None:
    if query.get("email", "") != query.get("email", "").lower():
        query["email"] = "nobody"


def _bare(_: Turn, body: Any) -> None:
    kept = {"id", "email"}
    body["data"] = [{key: value for key, value in item.items() if key in kept} for item in body["data"]]
    for key in set(body) - {"data"}:
        del body[key]


def _in_other_words(_: Turn, body: Any) -> None:
    inside = {"member": "standard-user", "admin": "account-admin", "owner": "account-owner"}
    seats = {"chatgpt": "default", "codex": "usage_based"}
    for item in body["data"]:
        item["role"] = inside.get(item["role"], item["role"])
        item["seat_type"] = seats.get(item["seat_type"], item["seat_type"])
        if item["object"] == "workspace.invite":
            item["email_address"] = item.pop("email")
            item["status"] = 2


def _renamed(_: Turn, body: Any) -> None:
    body["results"] = body.pop("data")


def _answered(answer: Callable[[Any], Response]) -> Around:
    """A fault that gives the answer to an invite another shape."""

    async def around(turn: Turn) -> Response:
        real = await turn.go_on(turn.call)
        return answer(json.loads(bytes(real.body))) if real.status_code < 300 else real

    return around


async def _conflicts_as_mistakes(turn: Turn) -> Response:
    real = await turn.go_on(turn.call)
    body = {"error": {"code": "invalid_request", "message": "Bad request"}}
    return JSONResponse(body, 400) if real.status_code == 409 else real


def _denied(turn: Turn) -> Response:
    failed = [{"email": email, "error": {"code": "invite_failed", "message": "no"}} for email in turn.call.addresses]
    return JSONResponse({"object": "list", "data": failed})


ADMIN_API_FAULTS: Final = (
    Fault(
        name="enterprise_plan",
        title="The workspace is on Enterprise",
        description="As on Enterprise the Admin API is there (/v1/manage), for the key sandbox-admin-key, and the SCIM "
        "directory (/scim/v2.0/harbour-directory), for the token se_sandbox.",
        scope=EVERYTHING,
        on=setting(plan_type="enterprise"),
        off=_first_plan,
    ),
    Fault(
        name="plan_without_api",
        title="The plan has no Admin API",
        description="404 on every call of the Admin API, as on Business.",
        scope=EVERYTHING,
        around=_refused(404, "not_found", "Workspace not found"),
    ),
    Fault(
        name="admin_key_revoked",
        title="The Admin key was revoked",
        description="401 on every call of the Admin API.",
        scope=EVERYTHING,
        around=_refused(401, "invalid_api_key", "This API key has been revoked."),
    ),
    Fault(
        name="admin_key_expired",
        title="The Admin key has expired",
        description="401 on every call of the Admin API: keys live for 30, 60, 90 or up to 365 days.",
        scope=EVERYTHING,
        around=_refused(401, "invalid_api_key", "This API key has expired."),
    ),
    Fault(
        name="admin_key_lacks_scope",
        title="The Admin key may not do this",
        description="403: the key lacks `scope`.",
        scope=EVERYTHING,
        around=instead(_scope_missing),
        settings={"scope": "chatgpt.enterprise.user.write"},
    ),
    Fault(
        name="scim_manages_everybody",
        title="SCIM manages everybody",
        description="409 scim_managed_resource on every change through the Admin API.",
        scope=WRITES,
        around=_refused(409, "scim_managed_resource", "This resource is managed by SCIM"),
    ),
    Fault(
        name="email_filter_ignored",
        title="The users list ignores the address",
        description="The list of users gives everybody, whichever address was asked for.",
        scope=USER_LIST,
        around=_query(_any_address),
    ),
    Fault(
        name="email_filter_minds_case",
        title="The users list minds capitals",
        description="An address with a capital in it finds nobody.",
        scope=USER_LIST,
        around=_query(_case_sensitive),
    ),
    Fault(
        name="no_single_user",
        title="One user cannot be read",
        description="404 on reading one user by their id, also of those who are there.",
        scope=ONE_USER,
        around=_refused(404, "not_found", "Not found"),
    ),
    Fault(
        name="list_never_ends",
        title="Lists ignore where to go on",
        description="Every page is the first one, with two entries, and says that there is more.",
        scope=LISTS,
        around=_query(lambda query: query.update(after="", limit="2")),
    ),
    Fault(
        name="bare_lists",
        title="Lists hold the bare minimum",
        description="Entries have an id and an address and nothing else; the list does not say whether it goes on.",
        scope=LISTS,
        around=altered(_bare),
    ),
    Fault(
        name="lists_in_other_words",
        title="Lists in the settings page's words",
        description="Roles, seat types and the fields of invites are those of the workspace settings' own calls.",
        scope=LISTS,
        around=altered(_in_other_words),
    ),
    Fault(
        name="lists_in_another_envelope",
        title="Lists in another envelope",
        description="The entries stand in `results` instead of `data`.",
        scope=LISTS,
        around=altered(_renamed),
    ),
    Fault(
        name="invites_answered_as_list",
        title="An invite is answered with a list",
        description="The new invite comes in a list of one.",
        scope=INVITE,
        around=_answered(lambda invite: JSONResponse({"object": "list", "data": [invite]})),
    ),
    Fault(
        name="invites_answered_with_nothing",
        title="An invite is answered with 204",
        description="The invite is made; the answer is empty.",
        scope=INVITE,
        around=_answered(lambda _: Response(status_code=204)),
    ),
    Fault(
        name="conflicts_are_400",
        title="Conflicts look like mistakes",
        description="What is a conflict (409) is answered with 400 and no word of what is wrong.",
        scope=WRITES,
        around=_conflicts_as_mistakes,
    ),
    Fault(
        name="invite_denied_with_200",
        title="An invite fails with 200",
        description="Nothing happens; the address comes back in a list, with an error.",
        scope=INVITE,
        around=instead(_denied),
    ),
)

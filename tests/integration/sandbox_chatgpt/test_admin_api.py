"""The Admin API face: its keys, its limit, its lists and its refusals, over the same state as the admin page's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sandbox import company
from sandbox.chatgpt import Workspace, harbour_studio
from sandbox.chatgpt.admin_keys import READ_INVITES, READ_USERS, WRITE_USERS, AdminKey
from sandbox.chatgpt.workspace import user_id
from sandbox.clock import SandboxClock
from sandbox.company import ChatGPTMember

TOM = "tom@harbour.example"
MAYA = "maya@harbour.example"
NOOR = "noor@harbour.example"
OWN = "it-chatgpt@harbour.example"
WORKSPACE = f"/v1/manage/workspaces/{company.CHATGPT_WORKSPACE_ID}"


@dataclass
class Api:
    """Calls with a key; paths are below the workspace."""

    http: httpx.AsyncClient
    key: str = company.CHATGPT_ADMIN_KEY

    async def __call__(self, method: str, path: str, **rest: Any) -> httpx.Response:
        url = path if path.startswith("/v1") else WORKSPACE + path
        return await self.http.request(method, url, headers={"Authorization": f"Bearer {self.key}"}, **rest)

    async def users(self, **query: Any) -> dict[str, Any]:
        """The users list, by address."""
        return {item["email"]: item for item in (await self("GET", "/users", params=query)).json()["data"]}

    async def invite(self, email: str, **fields: Any) -> httpx.Response:
        """POST invites."""
        return await self("POST", "/invites", json={"email": email, **fields})


@pytest.fixture
def workspace(clock: SandboxClock) -> Workspace:
    return harbour_studio(clock, plan_type="enterprise")


@pytest.fixture
def api(http: httpx.AsyncClient) -> Api:
    return Api(http)


def error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def made(workspace: Workspace, **changes: Any) -> None:
    """The company's key, made otherwise."""
    key = AdminKey(secret=company.CHATGPT_ADMIN_KEY, made_by=user_id(OWN), workspace_id=company.CHATGPT_WORKSPACE_ID)
    workspace.admin_keys.put(replace(key, **changes))


# -- users -------------------------------------------------------------------------------------------------------------
async def test_users_are_listed_in_the_published_envelope(api):
    """Ascending by id, in the Admin API's own words."""
    page = (await api("GET", "/users")).json()
    ids = [item["id"] for item in page["data"]]
    assert ids == sorted(ids)
    assert (page["object"], page["first_id"], page["last_id"], page["has_more"]) == ("list", ids[0], ids[-1], False)
    maya = next(item for item in page["data"] if item["email"] == MAYA)
    assert maya == {
        "object": "workspace.user",
        "id": user_id(MAYA),
        "email": MAYA,
        "name": "Maya Lindqvist",
        "role": "member",
        "seat_type": "chatgpt",
    }


class TestManyUsers:
    @pytest.fixture
    def workspace(self, clock: SandboxClock) -> Workspace:
        crowd = [ChatGPTMember(email=f"p{n}@harbour.example", name=f"P {n}", role="standard-user") for n in range(230)]
        crowd.append(
            ChatGPTMember(email="bot@harbour.example", name="Bot", role="standard-user", seat_type="automation")
        )
        integration = ChatGPTMember(email=OWN, name="IT", role="account-owner")
        return harbour_studio(clock, members=[integration, *crowd], paid={"default": 300}, plan_type="enterprise")

    async def test_pages_cover_everybody_once(self, api):
        """By the last id; service accounts are not listed."""
        seen: list[str] = []
        query: dict[str, Any] = {"limit": 100}
        for _ in range(3):
            page = (await api("GET", "/users", params=query)).json()
            seen += [item["email"] for item in page["data"]]
            query["after"] = page["last_id"]
        assert not page["has_more"]
        assert len(seen) == len(set(seen)) == 231
        assert "bot@harbour.example" not in seen
        assert len(await api.users(limit=1000)) == 231

    async def test_an_address_is_matched_as_a_whole(self, api):
        """In any case, and not as a part of another."""
        assert set(await api.users(email="P22@harbour.example")) == {"p22@harbour.example"}
        assert await api.users(email="p2") == {}


async def test_a_user_is_changed_read_and_removed(api, workspace):
    """Role and seat type, together or alone; what is removed is gone once."""
    path = f"/users/{user_id(MAYA)}"
    assert (await api("POST", path, json={"role": "admin", "seat_type": "codex"})).json()["seat_type"] == "codex"
    user = (await api("GET", path)).json()
    assert (user["role"], user["seat_type"], user["status"]) == ("admin", "codex", "active")
    assert (await api("DELETE", path)).json() == {
        "object": "workspace.user.deleted",
        "id": user_id(MAYA),
        "deleted": True,
    }
    assert error(await api("DELETE", path))[0] == 404
    assert (await api("GET", path)).status_code == 404


async def test_an_inactive_user_can_be_read_and_is_not_listed(api, workspace):
    """They accepted once."""
    workspace.faults.switch_on("removed_members_linger")
    workspace.remove(user_id(MAYA))
    assert MAYA not in await api.users()
    assert (await api("GET", f"/users/{user_id(MAYA)}")).json()["status"] == "inactive"


async def test_a_workspace_keeps_an_owner(api, workspace):
    """A conflict, as nothing about the call itself is wrong."""
    workspace.set_role(user_id(NOOR), "standard-user")
    assert (await api("POST", f"/users/{user_id(OWN)}", json={"role": "admin"})).status_code == 409


# -- invites -----------------------------------------------------------------------------------------------------------
async def test_an_invite_is_made_sent_again_and_cancelled(api, workspace):
    """By its id; the other face sees the same."""
    invite = (answer := await api.invite(TOM, role="admin", seat_type="codex")).json()
    assert answer.status_code == 201
    assert (invite["object"], invite["email"], invite["role"], invite["seat_type"], invite["status"]) == (
        "workspace.invite",
        TOM,
        "admin",
        "codex",
        "pending",
    )
    assert workspace.roster.invite(TOM).role == "account-admin"
    path = f"/invites/{invite['id']}"
    assert (await api("GET", path)).json() == invite
    assert [item["id"] for item in (await api("GET", "/invites")).json()["data"]] == [invite["id"]]
    assert (await api("POST", f"{path}/resend")).status_code == 200
    assert sum("an invite was sent" in event.what for event in workspace.events) == 2
    assert (await api("DELETE", path)).json()["object"] == "workspace.invite.deleted"
    assert [(await api(method, path)).status_code for method in ("GET", "DELETE")] == [404, 404]


async def test_whoever_is_there_already_is_a_conflict(api):
    """A member, and an open invite."""
    assert error(await api.invite(MAYA))[0] == 409
    await api.invite(TOM)
    assert error(await api.invite(TOM)) == (409, "invite_already_exists")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/invites", {"email": TOM, "role": "emperor"}),
        ("POST", "/invites", {"email": TOM, "seat_type": "default"}),
        ("POST", "/invites", {"email_addresses": [TOM]}),
        ("POST", "/invites", {"email": "nobody"}),
        ("POST", f"/users/{user_id(MAYA)}", {}),
        ("POST", f"/users/{user_id(MAYA)}", {"role": "account-admin"}),
        ("POST", f"/users/{user_id(MAYA)}", None),
        ("GET", "/users?limit=1001", None),
    ],
)
async def test_what_is_not_understood_is_400(api, workspace, method, path, body):
    """In the API's envelope, and without effect."""
    before = workspace.roster
    answer = await api(method, path, json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
    assert workspace.roster is before


async def test_what_scim_made_is_a_conflict(api, workspace):
    """Invites and users; reading them says nothing of it."""
    invite = workspace.invite(TOM, role="standard-user", managed_by_scim=True)
    conflict = (409, "scim_managed_resource")
    assert error(await api("POST", f"/invites/{invite.id}/resend")) == conflict
    assert error(await api("DELETE", f"/invites/{invite.id}")) == conflict
    workspace.accept(TOM)
    assert error(await api("POST", f"/users/{user_id(TOM)}", json={"role": "admin"})) == conflict
    assert error(await api("DELETE", f"/users/{user_id(TOM)}")) == conflict
    assert set((await api.users())[TOM]) == set((await api.users())[MAYA])


# -- keys --------------------------------------------------------------------------------------------------------------
async def test_only_a_living_key_opens_the_door(api, workspace, clock):
    """Unknown, revoked, expired, or made by somebody who is gone."""
    dead = (401, "invalid_api_key")
    assert error(await Api(api.http, "sk-admin-platform")("GET", "/users")) == dead
    assert (await api.http.get(f"{WORKSPACE}/users")).status_code == 401
    for changes in ({"revoked": True}, {"expires_at": clock.now()}, {"made_by": user_id(TOM)}):
        made(workspace, **changes)
        assert error(await api("GET", "/users")) == dead
    made(workspace, expires_at=clock.now() + timedelta(days=1))
    assert (await api("GET", "/users")).status_code == 200
    clock.skip(timedelta(days=1).total_seconds())
    assert error(await api("GET", "/users")) == dead


async def test_a_key_does_what_its_scopes_and_its_makers_role_allow(api, workspace):
    """The refusal names the scope that is missing."""
    made(workspace, scopes=frozenset({READ_USERS, READ_INVITES}))
    assert (await api("GET", "/users")).status_code == (await api("GET", "/invites")).status_code == 200
    refused = await api("DELETE", f"/users/{user_id(MAYA)}")
    assert error(refused) == (403, "missing_scope")
    assert WRITE_USERS in refused.json()["error"]["message"]
    made(workspace)
    workspace.set_role(user_id(OWN), "account-admin")
    assert (await api("POST", f"/users/{user_id(MAYA)}", json={"role": "admin"})).status_code == 403
    assert (await api("DELETE", f"/users/{user_id(MAYA)}")).status_code == 200


async def test_a_key_is_for_one_workspace_on_a_plan_that_has_the_api(api, workspace):
    """403 elsewhere; 404 on Business, where the page has a switch for Enterprise."""
    other = "/v1/manage/workspaces/00000000-0000-4000-8000-000000000000/users"
    assert (await api("GET", other)).status_code == 403
    workspace.faults.switch_on("workspace_deactivated")
    assert error(await api("GET", "/users")) == (403, "deactivated_workspace")
    workspace.faults.clear()
    workspace.profile = replace(workspace.profile, plan_type="team")
    assert error(await api("GET", "/users")) == (404, "workspace_not_found")
    workspace.faults.switch_on("enterprise_plan")
    assert (await api("GET", "/users")).status_code == 200


async def test_the_switch_for_enterprise_goes_back_to_the_first_plan(clock):
    """Harbour Studio itself is on Business."""
    business = harbour_studio(clock)
    plans = [business.profile.plan_type]
    for switch in (business.faults.switch_on, business.faults.switch_off):
        switch("enterprise_plan")
        plans.append(business.profile.plan_type)
    assert plans == ["team", "enterprise", "team"]


# -- the limit ---------------------------------------------------------------------------------------------------------
async def test_a_hundred_calls_a_minute_for_each_method_and_route(api, workspace, clock):
    """By the sandbox's clock; a refused call says when the next is let in, and does not count itself."""
    statuses = [(await api("GET", f"/users/user-{n}")).status_code for n in range(100)]
    assert set(statuses) == {404}
    limited = await api("GET", f"/users/{user_id(MAYA)}")
    assert error(limited) == (429, "rate_limit_exceeded")
    wait = int(limited.headers["retry-after"])
    assert 0 < wait <= 60
    assert (await api("GET", "/users")).status_code == 200
    assert (await api("DELETE", f"/users/{user_id(TOM)}")).status_code == 404
    clock.skip(wait)
    assert (await api("GET", f"/users/{user_id(MAYA)}")).status_code == 200


# -- faults ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("plan_without_api", (404, "not_found")),
        ("admin_key_revoked", (401, "invalid_api_key")),
        ("admin_key_expired", (401, "invalid_api_key")),
        ("admin_key_lacks_scope", (403, "missing_scope")),
        ("scim_manages_everybody", (409, "scim_managed_resource")),
    ],
)
async def test_a_change_can_be_refused(api, workspace, fault, expected):
    """Without effect."""
    workspace.faults.switch_on(fault)
    assert error(await api.invite(TOM)) == expected
    assert workspace.roster.invites == {}


async def test_users_can_be_hard_to_find(api, workspace):
    """The filter finds everybody, or nobody with a capital; a single user is not there at all."""
    workspace.faults.switch_on("email_filter_ignored")
    assert len(await api.users(email=MAYA)) == 3
    workspace.faults.clear()
    workspace.faults.switch_on("email_filter_minds_case")
    assert set(await api.users(email=MAYA)) == {MAYA}
    assert await api.users(email=MAYA.upper()) == {}
    workspace.faults.switch_on("no_single_user")
    assert (await api("GET", f"/users/{user_id(MAYA)}")).status_code == 404


async def test_lists_can_be_otherwise(api, workspace):
    """Bare, in other words, in another envelope, without an end; hidden and unknown entries as on the other face."""
    await api.invite(TOM, seat_type="codex")
    workspace.faults.switch_on("lists_in_other_words", times=2)
    assert (await api.users())[MAYA]["role"] == "standard-user"
    invite = (await api("GET", "/invites")).json()["data"][0]
    assert (invite["email_address"], invite["seat_type"], invite["status"]) == (TOM, "usage_based", 2)
    workspace.faults.switch_on("bare_lists", times=1)
    bare = (await api("GET", "/users")).json()
    assert set(bare) == {"data"}
    assert set(bare["data"][0]) == {"id", "email"}
    workspace.faults.switch_on("lists_in_another_envelope", times=1)
    assert len((await api("GET", "/users")).json()["results"]) == 3
    workspace.faults.switch_on("list_never_ends", times=1)
    page = (await api("GET", "/users", params={"after": "user-z"})).json()
    assert (len(page["data"]), page["has_more"]) == (2, True)
    workspace.faults.switch_on("unknown_role", whom=MAYA, role="analytics-viewer")
    workspace.faults.switch_on("seatless_owners")
    assert (await api.users())[MAYA]["role"] == "analytics-viewer"
    assert (await api("GET", f"/users/{user_id(MAYA)}")).json()["role"] == "analytics-viewer"
    assert "seat_type" not in (await api.users())[NOOR]
    workspace.faults.switch_on("email_null", whom=MAYA)
    assert set(await api.users()) == {None, NOOR, OWN}


async def test_an_invite_can_be_answered_otherwise(api, workspace):
    """With a list, with nothing, or with 200 and an error."""
    workspace.faults.switch_on("invites_answered_as_list", times=1)
    assert [item["email"] for item in (await api.invite(TOM)).json()["data"]] == [TOM]
    workspace.cancel_invite(TOM)
    workspace.faults.switch_on("invites_answered_with_nothing", times=1)
    assert (await api.invite(TOM)).status_code == 204
    workspace.cancel_invite(TOM)
    workspace.faults.switch_on("conflicts_are_400", times=1)
    assert error(await api.invite(MAYA)) == (400, "invalid_request")
    workspace.faults.switch_on("invite_denied_with_200")
    assert (await api.invite(TOM)).json()["data"][0]["error"]["code"] == "invite_failed"
    assert workspace.roster.invites == {}


async def test_a_list_can_lag_while_a_user_does_not(api, workspace):
    """The list is eventually consistent."""
    workspace.faults.switch_on("list_lag", reads=1)
    await api("DELETE", f"/users/{user_id(MAYA)}")
    assert (await api("GET", f"/users/{user_id(MAYA)}")).status_code == 404
    assert [MAYA in await api.users() for _ in range(2)] == [True, False]

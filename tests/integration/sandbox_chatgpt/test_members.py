"""Members: listing, roles, seats, removing, and who may do it."""

from __future__ import annotations

import pytest

from sandbox.chatgpt import Workspace, harbour_studio
from sandbox.chatgpt.refusals import LastOwner
from sandbox.clock import SandboxClock
from sandbox.company import ChatGPTMember


def member_id(workspace: Workspace, email: str) -> str:
    member = workspace.roster.member_by_email(email)
    assert member is not None
    return member.user_id


async def test_members_are_listed_with_everything_known_of_them(owner):
    """An item has the fields of the original, and the envelope says where the page is."""
    answer = (await owner.call("GET", "/users", params={"offset": 0, "limit": 25, "query": ""})).json()
    assert {key: answer[key] for key in ("total", "limit", "offset")} == {"total": 3, "limit": 25, "offset": 0}
    maya = next(item for item in answer["items"] if item["email"] == "maya@harbour.example")
    assert maya["account_user_id"] == f"{maya['id']}__2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11"
    assert maya["id"].startswith("user-")
    assert len(maya["id"]) == 29
    assert (maya["role"], maya["seat_type"]) == ("standard-user", "default")
    assert maya["deactivated_time"] is None
    assert maya["created_time"].endswith("+00:00")


class TestManyMembers:
    @pytest.fixture
    def workspace(self, clock: SandboxClock) -> Workspace:
        crowd = [
            ChatGPTMember(email=f"p{n}@harbour.example", name=f"Person {n}", role="standard-user") for n in range(230)
        ]
        integration = ChatGPTMember(email="it-chatgpt@harbour.example", name="IT", role="account-owner")
        return harbour_studio(clock, members=[integration, *crowd], paid={"default": 300})

    async def test_pages_cover_everybody_once(self, owner):
        """Pages of a hundred come in order and end; a greater limit counts as a hundred."""
        pages = [
            (await owner.call("GET", "/users", params={"offset": n, "limit": 500})).json() for n in (0, 100, 200, 300)
        ]
        assert [len(page["items"]) for page in pages] == [100, 100, 31, 0]
        assert {page["total"] for page in pages} == {231}
        assert len({item["id"] for page in pages for item in page["items"]}) == 231

    async def test_a_query_finds_names_and_addresses(self, owner):
        """The query is a part of the name or the address, in any case."""
        assert set(await owner.users(query="PERSON 22")) == {f"p{n}@harbour.example" for n in (22, *range(220, 230))}
        assert set(await owner.users(query="p229@")) == {"p229@harbour.example"}
        assert await owner.users(query="nobody") == {}


@pytest.mark.parametrize("query", [{"offset": -1}, {"limit": 0}, {"offset": "x"}])
async def test_a_wrong_page_is_422(owner, query):
    """The query is checked as FastAPI does it."""
    answer = await owner.call("GET", "/users", params=query)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", next(iter(query))]


async def test_an_owner_changes_roles(owner, workspace):
    """A role is changed by PATCH and seen in the list."""
    path = f"/users/{member_id(workspace, 'maya@harbour.example')}"
    assert (await owner.call("PATCH", path, json={"role": "account-admin"})).status_code == 200
    assert (await owner.users())["maya@harbour.example"]["role"] == "account-admin"


async def test_a_seat_is_changed_in_both_ways(owner, workspace):
    """seat/update is the newer way, PATCH with seat_type the older."""
    maya = member_id(workspace, "maya@harbour.example")
    switch = {"operation": "switch", "seat_type": "usage_based", "flow_id": "f", "mutation_attempt_id": "m"}
    newer = await owner.call("POST", f"/users/{maya}/seat/update", json=switch)
    assert (newer.status_code, newer.json()) == (200, {"success": True})
    assert (await owner.users())["maya@harbour.example"]["seat_type"] == "usage_based"
    older = await owner.call("PATCH", f"/users/{maya}", json={"seat_type": "default"})
    assert older.json() == {"id": maya, "seat_type": "default"}
    assert (await owner.users())["maya@harbour.example"]["seat_type"] == "default"
    # The same attempt again has no second effect.
    assert (await owner.call("POST", f"/users/{maya}/seat/update", json=switch)).status_code == 200
    assert (await owner.users())["maya@harbour.example"]["seat_type"] == "default"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"role": "emperor"}),
        ("PATCH", "", {"seat_type": "throne"}),
        ("PATCH", "", {"role": "account-admin", "seat_type": "default"}),
        ("PATCH", "", {}),
        ("POST", "/seat/update", {"operation": "buy", "seat_type": "default"}),
        ("POST", "/seat/update", None),
    ],
)
async def test_unknown_words_are_422(owner, workspace, method, path, body):
    """A body that is not understood changes nothing."""
    before = workspace.roster
    maya = member_id(workspace, "maya@harbour.example")
    answer = await owner.call(method, f"/users/{maya}{path}", json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][0] == "body"
    assert workspace.roster is before


async def test_a_removed_member_is_gone(owner, workspace):
    """Removing takes effect at once, and once."""
    path = f"/users/{member_id(workspace, 'maya@harbour.example')}"
    assert (await owner.call("DELETE", path)).status_code == 200
    assert "maya@harbour.example" not in await owner.users()
    assert (await owner.call("DELETE", path)).status_code == 404


async def test_a_workspace_always_keeps_an_owner(owner, workspace):
    """Neither demoting nor removing leaves a workspace without an owner, and nobody removes themselves."""
    integration = f"/users/{member_id(workspace, 'it-chatgpt@harbour.example')}"
    noor = f"/users/{member_id(workspace, 'noor@harbour.example')}"
    assert (await owner.call("DELETE", integration)).status_code == 400
    assert (await owner.call("PATCH", noor, json={"role": "standard-user"})).status_code == 200
    assert (await owner.call("PATCH", integration, json={"role": "account-admin"})).status_code == 400
    with pytest.raises(LastOwner):
        workspace.remove(member_id(workspace, "it-chatgpt@harbour.example"))
    assert workspace.roster.owners() == 1


async def test_an_admin_removes_members_and_no_more(as_role, workspace):
    """Admins invite and remove members; roles, seats and owners are for owners."""
    admin = await as_role("account-admin")
    maya = f"/users/{member_id(workspace, 'maya@harbour.example')}"
    noor = f"/users/{member_id(workspace, 'noor@harbour.example')}"
    assert (await admin.call("GET", "/users")).status_code == 200
    assert (await admin.call("PATCH", maya, json={"role": "account-owner"})).status_code == 403
    assert (await admin.call("PATCH", maya, json={"seat_type": "usage_based"})).status_code == 403
    switch = {"operation": "switch", "seat_type": "usage_based"}
    assert (await admin.call("POST", f"{maya}/seat/update", json=switch)).status_code == 403
    assert (await admin.call("DELETE", noor)).status_code == 403
    assert (await admin.call("POST", "/settings/default_seat_type", json={"value": "default"})).status_code == 403
    workspace.invite("tom@harbour.example", role="standard-user")
    tom = workspace.accept("tom@harbour.example")
    assert (await admin.call("DELETE", f"/users/{tom.user_id}")).status_code == 200


async def test_a_member_sees_no_administration(as_role, workspace):
    """A plain member neither reads the lists nor removes anybody."""
    member = await as_role("standard-user")
    for path in ("/users", "/invites", "/users/seat_type_counts", "/settings"):
        assert (await member.call("GET", path)).status_code == 403
    noor = member_id(workspace, "noor@harbour.example")
    assert (await member.call("DELETE", f"/users/{noor}")).status_code == 403
    check = (await member.call("GET", "/backend-api/accounts/check/v4-2023-04-27")).json()
    account = check["accounts"]["2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11"]["account"]
    assert account["account_user_role"] == "standard-user"


async def test_the_workspace_describes_itself(owner):
    """The health check of a connector finds role, structure and plan, and `me` says who is signed in."""
    check = (await owner.call("GET", "/backend-api/accounts/check/v4-2023-04-27")).json()
    account = check["accounts"][check["account_ordering"][0]]["account"]
    assert (account["account_user_role"], account["structure"], account["plan_type"], account["name"]) == (
        "account-owner",
        "workspace",
        "team",
        "Harbour Studio",
    )
    assert account["is_deactivated"] is False
    assert (await owner.call("GET", "/backend-api/me")).json()["email"] == "it-chatgpt@harbour.example"
    assert (await owner.call("GET", "/settings")).json() == {"default_seat_type": "default"}
    assert (await owner.call("GET", "/backend-api/nowhere")).status_code == 404

"""The SCIM face: WorkOS's rules for a directory, and a workspace that follows it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from sandbox import company
from sandbox.chatgpt import Workspace, harbour_studio
from sandbox.chatgpt.workspace import user_id
from sandbox.clock import SandboxClock

TOM = "tom@harbour.example"
MAYA = "maya@harbour.example"
NOOR = "noor@harbour.example"
OWN = "it-chatgpt@harbour.example"
DIRECTORY = f"/scim/v2.0/{company.CHATGPT_DIRECTORY_KEY}"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@dataclass
class Scim:
    """Calls with the directory's token; paths are below the directory."""

    http: httpx.AsyncClient
    token: str = company.CHATGPT_SCIM_TOKEN
    directory: str = DIRECTORY

    async def __call__(self, method: str, path: str, **rest: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return await self.http.request(method, self.directory + path, headers=headers, **rest)

    async def create(self, user_name: str, **attributes: Any) -> httpx.Response:
        """POST Users."""
        return await self("POST", "/Users", json={"userName": user_name, **attributes})

    async def patch(self, id_: str, **attributes: Any) -> httpx.Response:
        """PATCH Users/… that replaces these attributes."""
        operations = [{"op": "replace", "path": path, "value": value} for path, value in attributes.items()]
        return await self("PATCH", f"/Users/{id_}", json={"Operations": operations})

    async def found(self, **query: Any) -> list[str]:
        """The userNames in a list."""
        return [user["userName"] for user in (await self("GET", "/Users", params=query)).json()["Resources"]]


@pytest.fixture
def workspace(clock: SandboxClock) -> Workspace:
    return harbour_studio(clock, plan_type="enterprise")


@pytest.fixture
def scim(http: httpx.AsyncClient) -> Scim:
    return Scim(http)


def refused(answer: httpx.Response) -> tuple[int, str | None, str]:
    """Status, scimType and detail of a SCIM error."""
    body = answer.json()
    assert answer.headers["content-type"] == "application/scim+json"
    assert (body["schemas"], body["status"]) == ([ERROR], str(answer.status_code))
    return answer.status_code, body.get("scimType"), body.get("detail", "")


# -- who may call ------------------------------------------------------------------------------------------------------
async def test_a_directory_wants_its_own_token_and_address(scim, workspace):
    """401 without the token, 404 at another key; on Business there is no directory at all."""
    assert refused(await replace(scim, token="se_other")("GET", "/Users"))[0] == 401
    assert refused(await replace(scim, directory="/scim/v2.0/other")("GET", "/Users"))[0] == 404
    workspace.profile = replace(workspace.profile, plan_type="team")
    assert refused(await scim("GET", "/Users"))[0] == 404


# -- the rules of an entry ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body", "scim_type", "detail"),
    [
        ({"emails": [{"value": TOM}]}, "invalidValue", "'userName' is required"),
        ({"userName": " "}, "invalidValue", "'userName' is required"),
        ({"userName": "tom"}, "invalidValue", "Required attributes missing: emails"),
        ({"userName": "tom", "emails": [{"value": " "}]}, "invalidValue", "Required attributes missing: emails"),
        ({"userName": TOM, "active": "true"}, "invalidSyntax", "'active' is expected boolean, received string"),
        ({"userName": TOM, "externalId": None}, "invalidSyntax", "'externalId' is expected string, received null"),
        ({"userName": TOM, "title": None}, "invalidSyntax", "'title' is expected string, received null"),
        ({"userName": TOM, "active": False}, None, ""),
        ([], "invalidSyntax", "not a JSON object"),
    ],
)
async def test_an_entry_that_breaks_a_rule_is_refused(scim, workspace, body, scim_type, detail):
    """In WorkOS's words, and nobody is invited."""
    status, found_type, found_detail = refused(await scim("POST", "/Users", json=body))
    assert (status, found_type) == (400, scim_type)
    assert detail in found_detail
    assert workspace.roster.invites == {}


async def test_a_user_name_that_is_an_address_is_enough(scim):
    """It becomes the primary address."""
    created = await scim.create(TOM)
    assert created.status_code == 201
    assert created.json()["emails"] == [{"value": TOM, "type": "work", "primary": True}]
    assert created.headers["location"].endswith(f"/Users/{created.json()['id']}")
    assert (await scim("GET", f"/Users/{created.json()['id']}")).json() == created.json()


async def test_nobody_is_in_it_twice(scim):
    """By userName, in any case; by address, among those who are active."""
    tom = (await scim.create(TOM)).json()["id"]
    again = refused(await scim.create(TOM.upper()))
    assert again == (409, "uniqueness", f"Another user already exists with this username '{TOM.upper()}'")
    shared = refused(await scim.create("tom", emails=[{"value": TOM.title(), "type": "work"}]))
    assert shared == (409, "uniqueness", f"Another user already exists with this email '{TOM.title()}'")
    assert (await scim.patch(tom, active=False)).status_code == 200
    assert (await scim.create("tom", emails=[{"value": TOM, "type": "work"}])).status_code == 201
    assert refused(await scim.patch(tom, active=True))[:2] == (409, "uniqueness")


@pytest.mark.parametrize(
    ("emails", "who"),
    [
        ([{"value": "a@x.example", "type": "home"}, {"value": "b@x.example", "type": "work"}], "b@x.example"),
        ([{"value": "a@x.example", "type": "work"}, {"value": "b@x.example", "primary": True}], "b@x.example"),
        ([{"value": "a@x.example", "type": "home"}], "a@x.example"),
        ([{"value": "malformed", "type": "work"}], None),
    ],
)
async def test_one_address_is_the_primary_one(scim, workspace, emails, who):
    """The one that says so, else the first for work, else for home; a malformed one is taken and invites nobody."""
    assert (await scim.create("somebody", emails=emails)).status_code == 201
    assert set(workspace.roster.invites) == ({who} if who else set())


async def test_only_a_post_makes_a_user(scim):
    """Everything else is about an id that must be there."""
    gone = "directory_user_0"
    for method, body in (("GET", None), ("PUT", {"userName": TOM}), ("PATCH", {"Operations": []}), ("DELETE", None)):
        assert refused(await scim(method, f"/Users/{gone}", json=body))[0] == 404


async def test_a_replacement_is_checked_like_a_user(scim):
    """A PUT replaces the whole; its mistakes are mistakes of syntax."""
    tom = (await scim.create("tom", emails=[{"value": TOM, "type": "work"}])).json()["id"]
    assert refused(await scim("PUT", f"/Users/{tom}", json={"userName": "tom"}))[:2] == (400, "invalidSyntax")
    replaced = await scim("PUT", f"/Users/{tom}", json={"userName": TOM, "active": False})
    assert (replaced.json()["userName"], replaced.json()["active"]) == (TOM, False)


@pytest.mark.parametrize(
    ("operations", "scim_type"),
    [
        ([], "invalidSyntax"),
        ([{"op": "replace", "path": "shoe_size", "value": 43}], "invalidPath"),
        ([{"op": "replace", "path": "active", "value": "False"}], "invalidSyntax"),
        ([{"op": "remove", "path": "userName"}], "invalidValue"),
        ([{"op": "levitate"}], None),
    ],
)
async def test_a_patch_that_breaks_a_rule_is_refused(scim, workspace, operations, scim_type):
    """And has changed nothing."""
    tom = (await scim.create(TOM)).json()["id"]
    before = workspace.directory.entries[tom]
    assert refused(await scim("PATCH", f"/Users/{tom}", json={"Operations": operations}))[:2] == (400, scim_type)
    assert workspace.directory.entries[tom] == before


async def test_a_patch_may_name_its_paths_inside(scim, workspace):
    """Capital letters in the operation are fine too."""
    tom = (await scim.create(TOM)).json()["id"]
    operations = [{"op": "Replace", "value": {"active": False}}]
    assert (await scim("PATCH", f"/Users/{tom}", json={"Operations": operations})).json()["active"] is False
    assert workspace.roster.invite(TOM) is None


async def test_a_body_can_be_too_large(scim):
    """413 above 2,000 KB, and not in SCIM's shape."""
    answer = await scim.create(TOM, displayName="x" * 2_100_000)
    assert answer.status_code == 413
    assert "json" not in answer.headers["content-type"]


# -- lists -------------------------------------------------------------------------------------------------------------
async def test_a_list_is_paged_and_filtered(scim):
    """Positions count from 1; a userName is matched as a whole and in any case; other filters are refused."""
    for number in range(5):
        await scim.create(f"p{number}@x.example")
    page = (await scim("GET", "/Users", params={"startIndex": 2, "count": 2})).json()
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (5, 2, 2)
    assert [user["userName"] for user in page["Resources"]] == ["p1@x.example", "p2@x.example"]
    assert await scim.found(filter='userName eq "P3@X.example"') == ["p3@x.example"]
    assert await scim.found(filter='userName eq "p"') == []
    assert refused(await scim("GET", "/Users", params={"filter": 'userName sw "p"'}))[:2] == (400, "invalidFilter")
    assert refused(await scim("GET", "/Users", params={"count": "many"}))[0] == 400


# -- what the workspace makes of it ------------------------------------------------------------------------------------
async def test_whoever_is_new_is_invited(scim, workspace):
    """As member, on the default seat; they become a member that SCIM manages."""
    workspace.set_default_seat_type("usage_based")
    await scim.create(TOM)
    invite = workspace.roster.invite(TOM)
    assert (invite.role, invite.seat_type, invite.is_scim_managed) == ("standard-user", "usage_based", True)
    assert workspace.accept(TOM).is_scim_managed


async def test_whoever_is_there_keeps_role_and_seat(scim, workspace):
    """A member, and an open invite; neither gets an e-mail."""
    workspace.invite(TOM, role="account-admin", seat_type="usage_based")
    mails = sum("was sent to" in event.what for event in workspace.events)
    await scim.create(NOOR)
    await scim.create(TOM)
    noor, tom = workspace.roster.member_by_email(NOOR), workspace.roster.invite(TOM)
    assert (noor.role, noor.is_scim_managed) == ("account-owner", True)
    assert (tom.role, tom.seat_type, tom.is_scim_managed) == ("account-admin", "usage_based", True)
    assert sum("was sent to" in event.what for event in workspace.events) == mails


@pytest.mark.parametrize("how", ["delete", "deactivate"])
@pytest.mark.parametrize("accepted", [False, True])
async def test_whoever_is_gone_loses_the_seat(scim, workspace, how, accepted):
    """Deleted or inactive, invited or a member; whoever comes back is invited without an e-mail."""
    tom = (await scim.create(TOM)).json()["id"]
    if accepted:
        workspace.accept(TOM)
    if how == "delete":
        assert (await scim("DELETE", f"/Users/{tom}")).status_code == 204
    else:
        assert (await scim.patch(tom, active=False)).status_code == 200
    assert workspace.roster.member_by_email(TOM) is None
    assert workspace.roster.invite(TOM) is None
    await (scim.create(TOM) if how == "delete" else scim.patch(tom, active=True))
    assert workspace.roster.invite(TOM) is not None
    assert sum("was sent to" in event.what for event in workspace.events) == 1


async def test_what_is_removed_by_hand_comes_back(scim, workspace):
    """At the next change that the workspace hears of."""
    await scim.create(TOM)
    workspace.accept(TOM)
    workspace.remove(user_id(TOM))
    await scim.create("lena@harbour.example")
    assert workspace.roster.invite(TOM) is not None


async def test_what_the_workspace_refuses_the_directory_does_not_show(scim, workspace):
    """A full workspace, and a last owner: the directory has taken the change, and only the log tells."""
    workspace.profile = replace(workspace.profile, paid={"default": 3})
    assert (await scim.create(TOM)).status_code == 201
    assert workspace.roster.invite(TOM) is None
    workspace.set_role(user_id(OWN), "standard-user")
    noor = (await scim.create(NOOR)).json()["id"]
    assert (await scim("DELETE", f"/Users/{noor}")).status_code == 204
    assert workspace.roster.member_by_email(NOOR) is not None
    told = [event.what for event in workspace.events if event.what.startswith("SCIM:")]
    assert any("could not be invited" in what for what in told)
    assert any("could not be removed" in what for what in told)


# -- faults ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("scim_token_refused", 401),
        ("scim_forbidden", 403),
        ("scim_directory_gone", 404),
        ("scim_conflict", 409),
        ("scim_body_too_large", 413),
        ("rate_limited", 429),
        ("writes_fail", 500),
    ],
)
async def test_a_user_can_be_refused(scim, workspace, fault, status):
    """For a time; then the same call works."""
    workspace.faults.switch_on(fault, times=1, method="POST")
    assert (await scim.create(TOM)).status_code == status
    assert workspace.roster.invites == {}
    assert (await scim.create(TOM)).status_code == 201


async def test_a_fault_can_be_about_one_address(scim, workspace):
    """The userName names it."""
    workspace.faults.switch_on("scim_conflict", email=TOM)
    assert (await scim.create("lena@harbour.example")).status_code == 201
    assert (await scim.create(TOM)).status_code == 409


async def test_a_held_user_is_repaired_by_sending_it_again(scim, workspace):
    """Taken, and not passed on."""
    workspace.faults.switch_on("scim_users_held")
    tom = (await scim.create(TOM)).json()["id"]
    workspace.faults.clear()
    assert workspace.roster.invite(TOM) is None
    await scim.patch(tom, active=True)
    assert workspace.roster.invite(TOM) is not None


async def test_the_workspace_can_be_late(scim, workspace):
    """It makes up for it."""
    workspace.faults.switch_on("scim_sync_late")
    await scim.create(TOM)
    assert workspace.roster.invite(TOM) is None
    workspace.faults.clear()
    assert workspace.roster.invite(TOM) is not None


async def test_answers_can_be_shorter_than_expected(scim, workspace):
    """204 to a PATCH, short pages, bare entries, a filter that does nothing, a deleted user that stays."""
    tom = (await scim.create(TOM)).json()["id"]
    for number in range(3):
        await scim.create(f"p{number}@x.example")
    workspace.faults.switch_on("scim_patch_answers_nothing")
    assert (await scim.patch(tom, displayName="Tom")).status_code == 204
    workspace.faults.switch_on("scim_short_pages", length=3)
    assert len(await scim.found()) == 3
    workspace.faults.switch_on("scim_filter_ignored")
    assert len(await scim.found(filter=f'userName eq "{TOM}"')) == 3
    workspace.faults.switch_on("scim_bare_entries")
    bare = (await scim("GET", "/Users")).json()["Resources"][0]
    assert set(bare) == {"schemas", "id", "userName"}
    workspace.faults.switch_on("scim_soft_deletes")
    await scim("DELETE", f"/Users/{tom}")
    assert (await scim("GET", f"/Users/{tom}")).json()["active"] is False


async def test_a_reset_empties_the_directory(scim, workspace):
    """The first day again; the token lives on."""
    await scim.create(TOM)
    workspace.reset()
    assert await scim.found() == []
    await scim.create(TOM)
    assert workspace.roster.invite(TOM) is not None

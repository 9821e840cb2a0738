"""Seats: what is paid, taken and free, and what happens at a renewal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.chatgpt import Workspace, harbour_studio
from sandbox.clock import SandboxClock

NEEDED = "1 additional seat needed. Add 1 additional seat to send this invite."


@pytest.fixture
def workspace(clock: SandboxClock) -> Workspace:
    """Three members on four paid seats."""
    return harbour_studio(clock, paid={"default": 4, "prolite": 0})


async def capacity(owner) -> dict:
    query = {"account_id": "2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11"}
    subscription = (await owner.call("GET", "/backend-api/subscriptions", params=query)).json()
    return subscription["seat_capacity"][0]


async def test_members_and_invites_take_seats(owner):
    """An open invite holds its seat as a member does, and gives it back when it is cancelled."""
    assert (await capacity(owner))["available"] == 1
    await owner.invite("tom@harbour.example")
    assert (await capacity(owner))["available"] == 0
    refused = (await owner.invite("lena@harbour.example")).json()
    assert refused["account_invites"] == []
    assert refused["errored_emails"] == [{"email_address": "lena@harbour.example", "error": NEEDED}]
    await owner.call("DELETE", "/invites", json={"email_address": "tom@harbour.example"})
    assert (await owner.invite("lena@harbour.example")).json()["errored_emails"] == []


async def test_inviting_again_takes_no_second_seat(owner):
    """The last seat stays taken once when its invite is sent again."""
    await owner.invite("tom@harbour.example")
    assert (await owner.invite("tom@harbour.example")).json()["errored_emails"] == []


async def test_codex_seats_are_not_limited_and_premium_seats_are_bought_first(owner):
    """A codex seat is paid per use; a premium seat has to be there."""
    many = [f"p{n}@harbour.example" for n in range(20)]
    assert len((await owner.invite(*many, seat_type="usage_based")).json()["account_invites"]) == 20
    premium = (await owner.invite("tom@harbour.example", seat_type="prolite")).json()
    assert premium["errored_emails"][0]["error"] == NEEDED


async def test_a_member_cannot_move_to_a_seat_that_is_not_there(owner, workspace):
    """Changing to a seat that nobody paid for is refused, and the member keeps theirs."""
    workspace.invite("tom@harbour.example", role="standard-user", seat_type="usage_based")
    tom = workspace.accept("tom@harbour.example")
    await owner.invite("lena@harbour.example")
    switch = {"operation": "switch", "seat_type": "default"}
    refused = await owner.call("POST", f"/users/{tom.user_id}/seat/update", json=switch)
    assert (refused.status_code, refused.json()) == (400, {"detail": NEEDED})
    assert (await owner.users())["tom@harbour.example"]["seat_type"] == "usage_based"


async def test_the_plan_has_a_ceiling(owner, workspace):
    """Members and invites together never exceed the plan's maximum."""
    workspace.profile = replace(workspace.profile, maximum_seats=4, auto_true_up=True)
    answer = (await owner.invite("a@harbour.example", "b@harbour.example")).json()
    assert [invite["email_address"] for invite in answer["account_invites"]] == ["a@harbour.example"]
    assert answer["errored_emails"][0]["error"] == "You have reached maximum number of seats"
    assert workspace.profile.paid["default"] == 4


async def test_counts_are_told_in_two_places(owner, workspace):
    """seat_type_counts counts members; the subscription says what is paid."""
    counts = (await owner.call("GET", "/users/seat_type_counts")).json()
    assert counts == {
        "seat_type_counts": {"default": 3, "usage_based": 0, "automation": 0, "prolite": 0},
        "maximum_seats": 200,
    }
    assert (await capacity(owner))["paid"] == 4
    missing = await owner.call("GET", "/backend-api/subscriptions")
    assert missing.status_code == 400
    assert missing.json() == {"detail": "must specify either organization_id or account_id"}


async def test_the_default_seat_type_is_that_of_an_invite_without_one(owner):
    """The workspace's default seat type can be set, and an invite that names none gets it."""
    changed = await owner.call("POST", "/settings/default_seat_type", json={"value": "usage_based"})
    assert changed.status_code == 200
    (invite,) = (await owner.invite("tom@harbour.example")).json()["account_invites"]
    assert invite["seat_type"] == "usage_based"


async def test_missing_seats_can_be_bought(owner, workspace):
    """With automatic true-up the number of paid seats grows with the invites."""
    workspace.faults.switch_on("seats_bought_automatically")
    answer = (await owner.invite("a@harbour.example", "b@harbour.example")).json()
    assert len(answer["account_invites"]) == 2
    assert (await capacity(owner))["paid"] == 5


async def test_a_cheaper_seat_can_wait_for_the_renewal(owner, workspace, clock):
    """A scheduled change is shown as pending and happens when the billing period ends."""
    workspace.faults.switch_on("downgrades_wait")
    maya = (await owner.users())["maya@harbour.example"]["id"]
    await owner.call("PATCH", f"/users/{maya}", json={"seat_type": "usage_based"})
    listed = (await owner.users())["maya@harbour.example"]
    assert (listed["seat_type"], listed["pending_seat_type"]) == ("default", "usage_based")
    clock.skip(31 * 86400)
    await owner.sign_in()
    listed = (await owner.users())["maya@harbour.example"]
    assert (listed["seat_type"], listed["pending_seat_type"]) == ("usage_based", None)


async def test_removed_members_can_linger(owner, workspace, clock):
    """A removed member may stay listed, marked, with the seat they leave behind, and can be invited anew."""
    workspace.faults.switch_on("removed_members_linger")
    maya = (await owner.users())["maya@harbour.example"]["id"]
    await owner.call("DELETE", f"/users/{maya}")
    listed = (await owner.users())["maya@harbour.example"]
    assert listed["deactivated_time"] is not None
    assert listed["reclaimable_seat_type"] == "default"
    assert (await capacity(owner))["held"] == 1
    assert (await owner.call("DELETE", f"/users/{maya}")).status_code == 404
    assert len((await owner.invite("maya@harbour.example")).json()["account_invites"]) == 1
    workspace.accept("maya@harbour.example")
    assert (await owner.users())["maya@harbour.example"]["deactivated_time"] is None
    await owner.call("DELETE", f"/users/{maya}")
    clock.skip(31 * 86400)
    await owner.sign_in()
    assert "maya@harbour.example" not in await owner.users()

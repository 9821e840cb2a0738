"""Invites: the three lists of an answer, sending again, cancelling, accepting."""

from __future__ import annotations

from dataclasses import replace

import pytest


async def test_every_address_is_in_one_of_three_lists(owner, workspace):
    """200 is not success: an invite, a refusal and a member are told apart per address."""
    workspace.profile = replace(workspace.profile, allowed_domains=frozenset({"harbour.example"}))
    answer = await owner.invite("tom@harbour.example", "x@blocked.example", "Maya@harbour.example", "nonsense")
    assert answer.status_code == 200
    body = answer.json()
    (invite,) = body["account_invites"]
    assert (invite["email_address"], invite["role"], invite["seat_type"], invite["status"]) == (
        "tom@harbour.example",
        "standard-user",
        "default",
        2,
    )
    assert body["errored_emails"] == [
        {"email_address": "x@blocked.example", "error": "domain is not allowed for this workspace"},
        {"email_address": "nonsense", "error": "Invalid email domain"},
    ]
    assert body["already_member_emails"] == ["Maya@harbour.example"]
    assert set(await owner.invites()) == {"tom@harbour.example"}


async def test_inviting_again_renews_the_same_invite(owner, workspace):
    """A second invite to an address is the first one, with the role and seat of the second."""
    (first,) = (await owner.invite("tom@harbour.example")).json()["account_invites"]
    (second,) = (await owner.invite("TOM@harbour.example", role="account-admin", seat_type="usage_based")).json()[
        "account_invites"
    ]
    assert second["id"] == first["id"]
    (listed,) = (await owner.invites()).values()
    assert (listed["role"], listed["seat_type"]) == ("account-admin", "usage_based")


async def test_the_same_submission_has_one_effect(owner, workspace):
    """A submission id that was seen is answered as before, whatever happened since."""
    first = await owner.invite("tom@harbour.example", submission_id="s-1", flow_id="f")
    workspace.accept("tom@harbour.example")
    again = await owner.invite("tom@harbour.example", submission_id="s-1", flow_id="f")
    assert again.json() == first.json()
    assert (await owner.invite("tom@harbour.example")).json()["already_member_emails"] == ["tom@harbour.example"]


async def test_an_invite_is_cancelled_by_address(owner):
    """DELETE carries the address in its body; an unknown one is not found."""
    await owner.invite("tom@harbour.example")
    gone = await owner.call("DELETE", "/invites", json={"email_address": "Tom@harbour.example"})
    assert (gone.status_code, gone.json()) == (200, {"success": True})
    assert await owner.invites() == {}
    again = await owner.call("DELETE", "/invites", json={"email_address": "tom@harbour.example"})
    assert again.status_code == 404
    assert (await owner.call("DELETE", "/invites")).status_code == 422


async def test_an_accepted_invite_is_a_member(owner, workspace):
    """Accepting turns the invite into a member with its role and seat; a person keeps their id for life."""
    await owner.invite("tom@harbour.example", role="account-admin", seat_type="usage_based")
    member = workspace.accept("Tom@harbour.example")
    assert await owner.invites() == {}
    listed = (await owner.users())["tom@harbour.example"]
    assert (listed["role"], listed["seat_type"], listed["name"]) == ("account-admin", "usage_based", "Tom Okafor")
    workspace.remove(member.user_id)
    workspace.invite("tom@harbour.example", role="standard-user")
    assert workspace.accept("tom@harbour.example").user_id == member.user_id


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"email_addresses": [], "role": "standard-user"}, "email_addresses"),
        ({"email_addresses": ["a@b.example"] * 101, "role": "standard-user"}, "email_addresses"),
        ({"email_addresses": "a@b.example", "role": "standard-user"}, "email_addresses"),
        ({"email_addresses": ["a@b.example"], "role": "king"}, "role"),
        ({"email_addresses": ["a@b.example"]}, "role"),
        ({"email_addresses": ["a@b.example"], "role": "standard-user", "seat_type": "chatgpt"}, "seat_type"),
    ],
)
async def test_a_wrong_invite_is_422(owner, workspace, body, where):
    """The body is checked before anything is done."""
    answer = await owner.call("POST", "/invites", json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][:2] == ["body", where]
    assert workspace.roster.invites == {}


async def test_who_may_invite_whom(as_role, workspace):
    """Admins invite members only; members invite members on the default seat."""
    admin = await as_role("account-admin")
    assert (await admin.invite("tom@harbour.example")).status_code == 200
    assert (await admin.invite("lena@harbour.example", role="account-admin")).status_code == 403
    member = await as_role("standard-user")
    assert (await member.invite("a@harbour.example")).status_code == 200
    assert (await member.invite("b@harbour.example", seat_type="usage_based")).status_code == 403
    assert (await member.invite("b@harbour.example", role="account-owner")).status_code == 403
    cancel = {"email_address": "tom@harbour.example"}
    assert (await member.call("DELETE", "/invites", json=cancel)).status_code == 403
    assert set(workspace.roster.invites) == {"tom@harbour.example", "a@harbour.example"}


async def test_nobody_asks_to_join(owner):
    """The list of join requests is there and empty."""
    await owner.invite("tom@harbour.example")
    query = {"include_pending": "false", "include_requests": "true"}
    assert (await owner.call("GET", "/invites", params=query)).json()["items"] == []

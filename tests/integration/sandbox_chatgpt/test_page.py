"""The page's JSON: what a visitor sees, and what they do by hand."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from sandbox.chatgpt.changes import Changes

TOM = "tom@harbour.example"


@pytest.fixture
def page(http: httpx.AsyncClient):
    """Calls below the page's prefix."""

    async def call(path: str, **body):
        url = f"{str(http.base_url).removesuffix('/chatgpt/')}/chatgpt-page{path}"
        return await (http.post(url, json=body) if body or path == "/reset" else http.get(url))

    return call


async def test_the_page_shows_the_workspace(page, owner):
    """Members, invites, seats, faults and the log of calls, in one answer."""
    await owner.invite(TOM)
    state = (await page("/state")).json()
    assert state["workspace"] == {
        "id": "2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11",
        "name": "Harbour Studio",
        "plan": "team",
    }
    assert state["seats"] == {
        "default": {"used": 3, "invited": 1, "paid": 10},
        "usage_based": {"used": 0, "invited": 0, "paid": None},
    }
    assert [(member["email"], member["is_integration"]) for member in state["members"]] == [
        ("it-chatgpt@harbour.example", True),
        ("noor@harbour.example", False),
        ("maya@harbour.example", False),
    ]
    assert [invite["email"] for invite in state["invites"]] == [TOM]
    assert state["log"][-1]["method"] == "POST"
    assert state["log"][-1]["status"] == 200
    assert TOM in state["log"][-1]["what"]
    assert not any(fault["on"] for fault in state["faults"])


async def test_a_visitor_acts_by_hand(page, workspace):
    """Invite, accept, change role and seat, remove: each as somebody in the workspace would."""
    assert (await page("/invite", email=TOM, role="account-admin", seat_type="usage_based")).status_code == 200
    assert (await page("/accept", email=TOM)).json() == {"ok": True}
    tom = workspace.roster.member_by_email(TOM)
    assert (tom.role, tom.seat_type, tom.name) == ("account-admin", "usage_based", "Tom Okafor")
    await page("/role", email=TOM, role="standard-user")
    await page("/seat", email=TOM, seat_type="default")
    tom = workspace.roster.member_by_email(TOM)
    assert (tom.role, tom.seat_type) == ("standard-user", "default")
    await page("/remove", email=TOM)
    assert workspace.roster.member_by_email(TOM) is None
    await page("/invite", email=TOM)
    await page("/remove", email=TOM)
    assert workspace.roster.invites == {}


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("/accept", {"email": TOM}, "no open invite"),
        ("/accept", {"mail": TOM}, "email is missing"),
        ("/remove", {"email": TOM}, "not a member"),
        ("/role", {"email": "maya@harbour.example", "role": "king"}, "not one of"),
        ("/invite", {"email": "maya@harbour.example"}, "already a member"),
        ("/faults", {"name": "gremlins", "on": True}, "no fault"),
        ("/faults", {"name": "slow", "on": True, "ms": "x"}, "slow cannot have"),
    ],
)
async def test_what_cannot_be_done_is_said(page, path, body, says):
    """A mistake is answered with a sentence."""
    answer = await page(path, **body)
    assert answer.status_code == 400
    assert says in answer.json()["error"]


async def test_a_visitor_switches_faults(page, workspace, owner):
    """A fault is switched on with its settings, is shown with what is left of it, and is cleared."""
    await page("/faults", name="slow", on=True, times=2, ms=1, method="GET")
    await owner.users()
    shown = {fault["name"]: fault for fault in (await page("/state")).json()["faults"]}["slow"]
    assert (shown["on"], shown["remaining"], shown["settings"]) == (True, 1, {"ms": 1})
    await page("/faults", name="slow", on=False)
    assert workspace.faults.active("slow") is None
    await page("/faults", name="not_owner", on=True)
    await page("/faults/clear", all=True)
    assert workspace.faults.active("not_owner") is None
    assert workspace.roster.owners() == 2


async def test_a_waiting_page_hears_of_a_change(page, owner, workspace):
    """The long poll answers when something happens, and not before."""
    version = (await page("/state")).json()["version"]
    waiting = asyncio.create_task(page(f"/changes?since={version}"))
    await owner.users()
    heard = (await asyncio.wait_for(waiting, 60)).json()["version"]
    assert heard > version
    assert (await page("/changes?since=0")).json()["version"] >= heard
    assert (await page("/changes?since=x")).status_code == 400


async def test_reset_is_the_first_day(page, owner, workspace):
    """Everything is as it was, and the session is still good."""
    await owner.invite(TOM)
    workspace.accept(TOM)
    await page("/faults", name="not_owner", on=True)
    await page("/reset")
    state = (await page("/state")).json()
    assert len(state["members"]) == 3
    assert state["log"] == []
    assert not any(fault["on"] for fault in state["faults"])
    assert (await owner.call("GET", "/users")).status_code == 200


async def test_who_waits_is_woken():
    """A change wakes everybody who waits for it; without one the wait ends with the version as it was."""
    changes = Changes()
    waiting = [asyncio.create_task(changes.beyond(0, seconds=60)) for _ in range(2)]
    await asyncio.sleep(0)
    changes.bump()
    assert await asyncio.wait_for(asyncio.gather(*waiting), 60) == [1, 1]
    assert await changes.beyond(1, seconds=0.01) == 1

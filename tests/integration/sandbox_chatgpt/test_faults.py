"""What can go wrong on the way to any face, and how a fault is switched, narrowed and counted."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest

from tests.support.waiting import until

TOM = "tom@harbour.example"


async def is_never_answered(call: asyncio.Task) -> None:
    """As far as can be seen in the time that an answer takes; ends the call."""
    await asyncio.wait({call}, timeout=0.2)
    assert not call.done()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_a_write_can_take_effect_and_lose_its_answer(owner, workspace):
    """The connection is cut without a byte, after the invite was made."""
    workspace.faults.switch_on("answer_lost", times=1)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        await owner.invite(TOM)
    assert set(await owner.invites()) == {TOM}
    call = next(call for call in workspace.calls if call.method == "POST")
    assert call.status is None
    assert TOM in call.what


async def test_a_write_can_take_effect_and_never_be_answered(owner, workspace):
    """The client waits in vain; the invite is there."""
    workspace.faults.switch_on("answer_never_comes", times=1)
    waiting = asyncio.create_task(owner.invite(TOM))

    async def invited() -> bool:
        return set(await owner.invites()) == {TOM}

    await until(invited)
    await is_never_answered(waiting)


@pytest.mark.parametrize(("fault", "status"), [("writes_fail", 500), ("bad_gateway", 502)])
async def test_a_write_can_fail_without_effect(owner, workspace, fault, status):
    """The answer says that it failed, and that is true."""
    workspace.faults.switch_on(fault, times=1)
    assert (await owner.invite(TOM)).status_code == status
    assert await owner.invites() == {}


async def test_a_write_can_look_failed_and_have_happened(owner, workspace):
    """500 after the effect: whoever believes it is wrong."""
    workspace.faults.switch_on("done_but_500", times=1)
    assert (await owner.invite(TOM)).status_code == 500
    assert set(await owner.invites()) == {TOM}


async def test_a_refused_write_keeps_its_refusal(owner, workspace):
    """A lost answer is about changes that happened; one that was refused says so."""
    workspace.faults.switch_on("answer_lost")
    answer = await owner.call("DELETE", "/invites", json={"email_address": TOM})
    assert answer.status_code == 404


async def test_a_call_can_be_lost_or_hang_without_effect(owner, workspace):
    """No answer, and nothing happened."""
    workspace.faults.switch_on("call_lost", times=1, method="POST")
    with pytest.raises(httpx.RemoteProtocolError):
        await owner.invite(TOM)
    workspace.faults.switch_on("call_hangs", times=1, method="POST")
    before = len(workspace.calls)
    waiting = asyncio.create_task(owner.invite(TOM))
    await until(lambda: len(workspace.calls) > before)
    await is_never_answered(waiting)
    assert await owner.invites() == {}


async def test_reads_can_fail_while_writes_work(owner, workspace):
    """500 on every GET, and the invite goes through."""
    workspace.faults.switch_on("reads_fail")
    assert (await owner.call("GET", "/users")).status_code == 500
    assert (await owner.invite(TOM)).status_code == 200


async def test_too_many_requests_come_with_and_without_retry_after(owner, workspace):
    """429 names a time to wait, or does not."""
    workspace.faults.switch_on("rate_limited", times=1, retry_after=7)
    limited = await owner.invite(TOM)
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "7")
    assert limited.json()["detail"]["code"] == "rate_limit_exceeded"
    workspace.faults.switch_on("rate_limited_silently", times=1)
    limited = await owner.invite(TOM)
    assert limited.status_code == 429
    assert "retry-after" not in limited.headers
    assert await owner.invites() == {}


async def test_answers_can_be_slow(owner, workspace):
    """A slow answer is late and right."""
    workspace.faults.switch_on("slow", times=1, ms=150)
    began = time.monotonic()
    assert (await owner.call("GET", "/users")).status_code == 200
    assert time.monotonic() - began >= 0.15


async def test_lists_can_lag_behind(owner, workspace):
    """After a write each list shows the old state for so many reads, and then the new one."""
    workspace.faults.switch_on("list_lag", reads=2, times=1)
    await owner.invite(TOM)
    assert [set(await owner.invites()) for _ in range(3)] == [set(), set(), {TOM}]
    maya = workspace.roster.member_by_email("maya@harbour.example").user_id
    workspace.faults.switch_on("list_lag", reads=1)
    await owner.call("DELETE", f"/users/{maya}")
    assert ["maya@harbour.example" in await owner.users() for _ in range(2)] == [True, False]


async def test_a_fault_lasts_as_long_as_was_said(owner, workspace):
    """`times` counts the calls that the fault is about, and no others."""
    workspace.faults.switch_on("writes_fail", times=2)
    statuses = []
    for _ in range(3):
        await owner.users()
        statuses.append((await owner.invite(TOM)).status_code)
    assert statuses == [500, 500, 200]
    assert workspace.faults.active("writes_fail") is None


async def test_no_two_calls_share_the_last_time(owner, workspace):
    """Of ten calls at once, a fault that lasts for three hits three."""
    workspace.faults.switch_on("writes_fail", times=3)
    answers = await asyncio.gather(*(owner.invite(f"p{n}@harbour.example") for n in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 500, 500, 500]


async def test_a_fault_can_be_narrowed(owner, workspace):
    """To a method, to a path, to an address."""
    maya = workspace.roster.member_by_email("maya@harbour.example").user_id
    workspace.faults.switch_on("writes_fail", method="DELETE", path=maya)
    assert (await owner.call("DELETE", "/users/user-other")).status_code == 404
    assert (await owner.call("PATCH", f"/users/{maya}", json={"role": "account-admin"})).status_code == 200
    assert (await owner.call("DELETE", f"/users/{maya}")).status_code == 500
    workspace.faults.switch_on("writes_fail", email=TOM.upper())
    assert (await owner.invite("lena@harbour.example")).status_code == 200
    assert (await owner.invite(TOM)).status_code == 500


async def test_faults_go_together(owner, workspace):
    """A slow answer can be a lost one too."""
    workspace.faults.switch_on("slow", ms=50, times=1)
    workspace.faults.switch_on("answer_lost", times=1)
    began = time.monotonic()
    with pytest.raises(httpx.RemoteProtocolError):
        await owner.invite(TOM)
    assert time.monotonic() - began >= 0.05
    assert set(await owner.invites()) == {TOM}


async def test_a_deactivated_workspace_refuses_everything_but_says_so(owner, workspace):
    """The accounts check still answers, with the reason; the condition ends when it is switched off."""
    workspace.faults.switch_on("workspace_deactivated")
    refused = await owner.call("GET", "/users")
    assert (refused.status_code, refused.json()["detail"]["code"]) == (403, "deactivated_workspace")
    check = (await owner.call("GET", "/backend-api/accounts/check/v4-2023-04-27")).json()
    assert check["accounts"][check["account_ordering"][0]]["account"]["is_deactivated"] is True
    workspace.faults.switch_off("workspace_deactivated")
    assert (await owner.call("GET", "/users")).status_code == 200


async def test_a_condition_can_last_for_some_calls(owner, workspace):
    """A condition that was switched on for two calls is over after them."""
    workspace.faults.switch_on("workspace_deactivated", times=2)
    statuses = [(await owner.call("GET", "/users")).status_code for _ in range(3)]
    assert statuses == [403, 403, 200]


@pytest.mark.parametrize(
    ("name", "settings"),
    [("gremlins", {}), ("slow", {"ms": "long"}), ("slow", {"s": 1}), ("slow", {"times": 0})],
)
def test_what_does_not_exist_cannot_be_switched_on(workspace, name, settings):
    """A fault or a setting that is misspelt is an error and not a fault that never fires."""
    with pytest.raises(ValueError, match=name):
        workspace.faults.switch_on(name, **settings)
    assert workspace.faults.active("slow") is None


def test_every_fault_explains_itself(workspace):
    """The page shows a title and a description of each; both are sentences, and no two are alike."""
    registry = workspace.faults.registry.values()
    assert len({fault.title for fault in registry}) == len(registry)
    assert all(fault.title and fault.description.endswith(".") for fault in registry)

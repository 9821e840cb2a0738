"""The log of calls, and the hooks by which a test stops the world at an exact point."""

from __future__ import annotations

import asyncio
import time

from sandbox.chatgpt import Call, Workspace

TOM = "tom@harbour.example"


async def test_every_call_is_logged(owner, workspace: Workspace):
    """Method, path, body, status and times of every call, also of one that no face knows."""
    began = time.monotonic()
    await owner.invite(TOM)
    await owner.call("POST", "/nothing")
    invite, unknown = workspace.calls[-2:]
    assert (invite.method, invite.status, invite.addresses) == ("POST", 200, (TOM,))
    assert invite.path == "/backend-api/accounts/2f6d2e7c-8a6e-4c55-9a0f-5d1f6a0a7e11/invites"
    assert invite.json()["email_addresses"] == [TOM]
    assert began <= invite.started <= invite.finished <= time.monotonic()
    assert unknown.status == 404
    assert "Bearer" not in repr(workspace.calls)


async def test_hooks_stand_before_and_after_the_effect(owner, workspace: Workspace):
    """A call that stands in before_effect has changed nothing; one in before_answer has, and has a status."""
    seen = []

    async def before(call: Call) -> None:
        seen.append(("effect", call.method, call.status, set(workspace.roster.invites)))

    async def after(call: Call) -> None:
        seen.append(("answer", call.method, call.status, set(workspace.roster.invites)))

    workspace.before_effect.append(before)
    workspace.before_answer.append(after)
    await owner.invite(TOM)
    assert seen == [("effect", "POST", None, set()), ("answer", "POST", 200, {TOM})]


async def test_a_hook_holds_the_answer_back(owner, workspace: Workspace):
    """While a hook waits, the effect is there and the client has no answer."""
    reached, release = asyncio.Event(), asyncio.Event()

    async def hold(_: Call) -> None:
        reached.set()
        await release.wait()

    workspace.before_answer.append(hold)
    inviting = asyncio.create_task(owner.invite(TOM))
    await asyncio.wait_for(reached.wait(), 60)
    assert set(workspace.roster.invites) == {TOM}
    assert not inviting.done()
    release.set()
    assert (await inviting).status_code == 200


async def test_hooks_see_answers_that_are_lost(owner, workspace: Workspace):
    """before_answer is called for a call whose answer a fault takes away; before_effect only if it acts."""
    order = []

    async def before(_: Call) -> None:
        order.append("effect")

    async def after(call: Call) -> None:
        order.append(call.status)

    workspace.before_effect.append(before)
    workspace.before_answer.append(after)
    workspace.faults.switch_on("writes_fail", times=1)
    await owner.invite(TOM)
    assert order == [500]

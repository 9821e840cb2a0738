"""A change at ChatGPT happened and nobody said so: it is looked for, never made twice."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.chatgpt.workspace import user_id
from tests.support.harbour import Harbour


@pytest.mark.parametrize(
    ("lost", "lag"),
    [
        pytest.param(("answer_lost", "done_but_500", "answer_never_comes"), 0, id="lists in time"),
        pytest.param(("answer_lost", "done_but_500"), 4, id="lists behind"),
    ],
)
async def test_an_invite_whose_answer_was_lost_is_not_sent_again(
    harbour: Harbour, lost: tuple[str, ...], lag: int
) -> None:
    """Each way of losing it, also while ChatGPT's lists do not show the invite yet."""
    crew = {fault: harbour.hire(number) for number, fault in enumerate(lost)}
    await harbour.start()
    for fault, employee in crew.items():
        harbour.chatgpt.faults.switch_on(fault, times=1, method="POST", email=employee.email)
    if lag:
        harbour.chatgpt.faults.switch_on("list_lag", times=len(crew), method="POST", reads=lag)
    await asyncio.gather(*(harbour.approved(employee) for employee in crew.values()))
    await harbour.invited(*crew.values())
    assert [fault for fault in lost if harbour.chatgpt.faults.active(fault)] == []
    # calls, not invites: Usher does not rely on ChatGPT to know a repeated call again
    assert [len(harbour.invite_calls(employee.email)) for employee in crew.values()] == [1] * len(crew)


async def test_a_kill_and_lists_that_lag_send_no_second_invite(harbour: Harbour) -> None:
    """The process dies when the invite is out, and the next one does not see it in the lists at first."""
    employee = harbour.hire(1)
    dead = asyncio.Event()

    async def kill(_call: object) -> None:
        if harbour.invites_sent(employee.email) == 1 and not dead.is_set():
            await harbour.kill()
            dead.set()

    harbour.chatgpt.faults.switch_on("list_lag", times=1, method="POST", reads=4)
    harbour.chatgpt.before_answer.append(kill)
    await harbour.start()
    await harbour.approved(employee)
    await harbour.until(dead.is_set)
    await harbour.start()
    await harbour.invited(employee)
    assert harbour.invites_sent(employee.email) == 1


async def test_a_removal_whose_answer_was_lost_is_believed_when_it_is_seen(harbour: Harbour) -> None:
    """The member is gone, the card says so, and no admin is told of a failure."""
    crew = {fault: harbour.hire(number) for number, fault in enumerate(("answer_lost", "done_but_500"))}
    await harbour.start()
    for employee in crew.values():
        await harbour.approved(employee)
    for employee in crew.values():
        await harbour.accept(employee)
        await harbour.sees(employee.who, "· Active")
    for fault, employee in crew.items():
        harbour.chatgpt.faults.switch_on(fault, times=1, method="DELETE", path=user_id(employee.email))
        await employee.who.press("Give back")
    for fault, employee in crew.items():
        await harbour.sees(employee.who, "has ended")
        assert harbour.chatgpt.faults.active(fault) is None
        assert not harbour.is_member(employee.email)
    assert harbour.alerts() == []

"""A change at ChatGPT happened and nobody said so: it is looked for, never made twice."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.harbour import Employee, Harbour

LOST = ("answer_lost", "done_but_500", "answer_never_comes")


@pytest.mark.parametrize("lists", ["in time", "behind"])
async def test_an_invite_whose_answer_was_lost_is_not_sent_again(harbour: Harbour, lists: str) -> None:
    """Each way of losing it, also while ChatGPT's lists do not show the invite yet."""
    crew = {name: harbour.hire(number) for number, name in enumerate(LOST)}
    await harbour.start()
    for name, employee in crew.items():
        harbour.chatgpt.faults.switch_on(name, times=1, method="POST", email=employee.email)
    if lists == "behind":
        harbour.chatgpt.faults.switch_on("list_lag", reads=12, times=3, method="POST")
    await asyncio.gather(*(be_given(harbour, employee) for employee in crew.values()))
    assert all(harbour.chatgpt.faults.active(name) is None for name in LOST), "a fault was not met"
    await harbour.at_rest()
    assert {employee.email: harbour.invites_sent(employee.email) for employee in crew.values()} == {
        employee.email: 1 for employee in crew.values()
    }


async def test_a_kill_and_lists_that_lag_send_no_second_invite(harbour: Harbour) -> None:
    """The process dies when the invite is out, and the next one does not see it in the lists at first."""
    employee = harbour.hire(1)
    dead = asyncio.Event()

    async def kill(call: object) -> None:
        if harbour.invites_sent(employee.email) == 1 and not dead.is_set():
            await harbour.kill()
            dead.set()

    harbour.chatgpt.faults.switch_on("list_lag", reads=10, times=1, method="POST")
    harbour.chatgpt.before_answer.append(kill)
    await harbour.start()
    card = await harbour.ask(employee)
    await employee.manager.press("Approve", in_=card)
    await asyncio.wait_for(dead.wait(), 60)
    await harbour.start()
    await harbour.accept(employee)
    await harbour.until(lambda: employee.who.message("· Active"))
    assert harbour.invites_sent(employee.email) == 1


@pytest.mark.parametrize("fault", ["answer_lost", "done_but_500"])
async def test_a_removal_whose_answer_was_lost_is_believed_when_it_is_seen(harbour: Harbour, fault: str) -> None:
    """The member is gone, the card says so, and nobody has to be told of a failure."""
    employee = harbour.hire(1)
    await harbour.start()
    await be_given(harbour, employee)
    harbour.chatgpt.faults.switch_on(fault, times=1, method="DELETE")
    await employee.who.press("Give back")
    await harbour.until(lambda: employee.who.message("has ended"))
    assert not harbour.is_member(employee.email)
    assert harbour.slack.state.conversations["C0ALERTS01"].messages == {}


async def be_given(harbour: Harbour, employee: Employee) -> None:
    card = await harbour.ask(employee)
    await employee.manager.press("Approve", in_=card)
    await harbour.accept(employee)
    await harbour.until(lambda: employee.who.message("· Active"))

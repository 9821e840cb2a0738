"""ChatGPT did what it was asked, and its answer was lost."""

from __future__ import annotations

import asyncio
from typing import Final

from scoreboard.trial import Count, Ground, Kind, Trial
from tests.support.harbour import Harbour

#: the ways to lose an answer; without one the connection stays open, and Usher gives up by itself
WAYS: Final = ("answer_lost", "done_but_500", "answer_never_comes")
#: how many are invited side by side
AT_ONCE: Final = 10
#: how many readings of the lists do not show an invite yet, in every second round
BEHIND: Final = 4


async def answers(ground: Ground, kind: Kind, times: int, count: Count) -> str:
    """Round after round of people whose invite is sent and not confirmed."""
    async with ground.harbour(kind) as harbour:
        crew = [harbour.hire(number) for number in range(times)]
        await harbour.start()
        for number, start in enumerate(range(0, times, AT_ONCE)):
            group = crew[start : start + AT_ONCE]
            way = WAYS[number % len(WAYS)]
            _lose(harbour, way, times=len(group), behind=number % 2 == 1)
            await asyncio.gather(*(harbour.approved(employee) for employee in group))
            for employee in group:
                with count.trial(f"{employee.email}, {way}"):
                    await harbour.sees(employee.who, "Your invite to ChatGPT")
        await harbour.at_rest()
        for employee in crew:
            calls, sent = len(harbour.invite_calls(employee.email)), harbour.invites_sent(employee.email)
            if (calls, sent) != (1, 1):
                count.losses.append(f"{employee.email}: {calls} calls, {sent} invites")
        await harbour.demand_whole_ledger()
    return "invites that were sent and not confirmed, by calls that invite: one each, also while the lists lag behind"


def _lose(harbour: Harbour, way: str, *, times: int, behind: bool) -> None:
    faults = harbour.chatgpt.faults
    faults.clear()
    faults.switch_on(way, times=times, method="POST")
    if behind:
        faults.switch_on("list_lag", times=times, method="POST", reads=BEHIND)


ANSWERS = Trial(
    name="answers",
    words="The connector's answers lost after commit",
    must="0 double invites",
    times=100,
    run=answers,
)

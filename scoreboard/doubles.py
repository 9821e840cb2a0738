"""Two people press at once, and one person asks several times at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sandbox import company
from sandbox.slack.delivery import Delivery
from scoreboard.trial import Count, Ground, Kind, Trial
from storage.tables import Decision, RequestState
from tests.support.harbour import Employee, Harbour

#: how often one wish is sent at the same time
AT_ONCE = 8


@asynccontextmanager
async def _ushers(harbour: Harbour, kind: Kind) -> AsyncIterator[tuple[str, str]]:
    """Where Usher listens: two processes on PostgreSQL, one and the same on SQLite, whose file only one may have."""
    if kind is Kind.SQLITE:
        await harbour.start()
        yield harbour.usher.url, harbour.usher.url
        return
    second = harbour.another_usher()
    try:
        async with asyncio.TaskGroup() as starts:
            starts.create_task(harbour.start())
            starts.create_task(second.start())
        yield harbour.usher.url, second.url
    finally:
        if second.is_running:
            await second.kill()


async def presses(ground: Ground, kind: Kind, times: int, count: Count) -> str:
    """A manager and the manager's manager press Approve at the same moment, each at another process."""
    async with ground.harbour(kind, policy="chain") as harbour:
        chiefs = [harbour.join("chief", number) for number in range(times)]
        crew = [harbour.hire(number, chief=chief) for number, chief in enumerate(chiefs)]
        async with _ushers(harbour, kind) as urls:
            told = []
            for employee, chief in zip(crew, chiefs, strict=True):
                told.append(await _press_together(harbour, employee, chief, urls))
            await harbour.invited(*crew)
        grants = Counter(grant.beneficiary_id for grant in await harbour.grants())
        votes = Counter(vote.request_id for vote in await harbour.votes() if vote.decision is Decision.APPROVED)
        for employee, chief, deliveries in zip(crew, chiefs, told, strict=True):
            with count.trial(employee.who.name):
                assert [delivery.error for delivery in deliveries] == [None, None], "a press was answered by an error"
                assert grants[employee.who.id] == 1, f"{grants[employee.who.id]} grants"
                assert harbour.invites_sent(employee.email) == 1, f"{harbour.invites_sent(employee.email)} invites"
                shown = [*harbour.told(employee.manager), *harbour.told(harbour.person(chief))]
                cards = [message for message in shown if message.visible_to is None]
                assert [message.buttons for message in cards] == [[], []], "a decided card has buttons"
                assert len(shown) - len(cards) == 1, "whoever was later was not told so"
        assert set(votes.values()) <= {1}, "a request has two approvals"
        await harbour.demand_whole_ledger()
    where = "two processes" if kind is Kind.POSTGRESQL else "one process"
    return f"requests that two approvers approved at the same moment, through {where}, by grants, invites and cards"


async def _press_together(
    harbour: Harbour, employee: Employee, chief: company.Person, urls: tuple[str, str]
) -> list[Delivery]:
    await harbour.submit(employee.who)
    approvers = (employee.manager, harbour.person(chief))
    cards = [await harbour.card(approver, employee.who) for approver in approvers]
    presses = [
        harbour.press_at(url, approver, "Approve", card)
        for url, approver, card in zip(urls, approvers, cards, strict=True)
    ]
    return list(await asyncio.gather(*presses))


async def submissions(ground: Ground, kind: Kind, times: int, count: Count) -> str:
    """One person has opened the form eight times, and all eight are sent at the same moment."""
    async with ground.harbour(kind) as harbour:
        crew = [harbour.hire(number) for number in range(times)]
        async with _ushers(harbour, kind) as urls:
            errors = [await _submit_together(harbour, employee, urls) for employee in crew]
            await harbour.at_rest()
        requests = await harbour.requests()
        still_open = Counter(one.beneficiary_id for one in requests if one.state is RequestState.PENDING)
        for employee, error in zip(crew, errors, strict=True):
            with count.trial(employee.who.name):
                assert error == set(), f"a form was answered by {error}"
                assert still_open[employee.who.id] == 1, f"{still_open[employee.who.id]} open requests"
                assert len(harbour.told(employee.manager)) == 1, "the manager was not asked once"
        await harbour.demand_whole_ledger()
    return f"people who sent one wish {AT_ONCE} times at the same moment, by open requests and cards"


async def _submit_together(harbour: Harbour, employee: Employee, urls: tuple[str, str]) -> set[str]:
    """Returns what Slack would call errors; being told that one is open already is none."""
    slack, who = harbour.slack, employee.who
    forms = []
    for _ in range(AT_ONCE):
        opened = await who.command("/request-access", "chatgpt codex 7d to test")
        assert not opened.error, opened
        assert who.modal is not None
        forms.append(who.modal)
    sent = [
        slack.payloads.view_submission(user=who.user, view=form, trigger_id=slack.views.new_trigger(who.id))
        for form in forms
    ]
    deliveries = await asyncio.gather(
        *(harbour.deliver_to(urls[number % len(urls)], outgoing) for number, outgoing in enumerate(sent))
    )
    slack.views.clear(who.id)
    return {delivery.error for delivery in deliveries if delivery.error}


PRESSES = Trial(name="presses", words="Two approvers press at once", must="0 double grants", times=200, run=presses)
SUBMISSIONS = Trial(
    name="submissions",
    words=f"{AT_ONCE} concurrent submissions of one wish",
    must="exactly 1 open request each",
    times=100,
    run=submissions,
)

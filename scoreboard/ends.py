"""Grants whose time is over while everything is down."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from bench.stored import Living, give
from bot.engine.dispatcher import ACCOUNTS_AT_ONCE
from sandbox.chatgpt.roster import Member
from sandbox.chatgpt.workspace import user_id
from scoreboard.trial import Count, Ground, Kind, Trial
from storage.tables import EndReason, GrantState
from tests.support.harbour import Employee, Harbour, eventually

#: seconds; a thousand removals, each with its cards, on a busy machine
PATIENCE: Final = 600.0
#: seconds between one end and the next
APART: Final = 2.0


async def ends(ground: Ground, kind: Kind, times: int, count: Count) -> str:
    """Everybody has a grant; all of them end, one after the other, before Usher starts."""
    async with ground.harbour(kind) as harbour:
        crew = [harbour.hire(number) for number in range(times)]
        _let_in(harbour, crew)
        await harbour.start()  # for the catalogue and the directory
        await harbour.usher.stop()
        now = datetime.now(UTC)
        over = {employee.email: now - timedelta(seconds=APART * (number + 1)) for number, employee in enumerate(crew)}
        shuffled = random.sample(crew, len(crew))
        await asyncio.to_thread(give, harbour.database_url, [_living(one, over[one.email]) for one in shuffled])
        await harbour.start()

        async def all_ended() -> bool:
            return {grant.state for grant in await harbour.grants()} == {GrantState.ENDED}

        await eventually(all_ended, within=PATIENCE)
        await harbour.at_rest()
        removed = _removed(harbour)
        order = {email: place for place, email in enumerate(removed)}
        wanted = {email: place for place, email in enumerate(sorted(over, key=lambda email: over[email]))}
        reasons = {grant.beneficiary_id: grant.end_reason for grant in await harbour.grants()}
        for employee in crew:
            email = employee.email
            with count.trial(email):
                assert not harbour.is_member(email), "still a member"
                assert removed[email] == 1, f"removed {removed[email]} times"
                assert reasons[employee.who.id] is EndReason.EXPIRED
                out_of_turn = order[email] - wanted[email]
                assert abs(out_of_turn) < 2 * ACCOUNTS_AT_ONCE, f"{out_of_turn} places out of turn"
        await harbour.demand_whole_ledger()
    return (
        f"members removed once, for the right reason, in the order of their ends (up to {ACCOUNTS_AT_ONCE} accounts "
        "are worked on side by side)"
    )


def _let_in(harbour: Harbour, crew: list[Employee]) -> None:
    """They have been members for a day."""
    workspace = harbour.chatgpt
    since = workspace.clock.now() - timedelta(days=1)
    members = dict(workspace.roster.members)
    for employee in crew:
        id_ = user_id(employee.email)
        members[id_] = Member(
            user_id=id_, email=employee.email, name=employee.who.name, role="standard-user", created_time=since
        )
    workspace.roster = replace(workspace.roster, members=members)


def _living(employee: Employee, ends_at: datetime) -> Living:
    return Living(
        person=employee.who.id, email=employee.email, application="chatgpt", role="member", seat_type="chatgpt",
        provider_id=user_id(employee.email), ends_at=ends_at,
    )  # fmt: skip


def _removed(harbour: Harbour) -> dict[str, int]:
    """Who was removed and how often, in this order."""
    found: dict[str, int] = defaultdict(int)
    for event in harbour.chatgpt.events:
        who, was_removed, _ = event.what.partition(" was removed")
        if was_removed:
            found[who.rpartition(" ")[2]] += 1
    return found


ENDS = Trial(
    name="ends",
    words="Grants that end while everything is down",
    must="all removed after the start, in order of their end",
    times=1000,
    run=ends,
)

"""An outage ends, or is met by two, at the moment in which somebody else does something about it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from bot.access.operations.incidents import open_incident, resolve_incident
from bot.connectors.contract import Refused, SignInAgain
from bot.engine import troubles
from bot.engine.dispatcher import Dispatcher
from bot.engine.upkeep import note_probe
from bot.engine.work import Done, Outcome, Parked
from storage.database import Database
from storage.tables import Incident, IncidentState, Task, TaskState
from storage.task_queue import ClaimedTask
from tests.integration.operations.asking import granted, rows
from tests.integration.operations.at_once.meanwhile import situation_of
from tests.support.replicas import another_replica, held_up, how_many_wait
from tests.support.waiting import until

pytestmark = pytest.mark.postgres

DOWN: dict[str, Any] = {
    "scope": "chatgpt",
    "application": "chatgpt",
    "cause": "Down",
    "explanation": "it is down",
    "remedy": "wait",
}


async def test_what_was_to_wait_for_the_end_of_an_outage_that_is_over_goes_on(company: Database) -> None:
    """Nobody would ever release it: it is done again at once."""
    await granted(company)
    incident_id = await company.write(open_incident, **DOWN)
    runs: list[str] = []

    async def account(task: ClaimedTask) -> Outcome:
        runs.append(task.key)
        return Parked(incident_id=incident_id, error="it is down") if len(runs) == 1 else Done()

    async def other(_task: ClaimedTask) -> Outcome:
        return Done()

    dispatcher = Dispatcher(company, {"account": account, "cards": other, "expire": other})
    async with another_replica(company) as tx:
        await resolve_incident(tx, scope="chatgpt", actor="usher")
        await tx.session.flush()
        running = asyncio.create_task(dispatcher.run())
        await until(lambda: how_many_wait(company))
    try:
        await until(lambda: len(runs) == 2, within=20)
    finally:
        await dispatcher.stop(within=5)
        await running
    assert [task.state for task in await rows(company, Task, Task.kind == "account")] == [TaskState.DONE]


async def test_two_that_meet_the_same_outage_open_one_incident(company: Database) -> None:
    """It is opened once, and counted twice."""
    async with another_replica(company) as tx:
        first = await open_incident(tx, **DOWN)
        second = await held_up(company, company.write(open_incident, **DOWN))
    assert await second == first
    assert [incident.count for incident in await rows(company, Incident)] == [2]


async def test_an_outage_that_ends_as_it_is_met_again_is_another_one(company: Database) -> None:
    """What is resolved stays so, and tells nobody that it goes on."""
    first = await company.write(open_incident, **DOWN)
    async with another_replica(company) as tx:
        await resolve_incident(tx, scope="chatgpt", actor="usher")
        await tx.session.flush()
        second = await held_up(company, company.write(open_incident, **DOWN))
    assert await second != first
    states = {incident.id: incident.state for incident in await rows(company, Incident)}
    assert states == {first: IncidentState.RESOLVED, await second: IncidentState.OPEN}


async def test_the_one_that_tries_for_all_and_fails_for_a_reason_of_its_own_lets_the_next_one_try(
    company: Database,
) -> None:
    """That Lena's address is blocked says nothing about the outage, and the others still wait for its end."""
    await granted(company)
    await company.write(troubles.open_outage, await situation_of(company), SignInAgain("no session"))
    probes = (Task.kind == "probe", Task.state == TaskState.OPEN)
    await company.write(lambda tx: tx.execute(sa.delete(Task).where(*probes)))  # it has let Lena try
    await company.write(troubles.open_trouble, await situation_of(company), Refused("lena is blocked"))
    assert [task.key for task in await rows(company, Task, *probes)] == ["chatgpt"]


@pytest.mark.parametrize("who", ["probe", "account"])
async def test_nothing_is_noted_about_an_outage_that_is_over(company: Database, who: str) -> None:
    """Neither what the last probe found nor what an account that looked did not find."""
    await granted(company)
    incident_id = await company.write(open_incident, **DOWN)
    situation = await situation_of(company)
    async with another_replica(company) as tx:
        await resolve_incident(tx, scope="chatgpt", actor="usher", note="It works again.")
        await tx.session.flush()
        if who == "probe":
            noting = await held_up(company, company.write(note_probe, "chatgpt", "Session: no"))
        else:
            noting = await held_up(company, company.write(troubles.not_seen, situation, incident_id))
    await noting
    assert [(one.note, one.looking) for one in await rows(company, Incident)] == [("It works again.", False)]

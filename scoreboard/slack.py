"""Slack is out of reach for an hour of the sandbox's time."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

from sandbox import company
from sandbox.slack.person import Person
from sandbox.slack.state import Message
from scoreboard.trial import Count, Ground, Kind, Trial, make_room
from tests.support.harbour import eventually
from tests.support.studio import Studio

OUTAGE: Final = timedelta(hours=1)
#: how much of the outage passes at once; whatever falls due in it is done before the next
STEP: Final = timedelta(minutes=5)
#: after Slack's return
PROMISED: Final = timedelta(minutes=1)
#: seconds of the machine; far more than a busy one takes
PATIENCE: Final = 600.0
#: how many decide at the same moment
AT_ONCE: Final = 10

Case = tuple[Person, Person, Message, Message]  # who asks, who decides, and their cards


async def outage(ground: Ground, kind: Kind, times: int, count: Count) -> str:
    """Half of the decisions are made as Slack goes away, so that no card shows them; the other half at its return."""
    people = [pair for number in range(times) for pair in _pair(number)]
    async with (
        ground.database(kind) as (directory, url),
        Studio.open(directory / "usher.db", newcomers=people, database_url=url) as studio,
    ):
        make_room(studio.chatgpt)
        cases = [await _asked(studio, number) for number in range(times)]
        await studio.at_rest()
        before, after = cases[: times // 2], cases[times // 2 :]
        studio.slack.faults.add("*", "server_error")
        await _approve(studio, before)
        shown_too_early = sum("· Invited" in card.shown for _, _, card, _ in before)
        back_at = studio.clock.now() + OUTAGE
        while studio.clock.now() < back_at:
            studio.clock.skip(STEP.total_seconds())
            await studio.at_rest()
        studio.slack.faults.clear()
        returned = studio.clock.now()
        decided = await _approve(studio, after)
        late: dict[str, timedelta] = {}

        async def all_shown() -> bool:
            for who, _, card, asked in cases:
                if who.id not in late and "· Invited" in card.shown and not asked.buttons:
                    late[who.id] = studio.clock.now() - decided.get(who.id, returned)
            return len(late) == len(cases)

        await eventually(all_shown, within=PATIENCE)
        await studio.at_rest()
        for who, approver, card, asked in cases:
            with count.trial(who.name):
                seconds = late[who.id].total_seconds()
                assert late[who.id] < PROMISED, f"right {seconds:.0f} s after the return, or after the decision"
                told = [message for message in studio.told(who) if message.visible_to is None]
                assert told[0] is card, "another card"
                assert len(told) == 2, f"{len(told)} messages"
                assert studio.told(approver) == [asked], "the approver was asked twice"
                assert studio.mails(who) == 1, f"{studio.mails(who)} invites"
        alerts = len(studio.alerts())
        assert alerts <= 1, f"{alerts} alerts"
        assert shown_too_early == 0, "Slack was not away"
        slowest = max(late.values()).total_seconds()
    return (
        f"decisions, half of them made as Slack went away for an hour, by cards: the last was right {slowest:.0f} s "
        f"after its return, or after a decision made since; {alerts} alert{'s' * (alerts != 1)} for the admins "
        "(Usher in the process of the sandbox, for its clock)"
    )


def _pair(number: int) -> tuple[company.Person, company.Person]:
    boss = company.Person(
        id=f"U0BOSS{number:04}", name=f"Boss {number}", email=f"boss{number}@{company.DOMAIN}", title="Manager"
    )
    new = company.Person(
        id=f"U0CREW{number:04}", name=f"Crew {number}", email=f"crew{number}@{company.DOMAIN}", title="Crew",
        manager=boss.id,
    )  # fmt: skip
    return boss, new


async def _asked(studio: Studio, number: int) -> Case:
    boss, new = (studio.slack.person(person.id) for person in _pair(number))
    card = await studio.ask(new)
    return new, boss, card, await studio.asked(boss, new)


async def _approve(studio: Studio, cases: list[Case]) -> dict[str, datetime]:
    """When each was decided, by who asked."""
    decided: dict[str, datetime] = {}
    for start in range(0, len(cases), AT_ONCE):
        some = cases[start : start + AT_ONCE]
        pressed = await asyncio.gather(*(approver.press("Approve", in_=asked) for _, approver, _, asked in some))
        assert all(outcome.ok for outcome in pressed), pressed
        decided |= {who.id: studio.clock.now() for who, *_ in some}
    return decided


OUTAGE_OF_SLACK = Trial(
    name="slack",
    words="Slack down for an hour, decisions made before and after",
    must="every card right within a minute of its return, no duplicates",
    times=500,
    run=outage,
)

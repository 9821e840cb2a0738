"""usher policy: replay"""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.lists import App, Json, Limit

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncSession

    from bot.access.catalog import Catalog
    from bot.access.catalog_file import Lines
    from bot.access.replay import Asked, Replayed, Tally, Today
    from bot.cli.output import Row

app = typer.Typer(help="Who decides, tried before it counts.")


@app.callback()
def family() -> None:
    """Who decides, tried before it counts."""


@app.command(epilog="Example: usher policy replay draft.yml --days 90 --app chatgpt")
def replay(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A catalogue, as for usher catalog apply.", show_default=False)
    ],
    days: Annotated[int, typer.Option(min=1, max=36_500, help="How far back.")] = 90,
    app_key: App = None,
    as_json: Json = False,
    limit: Limit = 100,
) -> None:
    """Runs a draft catalogue over the requests that were recorded.

    For each: what happened, and what the draft would have made of it. Then what that comes to: approved without being
    asked, denied, asked of whom, and how many seats more or less. Changes nothing.

    Managers, titles and user groups are those of today, and nobody is away. Whether a seat raised the bill is not known
    for the past, so rules about raises_bill match nothing. Every stage is taken to agree.
    """
    from bot.access.replay import Replay, Tally
    from bot.access.replay_queries import read_recorded, read_today
    from bot.cli import rows
    from bot.cli.catalog import read_file
    from bot.cli.shell import note, open_database, run

    draft, lines = read_file(file)
    groups = {group for rules in draft.policies.values() for group in rules.groups()}
    if any(rule.when.raises_bill is not None for rules in draft.policies.values() for rule in rules.rules):
        note("Rules about raises_bill match nothing here: what a seat cost is not known for the past.")
    tally = Tally()

    async def look(take: Callable[[Replayed, Today], None]) -> Today:
        async with open_database() as database, database.read() as session:
            wanted = await rows.narrow(session, states=(), person=None, application=app_key)
            await _note_strangers(session, draft, lines)
            today = await read_today(session, groups)
            drafted = Replay(draft, today)
            since = database.clock.now() - timedelta(days=days)
            async for page in read_recorded(session, since=since, application=wanted.application):
                for recorded in page:
                    replayed = drafted.of(recorded)
                    tally.add(replayed)
                    take(replayed, today)
                if tally.total >= 10_000:
                    note(f"{tally.total:,} requests …")
            return today

    if as_json:
        _write_json(lambda take: run(look(take)), tally)
    else:
        newest: deque[Row] = deque(maxlen=limit or None)
        today = run(look(lambda one, today: newest.append(_row(one, today))))
        _show(newest, tally, today)


async def _note_strangers(session: AsyncSession, draft: Catalog, lines: Lines) -> None:
    """Whoever the draft names and who cannot be asked: it could not be applied like that, but it can be tried."""
    from bot.access.catalog_file import CatalogProblems, check_names
    from bot.access.operations.apply_catalog import read_directory
    from bot.cli.shell import note

    try:
        check_names(draft.mentions(), lines, await read_directory(session))
    except CatalogProblems as problems:
        note(str(problems))


# -- for programs ------------------------------------------------------------------------------------------------------
def _write_json(look: Callable[[Callable[[Replayed, Today], None]], Today], tally: Tally) -> None:
    """One array, written as it is read: an object for each request, and the summary as the last."""
    from bot.cli.output import plain

    before = chain(["["], repeat(",\n "))

    def put(row: Row) -> None:
        sys.stdout.write(next(before) + json.dumps(row, ensure_ascii=False, default=plain))

    today = look(lambda one, today: put(_row(one, today)))
    put(_summary(tally, today))
    sys.stdout.write("]\n")


def _row(one: Replayed, today: Today) -> Row:
    recorded = one.recorded
    return {
        "kind": "request",
        "id": recorded.id,
        "state": recorded.state.value,
        "created_at": recorded.created_at,
        "requester": _name(recorded.requester_id, today),
        "beneficiary": _name(recorded.beneficiary_id, today),
        "application": recorded.application,
        "role": recorded.role,
        "seat_type": recorded.seat_type,
        "happened": recorded.happened.value,
        "asked_then": _names(recorded.asked, today),
        "would": one.would.value,
        "why": one.why or None,
        "rule": one.matched.name if one.matched else None,
        "because": list(one.matched.because) if one.matched else [],
        "asked": _names(one.asked, today),
    }


def _summary(tally: Tally, today: Today) -> Row:
    from bot.access.replay import Happened, Would

    return {
        "kind": "summary",
        "id": "summary",
        "state": "done",
        "requests": tally.total,
        "asked_then": tally.asked,
        "happened": {word.value: tally.happened(word) for word in Happened},
        "would": {word.value: tally.would(word) for word in Would},
        "seats_more": tally.more,
        "seats_fewer": tally.fewer,
        "approvers": [
            {"approver": _name(person, today), "then": then, "draft": draft}
            for person, then, draft in tally.approvers()
        ],
    }


def _names(asked: Asked, today: Today) -> list[list[str]]:
    return [[_name(person, today) for person in stage] for stage in asked]


def _name(person_id: str, today: Today) -> str:
    person = today.people.get(person_id)
    return person.email or person_id if person else person_id


# -- for people --------------------------------------------------------------------------------------------------------
_HAPPENED = {
    "auto_approved": "approved, nobody asked",
    "approved": "approved",
    "denied": "denied",
    "cancelled": "cancelled",
    "expired": "expired",
    "pending": "waits",
}
_WOULD = {
    "auto_approve": "approved, nobody asked",
    "ask": "asked",
    "nobody_to_ask": "asked, but too few there",
    "deny": "denied",
    "refuse": "cannot be asked for",
}


def _show(newest: deque[Row], tally: Tally, today: Today) -> None:
    from bot.cli.output import Column, say_when, show
    from bot.cli.shell import note, say

    columns = [
        Column("id", "id", whole=True),
        Column("created_at", "asked", say_when),
        Column("beneficiary", "for", whole=True),
        Column("application", "application"),
        Column("happened", "happened", lambda word: _HAPPENED[str(word)]),
        Column("would", "with the draft", lambda word: _WOULD[str(word)]),
        Column("whom", "whom, or why"),
        Column("rule", "rule"),
    ]
    shown = [{**row, "whom": row["why"] or _say_asked(row["asked"])} for row in reversed(newest)]
    show(shown, columns, as_json=False, nothing="Nobody asked for anything in that time.")
    if left := tally.total - len(newest):
        note(f"… and {left:,} older one{'' if left == 1 else 's'}: --limit 0 shows all.")
    if tally.total:
        say("")
        say("\n".join(_sentences(tally)))
        say("")
        approvers = [
            {"approver": _name(person, today), "then": then, "draft": draft, "change": f"{draft - then:+}"}
            for person, then, draft in tally.approvers()
        ]
        show(
            approvers,
            [
                Column("approver", "approver", whole=True),
                Column("then", "asked then"),
                Column("draft", "with the draft"),
                Column("change", "change"),
            ],
            as_json=False,
            nothing="Nobody was asked, and nobody would be.",
        )


def _say_asked(stages: object) -> str:
    """`maya@example.com or noor@example.com, then ada@example.com`"""
    return ", then ".join(" + ".join(people) or "nobody" for people in stages) if isinstance(stages, list) else ""


def _sentences(tally: Tally) -> Iterator[str]:
    from bot.access.replay import Happened, Would

    yield f"{tally.total:,} request{'' if tally.total == 1 else 's'}:"
    yield (
        f"  approved without being asked: {tally.would(Would.AUTO_APPROVE):,} "
        f"(then {tally.happened(Happened.AUTO_APPROVED):,})"
    )
    yield f"  denied: {tally.would(Would.DENY):,} (then {tally.happened(Happened.DENIED):,})"
    yield f"  asked: {tally.would(Would.ASK, Would.NOBODY):,} (then {tally.asked:,})"
    if nobody := tally.would(Would.NOBODY):
        yield f"  of which a stage finds too few to ask: {nobody:,}"
    if refused := tally.would(Would.REFUSE):
        yield f"  cannot be asked for: {refused:,}"
    yield (
        f"Seats: perhaps {tally.more:,} more (not granted then, approved by the draft), "
        f"{tally.fewer:,} fewer (granted then, not by the draft)."
    )

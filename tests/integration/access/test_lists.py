"""Lists of any length, page by page, on both databases: who sees what, in which order, at which cost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.lists import ListName, Look, Reader, load_sheet
from bot.access.operations.revoke import revoke_as
from bot.access.paging import PAGE, Turn
from bot.access.queries import load_home
from bot.access.refusals import Refusal, Refused
from bot.access.seat_queries import load_seat_stories
from bot.cards.home import home_view
from sandbox.slack.blocks import check_view
from storage.database import Database, Transaction
from storage.ids import new_id
from storage.tables import (
    AccessRequest,
    Application,
    Approval,
    Grant,
    GrantState,
    Incident,
    IncidentState,
    Person,
    Policy,
    RequestState,
    table_of,
)
from tests.support.clock import MovableClock

REPORTS, APPLICATIONS, WAITING = 200, 60, 45
RULES: dict[str, Any] = {"policy": {"approve": [{"manager": "any"}]}, "owner": None, "admins": []}
ADMINS = ("noor@harbour.example",)


async def fill(tx: Transaction) -> None:
    """Maya with 200 reports who all have ChatGPT, of whom 45 have asked her for more; Tom administers one application.

    Many things happen in the same moment, as after an import.
    """
    people = [("UMAYA", "Maya", None), ("UNOOR", "Noor", None), ("UTOM", "Tom", "UNOOR")]
    people += [(f"U{number:05}", f"Number {number}", "UMAYA") for number in range(REPORTS)]
    blank = {"title": "", "timezone": "UTC", "is_bot": False, "is_guest": False, "active": True}
    # the last of them reports to Maya in Slack, but to Noor by the word of an admin
    rows = [
        {**blank, "id": id_, "name": name, "email": f"{name.lower().replace(' ', '')}@harbour.example",
         "manager_from_slack": boss, "manager_from_file": "UNOOR" if id_ == f"U{REPORTS - 1:05}" else None,
         "updated_at": tx.now}
        for id_, name, boss in people
    ]  # fmt: skip
    await put(tx, Person, rows)
    await put(tx, Policy, [{"key": "default", "document": RULES["policy"]}])
    keys = ["chatgpt", *(f"app-{number:02}" for number in range(1, APPLICATIONS))]
    await put(
        tx,
        Application,
        [
            {"key": key, "name": key.title(), "policy_key": "default", "position": position,
             "document": {"key": key, "name": key.title(), "durations": ["30d"], "connector": {"type": "manual"},
                          "admins": ["tom@harbour.example"] if key == "app-07" else ["noor@harbour.example"]}}
            for position, key in enumerate(keys)
        ],
    )  # fmt: skip
    requests: list[dict[str, Any]] = []
    grants: list[dict[str, Any]] = []
    approvals: list[dict[str, Any]] = []
    for number in range(REPORTS):
        given = request(tx, f"U{number:05}", "chatgpt", RequestState.APPROVED, age=number // 7)
        ends_at = tx.now + timedelta(days=1 + number // 5) if number % 4 else None
        state = GrantState.WAITING if number < WAITING else GrantState.ACTIVE
        requests.append(given)
        grants.append(
            {"id": new_id(), "request_id": given["id"], "beneficiary_id": given["beneficiary_id"],
             "application": "chatgpt" if number % 9 else "app-07", "role": "", "seat_type": "chatgpt",
             "duration_seconds": 86_400, "state": state, "created_at": tx.now, "starts_at": tx.now, "ends_at": ends_at,
             "waiting_since": tx.now - timedelta(minutes=number // 3) if state is GrantState.WAITING else None}
        )  # fmt: skip
        if number < WAITING:
            wanted = request(tx, f"U{number:05}", "app-03", RequestState.PENDING, age=number // 7)
            requests.append(wanted)
            approvals.append(
                {"request_id": wanted["id"], "stage": 0, "approver_id": "UMAYA", "why": "manager", "asked_at": tx.now}
            )
    await put(tx, AccessRequest, requests)
    await put(tx, Grant, grants)
    await put(tx, Approval, approvals)
    await put(
        tx,
        Incident,
        [
            {"id": new_id(), "scope": scope, "cause": "Unexpected", "explanation": "It fell.", "remedy": "Lift it.",
             "state": IncidentState.OPEN, "count": 1, "opened_at": tx.now, "seen_at": tx.now, "looking": False}
            for scope in ("app-40", "app-41", "slack:channel")
        ],
    )  # fmt: skip


def request(tx: Transaction, person: str, application: str, state: RequestState, *, age: int) -> dict[str, Any]:
    """A request that somebody made for themselves, so many hours ago."""
    return {
        "id": new_id(), "requester_id": person, "beneficiary_id": person, "application": application, "role": "",
        "seat_type": "", "duration_seconds": 86_400, "reason": "to work", "channel": "slack", "state": state,
        "stage": 0, "rules": RULES, "created_at": tx.now - timedelta(hours=age), "expires_at": tx.now + timedelta(1),
    }  # fmt: skip


async def put(tx: Transaction, entity: Any, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        await tx.session.execute(sa.insert(table_of(entity)), list(rows))


@pytest.fixture
async def crowd(database: Database) -> Database:
    """The database with all of them in it."""
    await database.write(fill)
    return database


def reader(database: Database, id_: str, *, is_admin: bool = False) -> Reader:
    return Reader(id=id_, is_admin=is_admin, now=database.clock.now())


def id_of(item: Any) -> str:
    return str(getattr(item, "grant_id", None) or getattr(item, "id", None) or item.key)


async def walk(database: Database, who: Reader, look: Look) -> list[str]:
    """Every item from the first page to the last; on the way back every page is the same again."""
    pages, turn = [], look.turn
    async with database.read() as session:
        while True:
            sheet = await load_sheet(session, who, Look(
                name=look.name, person_id=look.person_id, application=look.application, state=look.state, turn=turn
            ))  # fmt: skip
            pages.append(sheet)
            assert len(sheet.items) <= PAGE
            assert (sheet.previous is None) is (len(pages) == 1)
            if sheet.next is None:
                break
            turn = sheet.next
        for earlier, later in zip(pages[-2::-1], pages[:0:-1], strict=True):
            assert later.previous is not None
            back = await load_sheet(session, who, Look(
                name=look.name, person_id=look.person_id, application=look.application, state=look.state,
                turn=later.previous,
            ))  # fmt: skip
            assert [id_of(item) for item in back.items] == [id_of(item) for item in earlier.items]
            assert (back.previous is None) is (earlier.previous is None)
            assert back.next is not None
    found = [id_of(item) for page in pages for item in page.items]
    assert len(found) == len(set(found))
    return found


async def test_every_list_is_whole_from_page_to_page(crowd: Database) -> None:
    """Nothing twice, nothing left out, there and back, although many rows have the same moment."""
    maya, noor, tom = reader(crowd, "UMAYA"), reader(crowd, "UNOOR", is_admin=True), reader(crowd, "UTOM")
    expected = [
        (maya, Look(name=ListName.TEAM), REPORTS - 1),
        (maya, Look(name=ListName.TEAM, person_id="U00003"), 1),
        (maya, Look(name=ListName.TO_DECIDE), WAITING),
        (maya, Look(name=ListName.MY_ACCESS), 0),
        (noor, Look(name=ListName.TEAM), 1),
        (noor, Look(name=ListName.LOOKED_AFTER), REPORTS),
        (noor, Look(name=ListName.SEATS), WAITING),
        (noor, Look(name=ListName.INCIDENTS), 3),
        (noor, Look(name=ListName.APPLICATIONS), APPLICATIONS),
        (noor, Look(name=ListName.REQUESTS), REPORTS + WAITING),
        (noor, Look(name=ListName.REQUESTS, state=RequestState.PENDING), WAITING),
        (noor, Look(name=ListName.REQUESTS, state=RequestState.DENIED), 0),
        (noor, Look(name=ListName.REQUESTS, state=RequestState.APPROVED, application="chatgpt"), REPORTS),
        (noor, Look(name=ListName.REQUESTS, application="app-03"), WAITING),
        (noor, Look(name=ListName.REQUESTS, person_id="U00003"), 2),
        (tom, Look(name=ListName.LOOKED_AFTER), len(range(0, REPORTS, 9))),
        (tom, Look(name=ListName.SEATS), len(range(0, WAITING, 9))),
    ]
    for who, look, count in expected:
        assert len(await walk(crowd, who, look)) == count, look


async def test_lists_have_the_order_that_helps(crowd: Database) -> None:
    """Soonest end first and without end last; longest in line first; newest request first; oldest to decide first."""
    maya, noor = reader(crowd, "UMAYA"), reader(crowd, "UNOOR", is_admin=True)
    async with crowd.read() as session:
        created = {row.id: row.created_at for row in await session.scalars(sa.select(AccessRequest))}
        grants = (await session.scalars(sa.select(Grant))).all()
    ends = {grant.request_id: grant.ends_at for grant in grants}
    since = {grant.id: grant.waiting_since for grant in grants}
    team = [ends[id_] for id_ in await walk(crowd, maya, Look(name=ListName.TEAM))]
    with_end = [end for end in team if end is not None]
    assert team == sorted(with_end) + [None] * (len(team) - len(with_end))
    line = [since[id_] for id_ in await walk(crowd, noor, Look(name=ListName.SEATS))]
    assert line == sorted(line, key=str)
    pending = Look(name=ListName.REQUESTS, state=RequestState.PENDING)
    newest = [created[id_] for id_ in await walk(crowd, noor, pending)]
    assert newest == sorted(newest, reverse=True)
    oldest = [created[id_] for id_ in await walk(crowd, maya, Look(name=ListName.TO_DECIDE))]
    assert oldest == sorted(oldest)
    assert (await walk(crowd, noor, Look(name=ListName.APPLICATIONS)))[:3] == ["app-40", "app-41", "chatgpt"]


async def test_lists_for_admins_are_refused_to_others(crowd: Database) -> None:
    """Whoever asks for them, by whatever button."""
    async with crowd.read() as session:
        for name in (ListName.REQUESTS, ListName.INCIDENTS, ListName.APPLICATIONS):
            with pytest.raises(Refused) as refused:
                await load_sheet(session, reader(crowd, "UMAYA"), Look(name=name))
            assert refused.value.refusal is Refusal.NOT_USHERS_ADMIN
        for name in (ListName.TEAM, ListName.LOOKED_AFTER, ListName.SEATS):
            assert (await load_sheet(session, reader(crowd, "U00001"), Look(name=name))).items == ()
            assert (await load_sheet(session, reader(crowd, "UNOBODY"), Look(name=name))).items == ()


async def test_a_page_behind_what_is_not_there_is_the_first(crowd: Database) -> None:
    """A list that has emptied under its reader begins anew."""
    maya = reader(crowd, "UMAYA")
    async with crowd.read() as session:
        first = await load_sheet(session, maya, Look(name=ListName.TEAM))
        lost = await load_sheet(session, maya, Look(name=ListName.TEAM, turn=Turn(after="nothing")))
        assert [id_of(item) for item in lost.items] == [id_of(item) for item in first.items]
        grant = await session.scalar(sa.select(Grant.id).order_by(Grant.ends_at.desc()).limit(1))
        alone = Look(name=ListName.TEAM, person_id="U00003", turn=Turn(after=grant))
        assert (await load_sheet(session, maya, alone)).previous is None


async def test_everybody_in_line_knows_their_place(crowd: Database) -> None:
    """As many are before them as wait longer for the same kind of seat in the same application."""
    async with crowd.read() as session:
        waiting = (await session.scalars(sa.select(Grant).where(Grant.waiting_since.is_not(None)))).all()
        stories = await load_seat_stories(session, [grant.id for grant in waiting])
    for grant, story in zip(waiting, stories, strict=True):
        longer = [
            other
            for other in waiting
            if other.application == grant.application and (other.waiting_since or 0) < (grant.waiting_since or 0)  # type: ignore[operator]
        ]
        assert (story.grant_id, story.before) == (grant.id, len(longer))


async def test_a_home_tab_fits_however_much_there_is(crowd: Database) -> None:
    """Of a manager with 200 reports and 45 to decide about, of an admin with everything, of one of 200 reports."""
    for person, is_admin in (("UMAYA", False), ("UMAYA", True), ("UNOOR", True), ("UTOM", False), ("U00003", False)):
        async with crowd.read() as session:
            home = await load_home(session, person, is_admin=is_admin, now=crowd.clock.now())
        assert home is not None
        assert home.manages is (person in ("UMAYA", "UNOOR"))
        view = home_view(home)
        assert check_view(view, "home") == []
        assert len(view["blocks"]) > 6


async def test_managers_take_back_what_their_reports_have(crowd: Database, clock: MovableClock) -> None:
    """As the directory says now: not what others have, not what they have themselves, not after a change of manager."""
    async with crowd.read() as session:
        grants = {grant.beneficiary_id: grant.id for grant in await session.scalars(sa.select(Grant))}

    async def attempt(person: str, by: str) -> Refusal | None:
        why = {"actor": by, "reason": "The project is over", "admins": ADMINS}
        try:
            await crowd.write(revoke_as, grant_id=grants[person], **why)
        except Refused as refused:
            return refused.refusal
        return None

    clock.advance(timedelta(minutes=1))
    assert await attempt("U00001", "UMAYA") is None
    assert await attempt("U00001", "UMAYA") is Refusal.NOT_ACTIVE
    assert await attempt("U00002", "U00003") is Refusal.NOT_ADMIN  # a colleague
    assert await attempt("U00002", "U00002") is Refusal.NOT_ADMIN  # themselves
    assert await attempt(f"U{REPORTS - 1:05}", "UMAYA") is Refusal.NOT_ADMIN  # reports to Noor by an admin's word
    assert await attempt("U00002", "UNOOR") is None  # Usher's admin
    assert await attempt("U00009", "UTOM") is None  # the application's admin
    assert await attempt("U00010", "UTOM") is Refusal.NOT_ADMIN  # of another application

    async def move(tx: Transaction) -> None:
        await tx.session.execute(sa.update(Person).where(Person.id == "U00004").values(manager_from_slack="UMAYB"))
        await tx.session.execute(sa.update(Person).where(Person.id == "U00005").values(manager_from_slack="U00005"))

    await crowd.write(move)
    assert await attempt("U00004", "UMAYA") is Refusal.NOT_ADMIN
    assert await attempt("U00005", "U00005") is Refusal.NOT_ADMIN  # whoever Slack calls their own manager

    async def leave(tx: Transaction) -> None:
        await tx.session.execute(sa.update(Person).where(Person.id == "UMAYA").values(active=False))

    await crowd.write(leave)
    assert await attempt("U00006", "UMAYA") is Refusal.NOT_ADMIN


# -- what a page costs -------------------------------------------------------------------------------------------------
async def plans(session: AsyncSession, who: Reader, look: Look) -> list[str]:
    """How SQLite finds the ids of a page: the plan of every statement on requests or grants."""
    connection = await session.connection()
    statements: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        statements.append((statement, parameters))

    sa.event.listen(connection.sync_connection, "before_cursor_execute", note)
    try:
        await load_sheet(session, who, look)
    finally:
        sa.event.remove(connection.sync_connection, "before_cursor_execute", note)
    found = []
    for statement, parameters in statements:
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        found += [str(row[-1]) for row in rows]
    return found


async def test_no_page_walks_through_all_requests(crowd: Database) -> None:
    """Wherever it lies and whatever it is narrowed to, an index leads to it."""
    if not crowd.is_sqlite:
        pytest.skip("the plan is SQLite's; PostgreSQL has the same indexes")
    noor, maya = reader(crowd, "UNOOR", is_admin=True), reader(crowd, "UMAYA")
    async with crowd.read() as session:
        some = await session.scalar(sa.select(AccessRequest.id).where(AccessRequest.state == "approved").limit(1))
        approved = {"name": ListName.REQUESTS, "state": RequestState.APPROVED}
        for who, look in (
            (noor, Look(**approved)),
            (noor, Look(**approved, turn=Turn(after=some))),
            (noor, Look(**approved, turn=Turn(before=some))),
            (noor, Look(**approved, application="chatgpt")),
            (noor, Look(**approved, person_id="U00003")),
            (noor, Look(name=ListName.REQUESTS, person_id="U00003")),
            (maya, Look(name=ListName.MY_REQUESTS)),
            (maya, Look(name=ListName.TO_DECIDE)),
            (maya, Look(name=ListName.TEAM)),
        ):
            for step in await plans(session, who, look):
                assert not re.search(r"SCAN (access_requests|grants|people)\b(?! USING)", step), (look, step)
        # in every state: along the ids, from the newest, no further than the page
        whole = await plans(session, noor, Look(name=ListName.REQUESTS))
        assert not any("TEMP B-TREE" in step for step in whole[:1])

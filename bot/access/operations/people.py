"""The directory: who there is, who left, and who manages whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any, Final

import sqlalchemy as sa

from bot.access import subjects
from bot.access.managers_file import ImportProblems, ManagerRow, check_managers
from storage.database import Transaction
from storage.tables import Person
from storage.upsert import insert_into

#: who acted, in the ledger, where Slack told us
SLACK: Final = "slack"
#: "dire": whoever changes the directory does it after whoever is at it
DIRECTORY_LOCK: Final = 0x64697265
#: above this many people it is cheaper to read the directory as a whole
_FEW: Final = 200

Row = sa.Row[*tuple[Any, ...]]


class Unknown(Enum):
    """What was not asked, as opposed to what is known to be nothing."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackPerson:
    """Somebody as Slack describes them just now. The id is the Slack user id."""

    id: str
    email: str | None  # lower case; None where Slack shows none
    name: str
    title: str = ""
    timezone: str = "UTC"  # IANA name
    is_bot: bool = False
    is_guest: bool = False
    active: bool = True
    manager_id: str | Unknown | None = UNKNOWN  # None: known to have none; UNKNOWN: keep what was known


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleChanges:
    """What an update changed in the directory, as Slack user ids, sorted."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()  # in any way but having left or returned
    left: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()
    looked_at: int = 0

    def then(self, later: PeopleChanges) -> PeopleChanges:
        """With what a later step about the same people changed in them."""
        return replace(self, changed=tuple(sorted({*self.changed, *later.changed} - {*self.added})))

    def __str__(self) -> str:
        counts = (
            ("new", self.added),
            ("changed", self.changed),
            ("left", self.left),
            ("came back", self.returned),
        )
        said = ", ".join(f"{len(ids)} {what}" for what, ids in counts if ids)
        return f"{self.looked_at} people: {said or 'nothing changed'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What `import_managers` did."""

    changed: int
    unchanged: int
    notes: tuple[str, ...]  # allowed, but worth a look


class DirectoryDoubt(Exception):
    """The list of people cannot be the whole of it. Nothing was changed; the message says what to look at."""


async def upsert_people(
    tx: Transaction, people: Sequence[SlackPerson], *, complete: bool, as_of: datetime | None = None
) -> PeopleChanges:
    """Brings the directory up to what Slack says, and sets going what follows from somebody's leaving.

    Args:
        people: whom Slack told us about.
        complete: these are all there are: whoever is not among them has left.
        as_of: when Slack was asked. What was written after that knows better and is left alone.

    Raises:
        DirectoryDoubt: a complete list lacks more than half of the people who were there, so it is of another
            workspace, or not complete at all. Believing it would end everybody's access.
    """
    told = {person.id: person for person in people}
    known = await _known(tx, None if complete or len(told) > _FEW else told.keys(), as_of=as_of)
    # Slack names those who left for ever. Who had gone before they were ever written down, or was erased, stays out.
    told = {id_: person for id_, person in told.items() if person.active or id_ in known.people}
    if complete:
        _doubt(known.people, told)
        told |= {id_: replace(person, active=False) for id_, person in known.people.items() if id_ not in told}
    return await _converge(tx, known, told)


async def note_managers(
    tx: Transaction, managers: Mapping[str, str | Unknown | None], *, as_of: datetime | None = None
) -> PeopleChanges:
    """Writes down the managers that Slack names, by the Slack user ids of people who are in the directory already.

    Args:
        as_of: when Slack was asked; as for `upsert_people`.
    """
    known = await _known(tx, managers.keys(), as_of=as_of)
    told = {id_: replace(person, manager_id=managers[id_]) for id_, person in known.people.items()}
    return await _converge(tx, known, told)


async def import_managers(tx: Transaction, rows: Sequence[ManagerRow], *, actor: str, name: str) -> ImportResult:
    """Writes down who manages whom, on an admin's word, which goes before Slack's. All rows or, if one is wrong, none.

    A row without a manager takes the admin's word back: then Slack's counts again.

    Args:
        name: the file's name, for the problems.

    Raises:
        ImportProblems: every row that is wrong, with its line.
    """
    await tx.take_turns(DIRECTORY_LOCK)
    humans = sa.select(Person).where(Person.email.is_not(None), Person.is_bot.is_(False)).order_by(Person.active)
    # An address can be used again after somebody left; the one who is there now comes last and wins.
    people = {str(person.email): person for person in await tx.session.scalars(humans)}
    problems = check_managers(
        rows,
        name,
        active={email for email, person in people.items() if person.active},
        inactive={email for email, person in people.items() if not person.active},
    )
    if problems:
        raise ImportProblems(problems)

    changed = 0
    for row in rows:
        person = people[row.email]
        manager = people[row.manager_email].id if row.manager_email else None
        if person.manager_from_file == manager:
            continue
        changed += 1
        before = person.manager_id
        person.manager_from_file = manager
        person.updated_at = tx.now
        tx.record(
            "person.manager_changed",
            actor=actor,
            subject=subjects.person(person.id),
            before=before,
            after=person.manager_id,
        )
    await tx.session.flush()
    return ImportResult(changed=changed, unchanged=len(rows) - changed, notes=_circles(rows, people))


# -- what Slack says becomes what is written down ----------------------------------------------------------------------
async def _converge(tx: Transaction, known: _Known, told: Mapping[str, SlackPerson]) -> PeopleChanges:
    before = known.people
    after = {
        id_: person
        for id_ in sorted(told.keys() - known.newer)
        if (person := _settled(told[id_], before.get(id_))) != before.get(id_)
    }
    await _write(tx, after.values())
    return _follow(tx, before, after, looked_at=len(told))


# -- reading and writing -----------------------------------------------------------------------------------------------
_READ: Final = (
    Person.id, Person.email, Person.name, Person.title, Person.timezone, Person.is_bot, Person.is_guest, Person.active,
    Person.manager_from_slack, Person.updated_at,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is written down of some people, by their Slack user ids."""

    people: Mapping[str, SlackPerson]
    newer: Set[str]  # those of whom something was written down after Slack was asked


async def _known(tx: Transaction, ids: Collection[str] | None, *, as_of: datetime | None) -> _Known:
    # An event about one of them and the sync of all may meet, and neither may write what it read before the other was
    # done.
    await tx.take_turns(DIRECTORY_LOCK)
    query = sa.select(*_READ)
    people: dict[str, SlackPerson] = {}
    newer: set[str] = set()
    for row in await tx.session.execute(query if ids is None else query.where(Person.id.in_(ids))):
        people[row.id] = _person(row)
        if as_of is not None and row.updated_at > as_of:
            newer.add(row.id)
    return _Known(people=people, newer=newer)


def _person(row: Row) -> SlackPerson:
    return SlackPerson(
        id=row.id,
        email=row.email,
        name=row.name,
        title=row.title,
        timezone=row.timezone,
        is_bot=row.is_bot,
        is_guest=row.is_guest,
        active=row.active,
        manager_id=row.manager_from_slack,
    )


def _settled(person: SlackPerson, before: SlackPerson | None) -> SlackPerson:
    """With the manager known, where only that was not asked. Nobody is their own manager."""
    manager = person.manager_id
    if manager is UNKNOWN:
        manager = before.manager_id if before else None
    return replace(person, manager_id=None if manager == person.id else manager)


async def _write(tx: Transaction, people: Collection[SlackPerson]) -> None:
    if not people:
        return
    rows = [
        {
            "id": person.id,
            "email": person.email,
            "name": person.name,
            "title": person.title,
            "timezone": person.timezone,
            "is_bot": person.is_bot,
            "is_guest": person.is_guest,
            "active": person.active,
            "manager_from_slack": person.manager_id,
            "updated_at": tx.now,
        }
        for person in people
    ]
    insert = insert_into(Person, is_sqlite=tx.is_sqlite)
    columns = {name: insert.excluded[name] for name in rows[0] if name != "id"}
    await tx.session.execute(insert.on_conflict_do_update(index_elements=["id"], set_=columns), rows)


def _follow(
    tx: Transaction, before: Mapping[str, SlackPerson], after: Mapping[str, SlackPerson], *, looked_at: int
) -> PeopleChanges:
    """The ledger lines and tasks that follow from the differences."""
    changed: list[str] = []
    left: list[str] = []
    returned: list[str] = []
    for id_, person in after.items():
        was = before.get(id_)
        subject = subjects.person(id_)
        manager = was.manager_id if was else None
        if manager != person.manager_id:
            tx.record("person.manager_changed", actor=SLACK, subject=subject, before=manager, after=person.manager_id)
        if was is None:
            continue
        if was.active == person.active:
            changed.append(id_)
        elif person.active:
            returned.append(id_)
            tx.record("person.returned", actor=SLACK, subject=subject)
        else:
            left.append(id_)
            tx.record("person.left", actor=SLACK, subject=subject)
            tx.enqueue(subjects.LEFT, id_)
    return PeopleChanges(
        added=tuple(id_ for id_ in after if id_ not in before),
        changed=tuple(changed),
        left=tuple(left),
        returned=tuple(returned),
        looked_at=looked_at,
    )


def _doubt(before: Mapping[str, SlackPerson], told: Mapping[str, SlackPerson]) -> None:
    # Slack keeps those who left in the list, as deleted, so that many are missing is never plain news.
    people = [person.id for person in before.values() if person.active and not person.is_bot]
    missing = sum(id_ not in told for id_ in people)
    if 2 * missing > len(people):
        raise DirectoryDoubt(
            f"Slack's list lacks {missing} of the {len(people)} people in the directory, so nobody was marked as "
            "having left: check that SLACK_BOT_TOKEN is of the workspace this database belongs to (another workspace "
            "needs a database of its own)"
        )


def _circles(rows: Sequence[ManagerRow], people: Mapping[str, Person]) -> tuple[str, ...]:
    """Two who would approve for each other: legal, and seldom meant."""
    by_id = {person.id: email for email, person in people.items()}
    pairs = set()
    for row in rows:
        person = people[row.email]
        manager = people.get(by_id.get(person.manager_id or "", ""))
        if manager is not None and manager.manager_id == person.id:
            pairs.add(tuple(sorted((row.email, str(manager.email)))))
    return tuple(f"{one} and {other} are each other's manager" for one, other in sorted(pairs))

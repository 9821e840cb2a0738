"""While I am away: somebody else decides what I would be asked."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.access import subjects
from bot.access.refusals import Refusal, Refused
from storage.database import Transaction
from storage.ids import new_id
from storage.tables import Delegation, Person

#: nobody is away for longer without saying so again
LONGEST = timedelta(days=366)


class WrongAbsence(Exception):
    """An absence that cannot be.

    Attributes:
        fields: what is wrong, by field (delegate, from, until), each a sentence.
    """

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("; ".join(fields.values()))
        self.fields = fields


async def go_away(tx: Transaction, *, person_id: str, delegate_id: str, starts_at: datetime, ends_at: datetime) -> None:
    """From then until then, what would be asked of somebody is asked of another person. Replaces what was said before.

    What was asked already stays where it is, and the delegate's own delegate does not count.

    Raises:
        WrongAbsence: nobody can be away like that.
        Refused: they are not in the directory.
    """
    people = {
        person.id: person
        for person in await tx.session.scalars(sa.select(Person).where(Person.id.in_([person_id, delegate_id])))
    }
    if person_id not in people or not people[person_id].active:
        raise Refused(Refusal.NOT_IN_DIRECTORY, who=person_id)
    wrong: dict[str, str] = {}
    delegate = people.get(delegate_id)
    if delegate_id == person_id:
        wrong["delegate"] = "That is you. Choose a colleague."
    elif delegate is None or not delegate.active or delegate.is_bot or delegate.is_guest:
        wrong["delegate"] = "They cannot decide about access. Choose an active colleague, who is no guest and no app."
    if ends_at <= tx.now:
        wrong["until"] = "That is over already. Choose a later day."
    elif ends_at <= starts_at:
        wrong["until"] = "That is before it begins. Choose a later day."
    elif ends_at - starts_at > LONGEST:
        wrong["until"] = "At most a year at a time, please."
    if wrong:
        raise WrongAbsence(wrong)
    await _cancel_standing(tx, person_id)
    absence = Delegation(
        id=new_id(),
        person_id=person_id,
        delegate_id=delegate_id,
        starts_at=starts_at,
        ends_at=ends_at,
        created_at=tx.now,
    )
    await tx.insert(absence)
    tx.record(
        "person.away",
        actor=person_id,
        subject=subjects.person(person_id),
        delegate=delegate_id,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    _show(tx, person_id, delegate_id)


async def come_back(tx: Transaction, *, person_id: str) -> None:
    """They decide for themselves again from now on; saying it twice changes nothing."""
    cancelled = await _cancel_standing(tx, person_id)
    if cancelled is not None:
        tx.record("person.back", actor=person_id, subject=subjects.person(person_id), delegate=cancelled)
        _show(tx, person_id, cancelled)


async def _cancel_standing(tx: Transaction, person_id: str) -> str | None:
    """Takes back what stands, and returns who was to decide."""
    # of two who say so at once, the second sees what came of the first
    await tx.execute(sa.select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))
    standing = await tx.session.scalar(
        sa.select(Delegation).where(Delegation.person_id == person_id, Delegation.cancelled_at.is_(None))
    )
    if standing is None:
        return None
    standing.cancelled_at = tx.now
    await tx.session.flush()
    return standing.delegate_id


def _show(tx: Transaction, *people: str) -> None:
    for person_id in people:
        tx.enqueue(subjects.HOME, person_id, lock_key=f"home:{person_id}")

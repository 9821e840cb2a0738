"""One form asks for one person, or for several at once: a request each, as far as each can be made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa

from bot.access import subjects
from bot.access.batches import write_refusal
from bot.access.catalog_store import load_offer
from bot.access.operations.following import CARDS_WITHOUT_LOOK
from bot.access.operations.submit import Submitted, submit
from bot.access.people_facts import load_people
from bot.access.refusals import Refusal, Refused
from bot.access.starting import start_of
from bot.access.wish import MOST_PEOPLE, Wish, WrongWish
from storage.database import Transaction
from storage.ids import new_id
from storage.tables import Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Batched:
    """Several requests that were recorded."""

    batch_id: str


class NobodyCould(Exception):
    """For none of several people a request could be made, and nothing was changed.

    Attributes:
        refused: why, for each of them.
    """

    def __init__(self, refused: Sequence[Refused]) -> None:
        super().__init__("; ".join(str(one) for one in refused))
        self.refused = tuple(refused)


async def ask_for(
    tx: Transaction,
    *,
    wish: Wish,
    people: Sequence[str],
    start: date | None,
    requester_id: str,
    channel: str,
    origin: str,
) -> Submitted | Batched:
    """Makes the same wish for each of these people. Where it is refused for some of them, the others are asked for.

    Args:
        tx: the transaction.
        wish: what is asked for; for whom and from when, `people` and `start` say.
        people: those who would get it, by Slack user id; nobody means the requester.
        start: the day from which it is wanted; None for at once.
        requester_id: who asks, as authenticated by the door.
        channel: the door: slack or chatgpt.
        origin: what was submitted, so that a redelivery of it is known as one.

    Raises:
        WrongWish: the catalogue does not offer that, the day will not do, or these are too many.
        Refused: this person may not ask for that; or it is for one, and refused.
        NobodyCould: it is for several, and refused for each of them.
    """
    wishes = await _wishes(tx, wish, people or [requester_id], start)
    if len(wishes) == 1:
        return await submit(tx, wish=wishes[0], requester_id=requester_id, channel=channel, origin=origin)
    batch = Batch(
        id=new_id(),
        requester_id=requester_id,
        application=wish.application,
        origin=origin,
        document={"refused": []},
        created_at=tx.now,
    )
    await _demand_known(tx, batch)
    if not await tx.insert_unless_there(batch):
        [same] = await tx.session.scalars(sa.select(Batch.id).where(Batch.origin == origin))
        return Batched(batch_id=same)
    refused = await _submit_each(tx, wishes, batch, channel)
    if len(refused) == len(wishes):
        raise NobodyCould(list(refused.values()))
    await _keep(tx, batch, refused)
    return Batched(batch_id=batch.id)


async def _wishes(tx: Transaction, wish: Wish, people: Sequence[str], start: date | None) -> list[Wish]:
    """One for each person, who have their mornings at different times."""
    each = list(dict.fromkeys(people))
    if len(each) > MOST_PEOPLE:
        raise WrongWish({"for": f"Choose at most {MOST_PEOPLE} people at once."})
    if start is None:
        return [replace(wish, beneficiary_id=person) for person in each]
    if wish.emergency:
        raise WrongWish({"start": "An emergency starts at once: leave this empty."})
    known = await load_people(tx.session, each)

    def begins(person: str) -> datetime:
        return start_of(start, known[person].timezone if person in known else "UTC", tx.now)

    return [replace(wish, beneficiary_id=person, starts_at=begins(person)) for person in each]


async def _demand_known(tx: Transaction, batch: Batch) -> None:
    """Raises what `submit` would: the batch has to name an application and a requester that there are."""
    if await load_offer(tx, batch.application) is None:
        raise WrongWish({"application": "Choose an application."})
    if not await load_people(tx.session, [batch.requester_id]):
        raise Refused(Refusal.NOT_IN_DIRECTORY, who=batch.requester_id)


async def _submit_each(tx: Transaction, wishes: Sequence[Wish], batch: Batch, channel: str) -> dict[str, Refused]:
    """Returns for whom it was refused, and why."""
    found: dict[str, Refused] = {}
    for wish in wishes:
        try:
            async with tx.part():
                await submit(tx, wish=wish, requester_id=batch.requester_id, channel=channel, batch_id=batch.id)
        except Refused as refused:
            if refused.who == batch.requester_id != wish.beneficiary_id:
                raise  # it is about who asks, so it is the same for everybody
            found[wish.beneficiary_id] = refused
    return found


async def _keep(tx: Transaction, batch: Batch, refused: dict[str, Refused]) -> None:
    kept = [write_refusal(person, why) for person, why in refused.items()]
    await tx.session.execute(sa.update(Batch).where(Batch.id == batch.id).values(document={"refused": kept}))
    subject = subjects.batch(batch.id)
    tx.record("batch.submitted", actor=batch.requester_id, subject=subject, application=batch.application, refused=kept)
    tx.enqueue(subjects.CARDS, subject, lock_key=f"cards:{subject}", run_at=tx.now + CARDS_WITHOUT_LOOK)

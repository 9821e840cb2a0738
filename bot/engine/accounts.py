"""Accounts converge: look what is there, make one change, look again, until it is as the grants say.

Nothing that a connector answers to a change is believed; only what is observed afterwards counts. A change is written
down before it is sent, so that one whose answer was lost, or whose process died, is looked for before it is sent again.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from bot.connectors.contract import Account as Observed
from bot.connectors.contract import (
    ByHand,
    Capabilities,
    Change,
    Connector,
    ConnectorError,
    Invite,
    NoFreeSeat,
    SetSeatType,
    TryLater,
    UnknownOutcome,
    next_change,
)
from bot.engine import seats, settling, troubles
from bot.engine.connectors import Connectors
from bot.engine.situation import Situation, read_situation
from bot.engine.work import LONGEST_PAUSE, Again, Done, NotYet, Outcome, Parked
from storage.database import Database
from storage.ids import new_id
from storage.tables import AccountStatus, Grant, Incident
from storage.task_queue import ClaimedTask

#: how long a change that was sent may stay unseen before it is sent again: the provider's lists lag behind
#: (chatgpt-workspace, 3.8: "re-read with a bounded deadline"; no figure is known). It doubles with every time.
SETTLE_WITHIN = timedelta(seconds=20)
#: how often a change is sent without being seen before a human is told
SENT_IN_SILENCE = 2
#: first pause between looks for a change that was sent
LOOK_AGAIN = timedelta(seconds=1)
#: for how long a look at an account for which it is no time to begin or to end lets others go first
LOOKS_WAIT = timedelta(seconds=30)
#: for how long the look at an invite that was just sent lets others go first
SEEN_WITHIN = timedelta(seconds=5)
#: more changes than one account ever needs; a net below a provider that never shows what it was told
MOST_CHANGES = 4

log = structlog.get_logger(__name__)


class Accounts:
    """Handles the tasks that bring one account to what it should be."""

    def __init__(self, database: Database, connectors: Connectors) -> None:
        self._database = database
        self._connectors = connectors

    async def converge(self, task: ClaimedTask) -> Outcome:
        """Runs one account task. Outside calls happen here, one transaction before and one after each."""
        application, person_id = task.payload["application"], task.payload["person"]
        situation = await self._situation(application, person_id)
        if situation is None:
            return Done()
        if situation.outage is not None and not _may_pass(task, situation):
            error = situation.outage.explanation
            await self._database.write(troubles.note_waiting, situation)
            return Parked(incident_id=situation.outage.id, error=error)
        connector = self._connectors.of(situation.entry)
        try:
            return await self._converge(situation, connector)
        except ByHand as by_hand:
            return await self._by_hand(situation, connector.capabilities, by_hand)
        except settling.Overtaken:
            return Again(after=timedelta())
        except ConnectorError as error:
            log.warning("account.trouble", cause=type(error).__name__, error=error.explanation)
            return await self._trouble(task, situation, error)

    async def _situation(self, application: str, person_id: str) -> Situation | None:
        """What is known, after the grants whose time has come have moved on."""
        now = self._database.clock.now()
        situation = await self._database.glance(read_situation, application, person_id, now=now)
        if situation is not None and any(situation.due()):
            situation = await self._database.write(settling.move_by_time, application, person_id)
        return situation

    async def _converge(self, situation: Situation, connector: Connector) -> Outcome:
        if situation.email is None:
            raise troubles.no_address(situation.person.name)
        pause = _out_of_turn(situation, connector)
        if pause:
            return NotYet(after=pause)
        for _ in range(MOST_CHANGES):
            observed = await self._observe(situation, connector)
            change = _next_change(situation, observed, connector.capabilities)
            if change is None:
                return await self._settle(situation, observed)
            held_up = await self._held_up(situation, observed, change, connector.capabilities)
            if held_up is not None:
                return held_up
            try:
                situation = await self._note(situation, observed, change, connector)
                await self._send(situation, change, connector)
                if isinstance(change, Invite):  # what came of it is seen after others have theirs
                    return Again(after=timedelta(), patience=SEEN_WITHIN)
            except (seats.CountFirst, seats.CountSoon):
                return Again(after=LOOK_AGAIN)
            except UnknownOutcome as error:
                return await self._unanswered(situation, change, error)
            except (seats.NoneFree, NoFreeSeat) as full:  # as was counted, or as the provider says
                if situation.in_line:
                    return self._look_again(situation, situation.grants)
                situation = await self._database.write(seats.wait_in_line, situation, why=str(full))
        return Again(after=LOOK_AGAIN)

    async def _observe(self, situation: Situation, connector: Connector) -> Observed:
        if connector.capabilities.observes:
            async with self._connectors.limit(situation.entry.key):
                return await connector.observe(situation.email or "")
        return _as_known(situation)

    async def _held_up(
        self, situation: Situation, observed: Observed, change: Change, can: Capabilities
    ) -> Outcome | None:
        """Why a change is not to be made, or not yet; None when it may be."""
        if not situation.grants:
            return Done()  # nothing was granted and nothing is being taken back: only looked
        if settling.vanished(situation, observed):
            return await self._missing(situation, observed)
        if situation.looking is not None:
            return await self._not_there_yet(situation, situation.looking)
        sent = _sent(situation, change)
        before = sent or _unseen_invite(situation, change)
        if before is not None and before.is_on_its_way(can.follows_within):
            # often at first; then, where it is known to take long, no oftener than a tenth of that
            return Again(after=max(min(before.ago / 2, can.follows_within / 10), before.ago / 10, LOOK_AGAIN))
        if sent is not None and sent.times >= SENT_IN_SILENCE:
            return await self._not_to_be_seen(situation, change, sent.times)
        if isinstance(change, Invite) and not situation.entry.takes_address(change.email):
            raise troubles.address_not_taken(change.email, situation.entry.email_domains)
        return None

    async def _note(self, situation: Situation, observed: Observed, change: Change, connector: Connector) -> Situation:
        """Writes down what is about to be sent; before it takes a seat, the seats are counted."""
        try:
            return await self._database.write(settling.note_change, situation, observed, change)
        except seats.CountFirst:
            await self._count(situation, connector)
            return await self._database.write(settling.note_change, situation, observed, change)

    async def _send(self, situation: Situation, change: Change, connector: Connector) -> None:
        try:
            async with self._connectors.limit(situation.entry.key):
                await connector.apply(change)
        except UnknownOutcome:
            raise
        except ConnectorError as error:
            # It did not happen. After an error of a look, though, a change that was sent may still come to be seen.
            await self._database.write(settling.forget_change, situation, error)
            raise
        log.info(
            "account.changed",
            application=situation.entry.key,
            person=situation.person.id,
            change=type(change).__name__.lower(),
        )
        if situation.times_sent(settling.name_of(change)) > 1:
            await self._database.write(settling.spend_key, situation)

    async def _count(self, situation: Situation, connector: Connector) -> None:
        began = await self._database.look(seats.begin_count, situation.entry.key, now=self._database.clock.now())
        async with self._connectors.limit(situation.entry.key):
            pool = await connector.seats()
        await self._database.write(seats.keep_count, situation, pool, began=began)

    async def _settle(self, situation: Situation, observed: Observed) -> Outcome:
        if not situation.grants and situation.counts_seats:
            # for those who decide whether this person gets one; what was looked for is kept in any case
            with contextlib.suppress(ConnectorError):
                await self._count(situation, self._connectors.of(situation.entry))
        grants = await self._database.write(settling.settle, situation, observed)
        return self._look_again(situation, grants)

    def _look_again(self, situation: Situation, grants: tuple[Grant, ...]) -> Outcome:
        look = situation.next_look(grants, self._database.clock.now())
        if look is None:
            return Done()
        return Again(after=look.after, patience=LOOKS_WAIT if look.can_wait else timedelta())

    async def _missing(self, situation: Situation, observed: Observed) -> Outcome:
        """An account that was there is not: look again for a while, then believe that somebody took it away."""
        gone_for = await self._database.write(settling.note_missing, situation, observed)
        return Again(after=timedelta() if gone_for >= settling.MISSING_FOR else timedelta(seconds=5))

    async def _not_there_yet(self, situation: Situation, incident: Incident) -> Outcome:
        """An admin said it was done by hand, and it is not to be seen."""
        await self._database.write(troubles.not_seen, situation, incident.id)
        error = "It is not to be seen yet."
        if incident is situation.outage:
            return Parked(incident_id=incident.id, error=error)
        return Again(after=SETTLE_WITHIN, error=error)

    async def _unanswered(self, situation: Situation, change: Change, error: UnknownOutcome) -> Outcome:
        """Nobody knows whether it happened: look, before anything else. Time and again is an outage."""
        log.warning("account.unknown_outcome", error=error.explanation)
        if situation.times_sent(settling.name_of(change)) < SENT_IN_SILENCE:
            return Again(after=LOOK_AGAIN, error=error.explanation)
        incident_id = await self._database.write(troubles.open_outage, situation, error)
        return Parked(incident_id=incident_id, error=error.explanation)

    async def _not_to_be_seen(self, situation: Situation, change: Change, times: int) -> Outcome:
        """A change was sent and sent again, and nothing came of it: a human is told, and it is sent once more."""
        await self._database.write(troubles.open_trouble, situation, troubles.not_to_be_seen(change, times))
        return Again(after=timedelta())

    async def _by_hand(self, situation: Situation, can: Capabilities, by_hand: ByHand) -> Outcome:
        wanted = situation.desired(_as_known(situation), can)
        try:
            await self._database.write(settling.ask_for_hands, situation, wanted, by_hand)
        except settling.Overtaken:
            return Again(after=timedelta())
        return self._look_again(situation, situation.holding)

    async def _trouble(self, task: ClaimedTask, situation: Situation, error: ConnectorError) -> Outcome:
        if not situation.grants and not error.hits_everybody:
            return Done()  # it was only a look
        lasting = isinstance(error, TryLater) and task.failures + 1 >= troubles.MANY
        if isinstance(error, TryLater) and not lasting:
            return Again(after=error.after, error=error.explanation)
        if error.hits_everybody or lasting:
            incident_id = await self._database.write(troubles.open_outage, situation, error)
            return Parked(incident_id=incident_id, error=error.explanation)
        await self._database.write(troubles.open_trouble, situation, error)
        # a human has been told; until they act it is tried again, later and later but at least hourly: a removal never
        # gives up, and what was refused may be allowed by now
        return Again(error=error.explanation)


def _as_known(situation: Situation) -> Observed:
    """The account as a human last confirmed it, where no connector can look."""
    known = situation.account
    if known is None:
        return Observed(email=situation.email or "", status=AccountStatus.ABSENT)
    return Observed(email=known.email, status=known.status, role=known.role, seat_type=known.seat_type)


def _out_of_turn(situation: Situation, connector: Connector) -> timedelta:
    """For how long the change that is probably next has to wait for the provider's limit.

    Found out before anything is called, so that nobody's place is taken by one who could do nothing with it.
    """
    if not situation.grants or situation.outage is not None:
        return timedelta()
    change = _next_change(situation, _as_known(situation), connector.capabilities)
    return connector.pause(change) if change is not None else timedelta()


def _may_pass(task: ClaimedTask, situation: Situation) -> bool:
    """During an outage one task tries for all, or everybody looks because a human says that it is done."""
    outage = situation.outage
    return outage is not None and (outage.looking or outage.trying_task == task.id)


def _next_change(situation: Situation, observed: Observed, can: Capabilities) -> Change | None:
    """What is to be changed next; None when the account is as it should be."""
    change = next_change(observed, situation.desired(observed, can), key=new_id())
    return _with_its_key(situation, change) or (
        situation.resend(observed) if can.resends or situation.locked_out else None
    )


def _with_its_key(situation: Situation, change: Change | None) -> Change | None:
    """A change whose outcome is still unknown is sent again under the key it had; every other one has a new key.

    A provider that knows idempotency keys answers a used one as it did before, so a key must not outlive its answer.
    """
    account = situation.account
    if (
        isinstance(change, Invite | SetSeatType)
        and account is not None
        and account.last_change_key is not None
        and account.last_change == settling.name_of(change)
    ):
        return replace(change, key=account.last_change_key)
    return change


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """A change that was sent and is not to be seen."""

    times: int
    ago: timedelta

    def is_on_its_way(self, follows_within: timedelta) -> bool:
        """The provider's lists may just not show it yet, or it takes its time."""
        return self.ago < max(follows_within, min(SETTLE_WITHIN * 2.0 ** (self.times - 1), LONGEST_PAUSE))


def _sent(situation: Situation, change: Change) -> _Sent | None:
    """Was this very change sent before? None when it was not, or is not waited for."""
    return _waited_for(situation, situation.times_sent(settling.name_of(change)))


def _unseen_invite(situation: Situation, change: Change) -> _Sent | None:
    """Was another invite sent before this one, which may still come to be seen? Two of them must never be there."""
    account = situation.account
    if account is None or account.last_change is None or not isinstance(change, Invite):
        return None
    return _waited_for(situation, account.last_change_sent or 0) if settling.is_invite(account.last_change) else None


def _waited_for(situation: Situation, times: int) -> _Sent | None:
    if times == 0 or situation.account is None or situation.account.last_change_at is None:
        return None
    return _Sent(times=times, ago=situation.now - situation.account.last_change_at)

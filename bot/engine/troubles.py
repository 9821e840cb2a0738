"""What a connector's error means: an outage that hits everybody, or trouble with one account."""

from __future__ import annotations

from datetime import timedelta

from bot.access import lifecycle, subjects
from bot.access.operations.following import refresh_cards
from bot.access.operations.incidents import CANNOT_GET_IN, open_incident
from bot.connectors.contract import Change, ConnectorError, Refused, UnknownOutcome
from bot.engine.remedies import exact
from bot.engine.settling import forget_change, name_of
from bot.engine.situation import Situation
from bot.engine.work import LONGEST_PAUSE
from storage.database import Transaction
from storage.tables import Grant, GrantState, Incident, IncidentState

#: first careful try after an outage began
FIRST_PROBE = timedelta(seconds=15)
#: after so many TryLater in a row it is an outage, and a human is told
MANY = 5


def no_address(name: str) -> Refused:
    """An account needs an address."""
    return Refused(
        f"{name} has no e-mail address in Slack.",
        remedy="Add an e-mail address to the person's Slack profile, then press Try again.",
    )


def address_not_taken(email: str, domains: tuple[str, ...]) -> Refused:
    """The catalogue says whose addresses may have an account."""
    return Refused(
        f"{email} is not at {' or '.join(domains)}, and the catalogue lets nobody else in.",
        remedy="Change email_domains in the catalogue if this address may have access, then press Try again.",
    )


def not_to_be_seen(change: Change, times: int) -> UnknownOutcome:
    """A change that the provider took, or may have taken, and does not show."""
    return UnknownOutcome(
        f"Usher asked for this change {times} times, and it is not to be seen: {name_of(change)}.",
        remedy="Look at the workspace; if it is not there, make the change by hand and press I did it by hand. "
        "Usher keeps trying, later and later.",
    )


async def open_outage(tx: Transaction, situation: Situation, error: ConnectorError) -> str:
    """A cause that hits everybody in the application: one incident, on which all its accounts wait."""
    if isinstance(error, UnknownOutcome):
        await forget_change(tx, situation, error)  # it is sent again, under its key
    incident_id = await open_incident(
        tx,
        scope=situation.entry.key,
        application=situation.entry.key,
        cause=type(error).__name__,
        explanation=error.explanation,
        remedy=exact(error.remedy, situation.entry),
    )
    incident = await tx.session.get_one(Incident, incident_id)
    incident.trying_task = None
    pause = min(FIRST_PROBE * 2 ** min(incident.count - 1, 10), LONGEST_PAUSE)
    tx.enqueue(
        subjects.PROBE,
        situation.entry.key,
        run_at=tx.now + pause,
        lock_key=f"probe:{situation.entry.key}",
    )
    _refresh(tx, situation)
    return incident_id


async def open_trouble(tx: Transaction, situation: Situation, error: ConnectorError) -> None:
    """A cause that hits this account alone. What is being given waits for a human."""
    if isinstance(error, UnknownOutcome):
        await forget_change(tx, situation, error)  # it is sent again, under its key
    before = set(lifecycle.before_grant(GrantState.FAILED)) - {GrantState.ACTIVE, GrantState.INVITED}
    for grant in situation.holding:
        was, why = grant.state, error.explanation
        if await tx.move(Grant, grant.id, before=before, to=GrantState.FAILED):
            tx.record("grant.failed", actor="usher", subject=subjects.grant(grant.id), before=was, why=why)
    _refresh(tx, situation)
    if situation.outage is not None:  # this one was to try for all, and says nothing about them: the next one tries
        key = situation.entry.key
        tx.enqueue(subjects.PROBE, key, run_at=tx.now + FIRST_PROBE, lock_key=f"probe:{key}")
    await open_incident(
        tx,
        scope=subjects.account(situation.entry.key, situation.person.id),
        application=situation.entry.key,
        person_id=situation.person.id,
        # what came of another try; it is over when somebody says so, and not when something is seen
        cause=CANNOT_GET_IN if situation.locked_out else type(error).__name__,
        explanation=error.explanation,
        remedy=exact(error.remedy, situation.entry),
    )


async def note_waiting(tx: Transaction, situation: Situation) -> None:
    """One more waits on an outage, and their own card says why."""
    if situation.outage is not None and situation.grants:
        _refresh(tx, situation)


async def not_seen(tx: Transaction, situation: Situation, incident_id: str) -> None:
    """An admin said that it was done by hand, and it is not to be seen."""
    incident = await tx.session.get_one(Incident, incident_id, with_for_update=True)
    if incident.state is IncidentState.OPEN:
        incident.note = f"Looked, and the change for {situation.person.name} is not to be seen yet."
        incident.looking = incident.person_id is None  # during an outage others still have to look
        subject = subjects.incident(incident.id)
        tx.enqueue(subjects.CARDS, subject, lock_key=f"cards:{subject}")


def _refresh(tx: Transaction, situation: Situation) -> None:
    for grant in situation.grants:
        refresh_cards(tx, grant.request_id)

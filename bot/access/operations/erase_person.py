"""Somebody who left is forgotten: a pseudonym stands for them wherever they are named, in the ledger too."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from bot.access import subjects
from bot.access.operations.people import DIRECTORY_LOCK
from bot.access.person_file import subjects_of
from storage.database import Transaction
from storage.erasure import Identity, erase_from_ledger, hide_in_rows
from storage.sealing import TEXT_ERASED, new_pseudonym
from storage.tables import (
    AccessRequest,
    Account,
    Application,
    Approval,
    Card,
    Comment,
    Connection,
    ConnectionToken,
    Grant,
    LedgerLine,
    ManualStep,
    Person,
    Policy,
    Secret,
    SignIn,
    UserGroupMember,
    Webhook,
    WebhookDelivery,
    table_of,
)

_LIVING = Grant.state != sa.literal_column("'ended'")
_PENDING = AccessRequest.state == sa.literal_column("'pending'")
_SHOWN = 5  # ids in a sentence


class StillNeeded(Exception):
    """Somebody cannot be erased yet. Nothing was changed; the message says what to do first."""


async def erase_person(tx: Transaction, *, person_id: str, admins: Collection[str], actor: str) -> str:
    """Puts a pseudonym in the place of somebody who left, and returns it.

    Their names, address, Slack id and account, the texts that they wrote and those about their requests are gone after
    it; what was asked for, decided and given stays, under the pseudonym. The ledger's chain holds.

    Args:
        tx: the transaction.
        person_id: a Slack user id of the directory.
        admins: as Usher's admins are named in the settings.
        actor: who erases them.

    Raises:
        StillNeeded: they are active, have access, wait for it, or are waited for or named in the catalogue.
    """
    # neither another erasure, nor what Slack says of them, nor what a webhook is to be told may meet this one
    await tx.take_turns(DIRECTORY_LOCK)
    await tx.execute(sa.select(Webhook.key).order_by(Webhook.key).with_for_update())
    person = await tx.session.get_one(Person, person_id)
    whom = Identity(id=person.id, email=person.email, name=person.name, pseudonym=new_pseudonym())
    if problems := await _in_the_way(tx, whom, person, admins):
        raise StillNeeded(f"{person.name} cannot be erased yet: {'; '.join(problems)}.")
    tx.session.add(
        Person(id=whom.pseudonym, name=whom.pseudonym, active=False, is_bot=person.is_bot, updated_at=tx.now)
    )
    await tx.session.flush()
    await _erase_texts(tx, person_id)  # the ledger still says which of them they wrote
    erased = await erase_from_ledger(tx, whom, subjects=await subjects_of(tx, person_id))
    await _delete_what_is_only_about(tx, whom)
    await hide_in_rows(tx, whom, besides=[Person, Secret])
    for manager in (Person.manager_from_slack, Person.manager_from_file):
        await tx.execute(sa.update(Person).where(manager == person_id).values({manager: None}))
    await tx.execute(sa.delete(Person).where(Person.id == person_id))
    tx.session.expunge_all()
    subject = subjects.person(whom.pseudonym)
    tx.record("person.erased", actor=actor, subject=subject, count=erased.count, lines=dict(erased.vouched))
    return whom.pseudonym


# -- what is in the way ------------------------------------------------------------------------------------------------
async def _in_the_way(tx: Transaction, whom: Identity, person: Person, admins: Collection[str]) -> list[str]:
    """What has to be done first, in sentences."""
    asked = sa.or_(AccessRequest.requester_id == person.id, AccessRequest.beneficiary_id == person.id)
    waits = [
        Approval.approver_id == person.id,
        Approval.decision.is_(None),
        Approval.unreachable_at.is_(None),
        _PENDING,
    ]
    decides = sa.select(AccessRequest.id).join(Approval, Approval.request_id == AccessRequest.id).where(*waits)
    has = sa.select(Grant.id).where(Grant.beneficiary_id == person.id, _LIVING)
    untold = await _deliveries(tx, whom, WebhookDelivery.state == sa.literal_column("'waiting'"))
    found = [
        "they are active in Slack, which would bring them back: deactivate them there first" if person.active else "",
        f"USHER_ADMINS names them ({_named(admins, whom)})" if _named(admins, whom) else "",
        _said("they have access: `usher grant revoke`, and wait until it is taken back", await _ids(tx, has)),
        _said(
            "requests of theirs are pending: wait for the decision, or let their requester cancel them",
            await _ids(tx, sa.select(AccessRequest.id).where(asked, _PENDING)),
        ),
        _said("requests wait for their decision: an admin can decide in their place", await _ids(tx, decides)),
        _said("the catalogue names them: take them out and apply it", await _naming(tx, whom)),
        _said("events about them wait for a webhook: `usher webhook deliveries`", untold),
    ]
    return [sentence for sentence in found if sentence]


def _said(what: str, ids: Sequence[str]) -> str:
    if not ids:
        return ""
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return f"{what} ({', '.join(ids[:_SHOWN])}{more})"


def _named(admins: Collection[str], whom: Identity) -> str:
    return ", ".join(sorted(name for name in admins if name.lower() in {whom.id.lower(), whom.email}))


async def _ids(tx: Transaction, query: sa.Select[str]) -> Sequence[str]:
    return sorted(set((await tx.execute(query)).scalars()))


async def _naming(tx: Transaction, whom: Identity) -> Sequence[str]:
    """Which parts of the catalogue in force name somebody."""
    parts = (
        ("policy", sa.select(Policy.key, Policy.document)),
        ("application", sa.select(Application.key, Application.document).where(Application.retired_at.is_(None))),
        ("webhook", sa.select(Webhook.key, Webhook.document)),
    )
    return [
        f"{kind} {row.key}"
        for kind, query in parts
        for row in await tx.execute(query)
        if whom.hide(row.document) != row.document
    ]


async def _deliveries(tx: Transaction, whom: Identity, *where: sa.ColumnElement[bool]) -> Sequence[str]:
    """Events for webhooks that name somebody."""
    body = table_of(WebhookDelivery).c.body
    rows = await tx.execute(sa.select(WebhookDelivery.id, body).where(whom.may_stand_in([body]), *where))
    return [row.id for row in rows if whom.names(row.body)]


# -- what goes ---------------------------------------------------------------------------------------------------------
async def _erase_texts(tx: Transaction, person_id: str) -> None:
    """What they wrote, and what others wrote about their requests and access."""
    asked = sa.or_(AccessRequest.requester_id == person_id, AccessRequest.beneficiary_id == person_id)
    theirs = sa.select(AccessRequest.id).where(asked)
    ended_by_them = sa.select(LedgerLine.subject).where(
        LedgerLine.actor == person_id, LedgerLine.event == "grant.ending"
    )
    for column, where in (
        (AccessRequest.reason, asked),
        (AccessRequest.decision_reason, asked | (AccessRequest.decided_by == person_id)),
        (Approval.reason, Approval.request_id.in_(theirs) | (Approval.approver_id == person_id)),
        (Comment.text, Comment.request_id.in_(theirs) | (Comment.author_id == person_id)),
        (
            Grant.end_note,
            Grant.request_id.in_(theirs) | (sa.literal("grant:") + Grant.id).in_(ended_by_them),
        ),
        (ManualStep.reason, (ManualStep.person_id == person_id) | (ManualStep.answered_by == person_id)),
    ):
        filled = sa.and_(where, column.is_not(None), column != "")
        await tx.execute(sa.update(column.class_).where(filled).values({column: TEXT_ERASED}))


async def _delete_what_is_only_about(tx: Transaction, whom: Identity) -> None:
    """Rows that say nothing without the person."""
    theirs = sa.select(Connection.id).where(Connection.person_id == whom.id)
    for statement in (
        sa.delete(ConnectionToken).where(ConnectionToken.connection_id.in_(theirs)),
        sa.delete(Connection).where(Connection.person_id == whom.id),
        sa.delete(SignIn).where(SignIn.person_id == whom.id),
        sa.delete(UserGroupMember).where(UserGroupMember.person_id == whom.id),
        sa.delete(Account).where(Account.person_id == whom.id),
        sa.delete(WebhookDelivery).where(WebhookDelivery.id.in_(await _deliveries(tx, whom))),
        # known as posted, and never posted or edited again: the conversation is theirs
        sa.update(Card)
        .where(Card.recipient == whom.id)
        .values(channel=None, ts=None, permalink=None, undeliverable="erased"),
    ):
        await tx.execute(statement)

"""A backup was put back: what Usher believes may be older than the world, so it looks before it believes."""

from __future__ import annotations

import sqlalchemy as sa

from bot.access import subjects
from bot.access.operations.following import converge_account, refresh_cards
from storage.database import Transaction
from storage.tables import AccessRequest, Card, Grant


async def look_again(tx: Transaction, *, actor: str, backup: str | None) -> int:
    """Makes every account with a living grant due, and the cards of every pending request; returns how many accounts.

    An account's task observes before it writes. Slack may show a request's cards as they became after the backup, so
    what Usher remembers of them is forgotten.

    Args:
        tx: the transaction.
        actor: who put the backup back.
        backup: the name of its file, where it is known.
    """
    living = sa.select(Grant.application, Grant.beneficiary_id).where(Grant.state != sa.literal_column("'ended'"))
    accounts = (await tx.execute(living.distinct())).all()
    for account in accounts:
        converge_account(tx, account.application, account.beneficiary_id)
    pending = sa.select(AccessRequest.id).where(AccessRequest.state == sa.literal_column("'pending'"))
    for request_id in (await tx.execute(pending)).scalars().all():
        await tx.execute(sa.update(Card).where(Card.subject == subjects.request(request_id)).values(content_hash=None))
        refresh_cards(tx, request_id)
    tx.record("database.restored", actor=actor, subject="usher", backup=backup, accounts=len(accounts))
    return len(accounts)

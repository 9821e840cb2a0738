"""Somebody says something about a request: under its card, or in a form."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from bot.access import subjects
from bot.access.operations.following import refresh_cards
from bot.access.refusals import Refusal, Refused
from storage.database import Transaction
from storage.ids import new_id
from storage.tables import AccessRequest, Approval, Comment, Person

#: characters of a comment that are kept; what is longer ends in an ellipsis
MOST: Final = 3_000

_ASKED = sa.select(Approval.approver_id).where(Approval.request_id == sa.bindparam("id"))


async def comment(tx: Transaction, *, request_id: str, author_id: str, text: str, origin: str) -> None:
    """Keeps a comment with its request, whatever has become of that. The same origin twice is one comment.

    Args:
        tx: the transaction.
        request_id: the request.
        author_id: who says it, by Slack user id: the requester, the beneficiary, or somebody who was asked.
        text: as written, without Slack's markup.
        origin: of the message or form, the same for every delivery of it.

    Raises:
        Refused: there is no such request, there are no words, or it is none of the author's business.
    """
    in_place = {"read": True, "key_share": True}  # it may be pruned at this moment
    request = await tx.session.get(AccessRequest, request_id, with_for_update=in_place)
    if request is None:
        raise Refused(Refusal.GONE)
    author = await tx.session.get(Person, author_id)
    if author is None or not author.active:
        raise Refused(Refusal.NOT_IN_DIRECTORY, who=author_id)
    asked = await tx.session.scalars(_ASKED, {"id": request_id})
    if author_id not in {request.requester_id, request.beneficiary_id, *asked}:
        raise Refused(Refusal.NOT_CONCERNED)
    words = text.strip()
    if not words:
        raise Refused(Refusal.NO_WORDS)
    kept = words if len(words) <= MOST else f"{words[: MOST - 1]}…"
    row = Comment(id=new_id(), request_id=request_id, author_id=author_id, text=kept, created_at=tx.now, origin=origin)
    if await tx.insert_unless_there(row):
        # the words are personal, and the ledger keeps for ever: it says only that there were some
        tx.record("request.commented", actor=author_id, subject=subjects.request(request_id), length=len(kept))
        refresh_cards(tx, request_id)

"""An admin says what becomes of somebody for whom no seat is free: Invite anyway, Keep waiting, Decline."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

import sqlalchemy as sa

from bot.access import queries, subjects
from bot.access.operations.answer_step import step_owners
from bot.access.operations.ending import end_grant
from bot.access.operations.following import converge_account, refresh_cards, refresh_seat_card
from bot.access.refusals import Refusal, Refused
from storage.database import Transaction
from storage.tables import EndReason, Grant, GrantState


class SeatAnswer(StrEnum):
    """What an admin can say."""

    #: a seat may be added to the bill
    INVITE_ANYWAY = "invite_anyway"
    KEEP_WAITING = "keep_waiting"
    DECLINE = "decline"


async def answer_seat(
    tx: Transaction, *, grant_id: str, actor: str, answer: SeatAnswer, admins: Collection[str]
) -> None:
    """Does what an admin of the application, or of Usher, asks for.

    Args:
        tx: the transaction.
        grant_id: the grant that waits for a seat.
        actor: who answers, by Slack user id.
        answer: what they say.
        admins: Usher's admins, by Slack user id or e-mail address.

    Raises:
        Refused: it is not theirs to answer, or the person does not wait any more.
    """
    grant = await tx.session.scalar(sa.select(Grant).where(Grant.id == grant_id).with_for_update())
    if grant is None:
        raise Refused(Refusal.GONE)
    if actor not in await step_owners(tx.session, grant.application) | await queries.admin_ids(tx.session, admins):
        raise Refused(Refusal.NOT_ADMIN)
    if actor == grant.beneficiary_id:
        raise Refused(Refusal.OWN_REQUEST, who=actor)
    if grant.state is not GrantState.WAITING:
        raise Refused(Refusal.ALREADY_DECIDED, who=grant.billed_by)
    subject = subjects.grant(grant.id)
    match answer:
        case SeatAnswer.INVITE_ANYWAY:
            await tx.move(Grant, grant.id, before=[GrantState.WAITING], to=GrantState.GRANTING, billed_by=actor)
            tx.record("grant.billed", actor=actor, subject=subject)
            converge_account(tx, grant.application, grant.beneficiary_id)
            refresh_cards(tx, grant.request_id)
        case SeatAnswer.KEEP_WAITING:
            tx.record("grant.kept_waiting", actor=actor, subject=subject)
        case SeatAnswer.DECLINE:
            await end_grant(tx, grant, why=EndReason.NO_SEAT, actor=actor)
    refresh_seat_card(tx, grant)

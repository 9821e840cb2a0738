"""A form that asked for several people at once: what is kept of those for whom there is no request, and its story."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.people_facts import load_people
from bot.access.people_queries import who
from bot.access.refusals import Refusal, Refused
from bot.access.stories import load_stories
from bot.access.story import BatchStory
from storage.audit import canonical
from storage.tables import AccessRequest, Application, Batch


def write_refusal(person_id: str, refused: Refused) -> dict[str, Any]:
    """Why there is no request for somebody, as it is kept."""
    detail: dict[str, Any] = json.loads(canonical(refused.detail))
    return {"person": person_id, "refusal": refused.refusal.value, "detail": detail}


def read_refusal(kept: dict[str, Any]) -> Refused:
    """The same again."""
    detail = dict(kept["detail"])
    if isinstance(detail.get("until"), str):
        detail["until"] = datetime.fromisoformat(detail["until"])
    if "domains" in detail:
        detail["domains"] = tuple(detail["domains"])
    return Refused(Refusal(kept["refusal"]), who=kept["person"], detail=detail)


async def load_batch(session: AsyncSession, batch_id: str) -> BatchStory | None:
    """Everything about one form that asked for several people; None where there is none."""
    batch = await session.get(Batch, batch_id)
    if batch is None:
        return None
    application = await session.get_one(Application, batch.application)
    ids = sa.select(AccessRequest.id).where(AccessRequest.batch_id == batch_id).order_by(AccessRequest.id)
    refused = batch.document["refused"]
    people = await load_people(session, [batch.requester_id, *(one["person"] for one in refused)])
    return BatchStory(
        id=batch.id,
        application_name=application.name,
        requester=who(people[batch.requester_id]),
        created_at=batch.created_at,
        requests=tuple(await load_stories(session, (await session.scalars(ids)).all())),
        refused=tuple((who(people[one["person"]]), read_refusal(one)) for one in refused if one["person"] in people),
    )

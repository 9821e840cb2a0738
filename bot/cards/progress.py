"""The way from a request to access, in steps: what is done, what is under way, where it stopped. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.access.story import Story
from bot.cards.words import Phase, phase
from storage.tables import AccountStatus, RequestState


class Stand(StrEnum):
    """Where a step stands."""

    DONE = "done"
    NOW = "now"
    NEXT = "next"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Step:
    """One of them."""

    name: str
    stand: Stand
    at: datetime | None  # when it came about


_DECIDED: Final[Mapping[RequestState, Stand]] = {
    RequestState.PENDING: Stand.NOW,
    RequestState.APPROVED: Stand.DONE,
    RequestState.DENIED: Stand.STOPPED,
    RequestState.CANCELLED: Stand.STOPPED,
    RequestState.EXPIRED: Stand.STOPPED,
}
#: of the step that it has come to after the approval
_COME_TO: Final[Mapping[Phase, Stand]] = {
    Phase.PENDING: Stand.NEXT,
    Phase.SCHEDULED: Stand.NOW,
    Phase.GRANTING: Stand.NOW,
    Phase.WAITING: Stand.NOW,
    Phase.INVITED: Stand.NOW,
    Phase.ACTIVE: Stand.DONE,
    Phase.FAILED: Stand.STOPPED,
    Phase.ENDING: Stand.STOPPED,
    Phase.ENDED: Stand.STOPPED,
}


def progress(story: Story) -> Iterator[Step]:
    """Request, Approval, Invite and Access, each as far as it is still to be reached; and the End."""
    grant, where = story.grant, phase(story)
    yield Step("Request", Stand.DONE, story.created_at)
    yield Step("Approval", _DECIDED[story.state], story.decided_at)
    if where not in _COME_TO:
        return
    stand = _COME_TO[where]
    ends = where in (Phase.ENDING, Phase.ENDED)
    was_there = grant is not None and grant.active_at is not None
    if _is_invited(story):
        yield Step("Invite", Stand.DONE if was_there else stand, grant.invited_at if grant else None)
        if not was_there:
            stand = Stand.NEXT
    if was_there or not ends:
        yield Step("Access", Stand.DONE if ends else stand, grant.active_at if grant else None)
    if ends and grant is not None:
        yield Step("End", Stand.NOW if where is Phase.ENDING else Stand.DONE, grant.ended_at)


def _is_invited(story: Story) -> bool:
    """Nobody is invited who is there already, nor where a person sets it up."""
    if story.grant is not None and story.grant.invited_at is not None:
        return True
    return not story.by_hand and story.has_status is not AccountStatus.MEMBER

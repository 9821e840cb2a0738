"""What is told about requests and applications inside ChatGPT: values for the model and the component. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from bot.access.catalog import ApplicationEntry
from bot.access.desired import Entitlement
from bot.access.durations import say_duration
from bot.access.story import Story
from bot.cards.escape import in_utc
from bot.cards.progress import progress
from bot.cards.rich import Line, spoken
from bot.cards.telling import tell
from bot.cards.voice import Voice
from bot.cards.words import (
    Phase,
    asked_for,
    entitlement_words,
    extendable,
    given,
    initial,
    ongoing,
    phase,
    role_word,
    seat_word,
)
from bot.chatgpt_app.tools.answers import App, Mine, Progress, Request, RequestDetails
from storage.tables import RequestState

_HERE: Final = "in Slack"


def request(story: Story, reader_id: str) -> Request:
    """A request in a line."""
    return Request(
        request_id=story.id,
        app=story.application_name,
        what=given(story),
        status=phase(story),
        until=_until(story),
        for_whom=story.beneficiary.name if story.beneficiary.id != reader_id else None,
    )


def told(story: Story, reader_id: str) -> tuple[Line, ...]:
    """What the status card says, for a reader who is not in Slack."""
    return tuple(line for line in tell(story, phase(story), Voice(reader_id, here=_HERE)) if line)


def people_in(lines: Iterable[Line]) -> set[str]:
    """The Slack user ids of everybody who is named."""
    return {piece["user_id"] for line in lines for piece in line if isinstance(piece, dict) and "user_id" in piece}


def details(story: Story, reader_id: str, names: Mapping[str, str]) -> RequestDetails:
    """Everything that somebody may want to know about their request.

    Args:
        story: the request.
        reader_id: who reads it.
        names: of the people whom it names, by Slack user id.
    """
    return RequestDetails(
        **dict(request(story, reader_id)) | {"what": asked_for(story)},
        progress=[Progress(step=step.name, stand=step.stand, at=step.at) for step in progress(story)],
        details=[*(initial(spoken(line, names)) for line in told(story, reader_id)), *_quoted(story)],
        can=list(_possible(story, reader_id)),
        link=story.permalink,
    )


def app(entry: ApplicationEntry, *, owner: str | None) -> App:
    """An application, as everybody sees it."""
    return App(
        app=entry.key,
        name=entry.name,
        description=entry.description,
        tags=list(entry.tags),
        owner=owner,
        roles=[role_word(role) for role in entry.roles],
        seat_types=[seat_word(seat) for seat in entry.seat_types],
        durations=[say_duration(duration) for duration in entry.durations],
    )


def mine(entitlement: Entitlement, where: Phase, until: datetime | None) -> Mine:
    """What somebody has in an application, or waits for."""
    return Mine(what=entitlement_words(entitlement), status=where, until=until)


# -- as sentences ------------------------------------------------------------------------------------------------------
def app_line(one: App) -> str:
    """`Figma (figma): Draw together. You can ask for … Noor Haddad answers for it. You have it: Active until …`."""
    about = f": {one.description.rstrip('.')}." if one.description else "."
    choices = [", ".join(options) for options in (one.roles, one.seat_types) if options]
    offer = "; ".join([*choices, "for " + ", ".join(one.durations)])
    parts = [f"{one.name} (key {one.app}){about}", f"Can be asked for: {offer}."]
    if one.owner:
        parts.append(f"{one.owner} answers for it.")
    parts += [f"The user: {mine_words(each)}." for each in one.mine]
    return " ".join(parts)


def mine_words(one: Mine) -> str:
    """`Member · Codex seat, Active until 8 Dec 2026 at 10:02 UTC`."""
    return ", ".join(part for part in (one.what, _status(one.status, one.until)) if part)


def request_line(one: Request) -> str:
    """`ChatGPT · Member · Codex seat · 14 days: Active until …. (request …)`."""
    whom = f" for {one.for_whom}" if one.for_whom else ""
    what = f" · {one.what}" if one.what else ""
    return f"{one.app}{what}{whom}: {_status(one.status, one.until)} (request {one.request_id})"


def details_words(one: RequestDetails) -> str:
    """The same with everything there is to know."""
    link = [f"Its card in Slack: {one.link}"] if one.link else []
    return "\n".join([request_line(one), *one.details, *link])


def listed_words(names: Collection[str], *, most: int = 10) -> str:
    """`Figma, Linear and 4 more`."""
    shown = list(names)[:most]
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def _status(status: str, until: datetime | None) -> str:
    return in_utc(f"{status} until", until) if until else status


def _until(story: Story) -> datetime | None:
    return story.grant.ends_at if story.grant and phase(story) is not Phase.ENDED else None


def _quoted(story: Story) -> Iterator[str]:
    """What was said with a decision."""
    said = {
        Phase.DENIED: story.decision_reason,
        Phase.ENDING: story.grant and story.grant.end_note,
        Phase.ENDED: story.grant and story.grant.end_note,
    }.get(phase(story))
    if said and said.strip():
        yield f"“{said.strip()}”"


def _possible(story: Story, reader_id: str) -> Iterator[str]:
    """The tools that change something about it."""
    if reader_id == story.requester.id and story.state is RequestState.PENDING:
        yield "cancel_request"
    if extendable(story):
        yield "extend_access"
    if ongoing(story):
        yield "give_back_access"

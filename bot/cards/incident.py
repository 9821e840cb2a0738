"""The admins' card: one for each cause of failure, however many people are stuck on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from bot.access.story import IncidentStory
from bot.cards import actions
from bot.cards.content import JSON, Content
from bot.cards.escape import date, mrkdwn, one_line, shorten
from bot.cards.rich import (
    LONGEST_WORDS,
    Line,
    at,
    bold,
    button,
    buttons,
    confirmation,
    emoji,
    instructions,
    lines,
    listed,
    small,
    user,
)
from bot.cards.words import NAME, Mark
from storage.tables import IncidentState

#: how many of those who wait are named
_NAMED: Final = 8

_TITLES: Final[Mapping[str, str]] = {
    "TryLater": "{} keeps Usher waiting",
    "SignInAgain": "Usher is signed out of {}",
    "NotPermitted": "Usher lacks a permission in {}",
    "NoBrowser": "Usher's browser for {} does not run",
    "NoFreeSeat": "No free seat in {}",
    "Refused": "{} refused a change",
    "ManagedElsewhere": "An account in {} is managed elsewhere",
    "Blocked": "{} does not let Usher in",
    "Unexpected": "{} gave an unexpected answer",
    "UnknownOutcome": "A change in {} may not have gone through",
    "CouldNotRemove": "Access to {} could not be taken away",
    "CannotGetIn": "{} does not let somebody in",
    "NobodyToAsk": "Nobody can approve a request for {}",
    "WebhookFailing": "{} cannot reach a webhook",
}
_TITLE: Final = "{} needs a hand"
_USHER: Final = "Usher"  # what stands in the title where no application is concerned


def incident_card(incident: IncidentStory) -> Content:
    """What failed, for whom, why, and what to do; once it is over, how and when."""
    is_open = incident.state is IncidentState.OPEN
    mark = Mark.TROUBLE if is_open else Mark.GOOD
    title = incident_title(incident)
    footer = [date("Since", incident.opened_at)]
    if incident.count > 1:
        footer.append(f"{incident.count} times, {date('last', incident.seen_at)}")
    return Content(
        text=mrkdwn(title if is_open else f"Solved: {title}"),
        blocks=(
            lines([emoji(mark), " ", bold(title if is_open else f"{title} · Solved")], [explanation(incident)]),
            lines(*(_to_do(incident) if is_open else _solved(incident))),
            small(*footer),
            *buttons(incident_buttons(incident)),
        ),
    )


def incident_title(incident: IncidentStory) -> str:
    """The cause in a few words."""
    name = one_line(incident.application_name or _USHER, NAME)
    return _TITLES.get(incident.cause, _TITLE).format(name)


def explanation(incident: IncidentStory) -> str:
    """What happened, as the connector says it."""
    return shorten(incident.explanation, LONGEST_WORDS)


def concerns_line(incident: IncidentStory) -> Line:
    """Who is stuck on it. By name, not as a mention: nobody is called into the admins' channel."""
    if not incident.waiting:
        return []
    people = listed([[one_line(who.name, NAME)] for who in incident.waiting], most=_NAMED, total=incident.waiting_total)
    return [bold("Concerns: "), *people]


def incident_buttons(incident: IncidentStory) -> Iterator[JSON]:
    """What an admin can answer, while it is open."""
    if incident.state is not IncidentState.OPEN:
        return
    yield button("Try again", actions.TRY_AGAIN, incident.id, style="primary")
    if incident.can_do_by_hand:
        yield button("I did it by hand", actions.BY_HAND, incident.id)
    if incident.can_give_up:
        yield button(
            "Give up",
            actions.GIVE_UP,
            incident.id,
            confirm=confirmation(
                "Give up?",
                "Whoever waits for this access is told that they will not get it, and can ask again later.",
                yes="Give up",
                no="Keep trying",
                danger=True,
            ),
        )


def _to_do(incident: IncidentStory) -> Iterator[Line]:
    yield concerns_line(incident)
    yield [bold("What to do: "), *instructions(incident.remedy)]
    if incident.note:
        yield [bold("Last answer: "), incident.note]


def _solved(incident: IncidentStory) -> Iterator[Line]:
    how = "Solved" if incident.resolved_by else "It went away"
    by: Line = [" by ", user(incident.resolved_by)] if incident.resolved_by else []
    yield [*at(how, incident.resolved_at), *by, "."]
    if incident.note:
        yield [incident.note]

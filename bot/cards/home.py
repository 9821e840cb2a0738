"""The Home tab: what I have, what I asked for, and what waits for me."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.access.durations import say_time_left
from bot.access.story import HomeStory, IncidentStory, Story
from bot.cards import actions
from bot.cards.applications import application_item, needs_hand
from bot.cards.approval import approval_buttons, for_whom, has_now, has_until, request_title, wanted_from, why_you
from bot.cards.content import JSON
from bot.cards.escape import one_line
from bot.cards.incident import concerns_line, explanation, incident_buttons, incident_title
from bot.cards.looked_after import find_access_button
from bot.cards.rich import (
    Line,
    bold,
    button,
    buttons,
    code,
    emoji,
    header,
    instructions,
    lines,
    link,
    quoted,
    rich,
    running,
    small,
    when,
)
from bot.cards.status import status_buttons, what_line
from bot.cards.voice import Voice
from bot.cards.words import MARKS, NAME, Mark, Phase, application, phase
from storage.tables import RequestState

#: what a Home tab takes (docs.slack.dev, Home tabs)
_MOST_BLOCKS: Final = 100
#: the greeting and its button
_TOP: Final = 2
#: of each list besides its items of two blocks: a divider, a heading, a line for the rest
_FRAME: Final = 3
#: how much of a reason is shown here; the card in the messages has all of it
_REASON: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    title: str
    items: Sequence[list[JSON]]  # the blocks of each
    nothing: Line  # what is said when there is no item: what to do next
    rest: str = ""  # goes after "and 12 more"
    #: somebody waits for me here: it stands first when there is something, last when there is not
    calls: bool = False
    below: Sequence[JSON] = ()  # buttons

    def blocks(self, most: int) -> list[JSON]:
        """The list with at most so many items."""
        shown = [block for item in self.items[:most] for block in item]
        more = len(self.items) - most
        return [
            {"type": "divider"},
            header(self.title),
            *(shown or [lines(self.nothing)]),
            *([small(f"and {more} more{self.rest}")] if more > 0 else []),
            *buttons(self.below),
        ]

    def place(self) -> int:
        if self.calls:
            return 0 if self.items else 2
        return 1


def home_view(home: HomeStory) -> JSON:
    """The view for `views.publish`."""
    voice = Voice(home.who.id)
    incidents = _Part(
        title="Incidents",
        items=[_incident(incident) for incident in home.incidents],
        nothing=["Everything works."],
        rest=", as soon as these are solved",
        calls=True,
    )
    parts = [
        *([incidents] if home.is_admin else []),
        _Part(
            title="Waiting for my approval",
            items=[_to_decide(story, voice) for story in home.to_decide],
            nothing=["Nothing waits for you."],
            rest=", as soon as these are decided",
            calls=True,
        ),
        _Part(
            title="My access",
            items=[_access(story, voice, home.now) for story in home.access],
            nothing=["You have no access through Usher yet. Press ", bold("Request access"), " to ask for some."],
        ),
        _Part(
            title="My requests",
            items=[_request(story, voice) for story in home.requests],
            nothing=[
                "No other requests. " if home.access else "You have not asked for anything yet. ",
                code("/request-access"),
                " works in every conversation.",
            ],
            rest=": `/request-access status` lists the latest",
        ),
    ]
    parts = [*sorted(parts, key=_Part.place), *([_applications(home)] if home.is_admin else [])]
    rows = sum(1 for part in parts if part.below)
    most = (_MOST_BLOCKS - _TOP - rows - _FRAME * len(parts)) // (2 * len(parts))
    return {
        "type": "home",
        "blocks": [
            lines([f"Hello {one_line(home.who.name, NAME)}. Here is what you have, and what waits for you."]),
            *buttons([button("Request access", actions.OPEN_FORM, style="primary"), *find_access_button(home)]),
            *(block for part in parts for block in part.blocks(most)),
        ],
    }


def _applications(home: HomeStory) -> _Part:
    """The catalogue; what needs a hand comes first."""
    return _Part(
        title="Applications",
        items=[application_item(each) for each in sorted(home.applications, key=lambda each: not needs_hand(each))],
        nothing=["There is nothing to ask for yet. Press ", bold("Add application"), " to begin."],
        rest=": `usher check` tries them all",
        below=[button("Add application", actions.ADD_APPLICATION)],
    )


def time_left(story: Story, now: datetime) -> Line:
    """`6 days left`, or when it ends where that has no number yet."""
    if phase(story) is not Phase.ACTIVE or story.grant is None or story.grant.ends_at is None:
        return []
    left = say_time_left((story.grant.ends_at - now).total_seconds())
    if story.extension is None:
        return [" · ", left]
    goes_on = "extension asked for" if story.extension.state is RequestState.PENDING else "extended"
    return [" · ", left, ", ", goes_on]


def headline(story: Story) -> Line:
    """`ChatGPT · Active`."""
    where = phase(story)
    return [emoji(MARKS[where]), " ", bold(f"{application(story)} · {where}")]


def card_link(story: Story) -> Line:
    """The way to the card that tells everything."""
    return [" · ", link(story.permalink, "Open the card")] if story.permalink else []


def _access(story: Story, voice: Voice, now: datetime) -> list[JSON]:
    what = [*what_line(story, voice), *time_left(story, now), *card_link(story)]
    return [lines(headline(story), what), *buttons(status_buttons(story, viewer_id=voice.reader_id))]


def _request(story: Story, voice: Voice) -> list[JSON]:
    what = [*what_line(story, voice), " · ", when("asked", story.created_at, day_only=True), *card_link(story)]
    return [lines(headline(story), what), *buttons(status_buttons(story, viewer_id=voice.reader_id))]


def _to_decide(story: Story, voice: Voice) -> list[JSON]:
    mine = wanted_from(story, voice.reader_id)
    why = [*why_you(story, mine, voice), " "] if mine else []
    return [
        rich(
            running([emoji(Mark.YOURS), " ", bold(request_title(story))], for_whom(story, voice)),
            quoted(story.reason, limit=_REASON),
            running(
                [*(has_until(story) or has_now(story, voice)), " ", *why],
                ["Please ", when("decide by", story.expires_at), "."],
            ),
        ),
        *buttons(approval_buttons(story) if mine else ()),
    ]


def _incident(incident: IncidentStory) -> list[JSON]:
    return [
        lines(
            [emoji(Mark.TROUBLE), " ", bold(incident_title(incident))],
            [explanation(incident)],
            concerns_line(incident),
            [bold("What to do: "), *instructions(incident.remedy)],
            [bold("Last answer: "), incident.note] if incident.note else [],
        ),
        *buttons(incident_buttons(incident)),
    ]

"""The Home tab: what I have, what I asked for, and what waits for me."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.access.durations import say_time_left
from bot.access.story import HomeStory, IncidentStory, Story
from bot.cards import actions
from bot.cards.approval import approval_buttons, for_whom, has_now, wanted_from, why_you
from bot.cards.content import JSON
from bot.cards.escape import one_line
from bot.cards.incident import concerns_line, explanation, incident_buttons, incident_title
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

#: the most that each list shows. A divider, a heading, ten items of two blocks and a line for the rest are 23 blocks:
#: four lists and the top stay below the 100 blocks that a Home tab takes (docs.slack.dev, Home tabs).
LISTED: Final = 10
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

    def blocks(self) -> list[JSON]:
        shown = [block for item in self.items[:LISTED] for block in item]
        more = len(self.items) - LISTED
        return [
            {"type": "divider"},
            header(self.title),
            *(shown or [lines(self.nothing)]),
            *([small(f"and {more} more{self.rest}")] if more > 0 else []),
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
    return {
        "type": "home",
        "blocks": [
            lines([f"Hello {one_line(home.who.name, NAME)}. Here is what you have, and what waits for you."]),
            *buttons([button("Request access", actions.OPEN_FORM, style="primary")]),
            *(block for part in sorted(parts, key=_Part.place) for block in part.blocks()),
        ],
    }


def time_left(story: Story, now: datetime) -> Line:
    """`6 days left`, or when it ends where that has no number yet."""
    if phase(story) is not Phase.ACTIVE or story.grant is None or story.grant.ends_at is None:
        return []
    return [" · ", say_time_left((story.grant.ends_at - now).total_seconds())]


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
    title = f"{one_line(story.requester.name, NAME)} asks for {application(story)}"
    why = [*why_you(story, mine, voice), " "] if mine else []
    return [
        rich(
            running([emoji(Mark.YOURS), " ", bold(title)], for_whom(story, voice)),
            quoted(story.reason, limit=_REASON),
            running([*has_now(story, voice), " ", *why, "Please ", when("decide by", story.expires_at), "."]),
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

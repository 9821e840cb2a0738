"""The Home tab: the place where one lives. What I have, what I asked for, what waits for me, and what I look after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.access.home_queries import SHOWN
from bot.access.lists import Item, ListName
from bot.access.story import HomeStory
from bot.cards import actions
from bot.cards.away import away_part
from bot.cards.content import JSON
from bot.cards.escape import one_line
from bot.cards.lists import list_item, list_title, see_all
from bot.cards.rich import Line, bold, button, buttons, code, header, lines
from bot.cards.voice import Voice
from bot.cards.words import NAME

#: characters of a block_id (docs.slack.dev, Blocks)
_LONGEST_ID: Final = 255
#: what a Home tab takes (docs.slack.dev, Home tabs)
_MOST_BLOCKS: Final = 100
#: the greeting and its buttons
_TOP: Final = 2
#: of each part besides its items of two blocks: a divider, a heading, a row of buttons
_FRAME: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    name: ListName
    items: Sequence[Item]  # one more than there is room for means that the list goes on
    nothing: Line  # what is said when there is no item: what to do next
    #: somebody waits for me here: it stands first when there is something, last when there is not
    calls: bool = False
    below: Sequence[JSON] = ()  # buttons

    def blocks(self, most: int, home: HomeStory) -> list[JSON]:
        """The list with at most so many items."""
        voice = Voice(home.who.id)
        shown = [block for item in self.items[:most] for block in list_item(self.name, item, voice, home.now)]
        more = [see_all(self.name)] if len(self.items) > most else []
        return [
            {"type": "divider"},
            header(list_title(self.name)),
            *(shown or [lines(self.nothing)]),
            *buttons([*more, *self.below]),
        ]

    def place(self) -> int:
        if self.calls:
            return 0 if self.items else 2
        return 1


def home_view(home: HomeStory) -> JSON:
    """The view for `views.publish`."""
    parts = [*sorted(_parts(home), key=_Part.place), *_at_the_end(home)]
    away = away_part(home)
    most = min(SHOWN, (_MOST_BLOCKS - _TOP - len(away) - _FRAME * len(parts)) // (2 * len(parts)))
    blocks = [
        lines([f"Hello {one_line(home.who.name, NAME)}. Here is what you have, and what waits for you."]),
        *buttons(_first_buttons(home)),
        *(block for part in parts for block in part.blocks(most, home)),
        *away,
    ]
    return {"type": "home", "blocks": list(_known_again(blocks))}


def _known_again(blocks: Sequence[JSON]) -> Iterator[JSON]:
    """Rows of buttons with ids that say what they are about, where Slack would give each publishing new ones.

    The tab is published anew whenever something happens, also while somebody is pressing a button on the one before.
    """
    named: set[str] = set()
    for block in blocks:
        if block["type"] == "actions" and "block_id" not in block:
            first = block["elements"][0]
            name = f"{first['action_id']}:{first.get('value', '')}"[:_LONGEST_ID]
            yield block if name in named else {**block, "block_id": name}
            named.add(name)
        else:
            yield block


def _first_buttons(home: HomeStory) -> list[JSON]:
    found = [see_all(ListName.LOOKED_AFTER, "Find somebody's access")] if home.looks_after else []
    every = [see_all(ListName.REQUESTS, "All requests")] if home.is_admin else []
    return [button("Request access", actions.OPEN_FORM, style="primary"), *found, *every]


def _parts(home: HomeStory) -> list[_Part]:
    """Everybody's lists, and those of managers and admins."""
    incidents = _Part(name=ListName.INCIDENTS, items=home.incidents, nothing=["Everything works."], calls=True)
    to_decide = _Part(
        name=ListName.TO_DECIDE, items=home.to_decide, nothing=["Nothing is waiting for you."], calls=True
    )
    seats = _Part(name=ListName.SEATS, items=home.seats, nothing=["Nobody is waiting for a seat."], calls=True)
    access = _Part(
        name=ListName.MY_ACCESS,
        items=home.access,
        nothing=["You have no access through Usher yet. Press ", bold("Request access"), " to ask for some."],
    )
    requests = _Part(
        name=ListName.MY_REQUESTS,
        items=home.requests,
        nothing=[
            "No other requests. " if home.access else "You have not asked for anything yet. ",
            code("/request-access"),
            " works in every conversation.",
        ],
    )
    team = _Part(
        name=ListName.TEAM,
        items=home.team,
        nothing=["Nobody who reports to you has access through Usher at the moment."],
    )
    return [
        *([incidents] if home.is_admin else []),
        to_decide,
        *([seats] if home.looks_after else []),
        access,
        requests,
        *([team] if home.manages else []),
    ]


def _at_the_end(home: HomeStory) -> list[_Part]:
    """What is looked at least."""
    applications = _Part(
        name=ListName.APPLICATIONS,
        items=home.applications,
        nothing=["There is nothing to ask for yet. Press ", bold("Add application"), " to begin."],
        below=[button("Add application", actions.ADD_APPLICATION)],
    )
    return [applications] if home.is_admin else []

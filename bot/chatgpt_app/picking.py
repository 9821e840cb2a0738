"""Which of their own requests somebody means who names an application, or a request. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.access.story import Story
from bot.cards.words import extendable, ongoing
from bot.chatgpt_app import words
from bot.chatgpt_app.desk import Sorry
from bot.chatgpt_app.finding import named
from storage.tables import RequestState


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What a request is looked for to do with it."""

    to: str
    #: may somebody do that with a request? The operation decides in the end, and says why not.
    fits: Callable[[Story, str], bool]


CANCEL: Final = Purpose(
    to="cancel", fits=lambda story, me: story.state is RequestState.PENDING and me == story.requester.id
)
GIVE_BACK: Final = Purpose(to="give back", fits=lambda story, _me: ongoing(story) is not None)
EXTEND: Final = Purpose(to="extend", fits=lambda story, _me: ongoing(story) is not None)
SEE: Final = Purpose(to="show", fits=lambda _story, _me: True)


def pick(stories: Sequence[Story], purpose: Purpose, *, me: str, app: str | None, request_id: str | None) -> Story:
    """The request that is meant. `stories` are somebody's own, newest first.

    Raises:
        Sorry: there is none like that, or there are several; then they are named.
    """
    if request_id:
        found = [story for story in stories if story.id == request_id]
        if not found:
            raise Sorry("That request is not among the user's. list_my_requests and list_my_access show those.")
        return found[0]
    fitting = [story for story in stories if purpose.fits(story, me)]
    if app:
        names = [(story.application, story.application_name) for story in fitting]
        fitting = [fitting[number] for number in named(app, names)]
    if not fitting:
        raise Sorry(f"There is nothing{f' in “{app}”' if app else ''} that the user could {purpose.to}.")
    if purpose is EXTEND:
        fitting = [story for story in fitting if extendable(story)] or fitting
    if purpose is SEE:
        return fitting[0]
    if len(fitting) > 1:
        several = "\n".join(words.request_line(words.request(story, me)) for story in fitting)
        raise Sorry(f"Which one? Ask the user, then name the request:\n{several}")
    return fitting[0]

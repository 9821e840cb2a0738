"""The word before access ends: when, what happens then, and how to ask for it to go on."""

from __future__ import annotations

from collections.abc import Iterator

from bot.access.story import Story
from bot.cards import actions
from bot.cards.content import Content
from bot.cards.escape import mrkdwn
from bot.cards.rich import Line, bold, button, buttons, lines, spoken, when
from bot.cards.telling import extended, extension_line
from bot.cards.voice import Voice
from bot.cards.words import application, extendable
from storage.tables import GrantState


def notice(story: Story) -> Content:
    """The reply under the beneficiary's status card. Its button goes as soon as it would not work any more."""
    told = list(_lines(story))
    row = [button("Extend", actions.EXTEND, story.id)] if extendable(story) else []
    return Content(text=mrkdwn(spoken(told[0], {})), blocks=(lines(*told), *buttons(row)))


def _lines(story: Story) -> Iterator[Line]:
    grant, yours = story.grant, f"Your access to {application(story)}"
    if grant is None or grant.ends_at is None:
        return
    if grant.state in (GrantState.ENDING, GrantState.ENDED):
        yield [f"{yours} has ended."] if story.extension is None else [f"{yours} went on: it was extended."]
        return
    if extended(story):
        yield [f"{yours} goes on."]
        yield extension_line(story, Voice(story.beneficiary.id))
        return
    yield [f"{yours} ", when("ends", grant.ends_at), "."]
    if extendable(story):
        yield ["Usher then takes it back by itself. Do you still need it? Press ", bold("Extend"), " and say why."]
    yield extension_line(story, Voice(story.beneficiary.id))

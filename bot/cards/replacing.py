"""Another role or seat type in place of what somebody has: the form that asks for it, and what cards say about it."""

from __future__ import annotations

from bot.access.story import Choice, Story
from bot.cards import actions
from bot.cards.content import JSON
from bot.cards.form import Draft, entitlement_inputs
from bot.cards.reason_form import reason_input
from bot.cards.rich import bold, label, lines
from bot.cards.words import application, given


def replacement_form(story: Story, choice: Choice) -> JSON:
    """The modal: which role, which seat, for how long, and why.

    Args:
        story: the request whose grant is to be replaced.
        choice: its application, as it is offered now.
    """
    has = story.terms.entitlement
    draft = Draft(application=choice.key, role=has.role, seat_type=has.seat_type)
    return {
        "type": "modal",
        "callback_id": actions.REPLACE_FORM,
        "private_metadata": story.id,
        "title": label("Change access"),
        "submit": label("Send request"),
        "close": label("Cancel"),
        "blocks": [
            lines([bold(f"{application(story)} · {given(story)}")], ["It stays as it is until the change is there."]),
            *entitlement_inputs(choice, draft),
            reason_input(hint="Whoever decides reads this.", placeholder="What do you need the other one for?"),
        ],
    }

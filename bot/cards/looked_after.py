"""The form by which access is taken back."""

from __future__ import annotations

from bot.access.story import Story
from bot.cards import actions
from bot.cards.content import JSON
from bot.cards.reason_form import reason_form
from bot.cards.rich import bold, lines, user
from bot.cards.words import application


def revoke_form(story: Story) -> JSON:
    """The modal that asks why, before access is taken back."""
    grant_id = story.grant.id if story.grant else ""
    return reason_form(
        callback_id=actions.REVOKE_FORM,
        about=grant_id,
        title="Revoke access",
        submit="Revoke",
        intro=lines(
            [bold(application(story)), " · ", user(story.beneficiary)],
            ["It is taken back at once, and its extension with it. Both of you are told when it is gone."],
        ),
        hint="They will read this.",
    )

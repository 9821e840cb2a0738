"""The form by which an admin decides in place of approvers who do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.access.story import Story
from bot.cards import actions
from bot.cards.actions import VALUE
from bot.cards.approval import for_whom, request_title
from bot.cards.content import JSON
from bot.cards.reason_form import reason_form
from bot.cards.rich import bold, label, lines
from bot.cards.voice import Voice
from storage.tables import Decision

_DECISION: Final = "decision"
_CHOICES: Final = {Decision.APPROVED: "Approve", Decision.DENIED: "Deny"}


def override_form(story: Story) -> JSON:
    """The modal: approve or deny, and why an admin does."""
    form = reason_form(
        callback_id=actions.OVERRIDE_FORM,
        about=story.id,
        title="Decide for them",
        submit="Decide",
        intro=lines([bold(request_title(story))], for_whom(story, Voice(""))),
        hint="Why you decide, and not those who were asked. Everybody concerned reads this.",
    )
    options = [{"text": label(words), "value": decision.value} for decision, words in _CHOICES.items()]
    choice: JSON = {
        "type": "input",
        "block_id": _DECISION,
        "label": label("Decision"),
        "element": {"type": "radio_buttons", "action_id": VALUE, "options": options},
    }
    intro, *rest = form["blocks"]
    return {**form, "blocks": [intro, choice, *rest]}


def read_decision(values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Decision | None:
    """What was chosen, out of `view["state"]["values"]`; None where nothing was."""
    chosen = values.get(_DECISION, {}).get(VALUE, {}).get("selected_option") or {}
    return next((decision for decision in _CHOICES if decision.value == chosen.get("value")), None)

"""Submitting a modal: what Slack's client checks by itself, and what the app's answer does to the stack of views."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.slack.element_state import is_empty
from sandbox.slack.errors import Refusal
from sandbox.slack.views import View, Views

JSON = dict[str, Any]
TROUBLE: Final = "We had some trouble connecting. Try again?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of an act, as the person sees it.

    `errors` stand under inputs, by block_id. `error` is Slack's code for an app that did not answer as it must, and
    `told` the sentence the person reads.
    """

    error: str | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    closed: bool = False
    told: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing went wrong."""
        return self.error is None and not self.errors


def unfilled(view: View) -> dict[str, str]:
    """What Slack's client says about inputs before it sends anything: block_id -> message."""
    errors = {}
    for block in view.blocks:
        if block["type"] == "input":
            element = block["element"]
            state = view.values[block["block_id"]][element["action_id"]]
            if problem := _problem(block, element, state):
                errors[block["block_id"]] = problem
    return errors


def _problem(block: JSON, element: JSON, state: JSON) -> str | None:
    if is_empty(state):
        return None if block.get("optional") else "Please complete this required field."
    value = state.get("value")
    match element["type"]:
        case "plain_text_input" if len(str(value)) < element.get("min_length", 0):
            return f"Please enter at least {element['min_length']} characters."
        case "plain_text_input" if len(str(value)) > element.get("max_length", 3000):
            return f"Please enter no more than {element.get('max_length', 3000)} characters."
        case "email_text_input" if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", str(value)):
            return "Please enter a valid email address."
        case "url_text_input" if not re.match(r"https?://\S+$", str(value)):
            return "Please enter a valid URL."
        case "number_input":
            return _number_problem(element, str(value))
    return None


def _number_problem(element: JSON, value: str) -> str | None:
    pattern = r"-?\d+(\.\d+)?" if element["is_decimal_allowed"] else r"-?\d+"
    if not re.fullmatch(pattern, value):
        return "Please enter a valid number."
    if "min_value" in element and float(value) < float(element["min_value"]):
        return f"Please enter a number that is at least {element['min_value']}."
    if "max_value" in element and float(value) > float(element["max_value"]):
        return f"Please enter a number that is at most {element['max_value']}."
    return None


def apply_answer(views: Views, view: View, error: str | None, answer: JSON) -> Outcome:
    """Do to the stack what the app answered to a view_submission: nothing closes the view, else a response_action."""
    if error is not None:
        return Outcome(error=error, told=TROUBLE)
    try:
        match answer.get("response_action"):
            case None if not answer:
                views.close(view)
                return Outcome(closed=True)
            case "clear":
                views.clear(view.user)
                return Outcome(closed=True)
            case "update":
                views.update(view, answer.get("view"))
                return Outcome()
            case "push":
                views.push(view.user, answer.get("view"))
                return Outcome()
            case "errors":
                return Outcome(errors=_checked_errors(view, answer.get("errors")))
            case _:
                raise Refusal("invalid_response_action")
    except Refusal as refusal:
        return Outcome(error=refusal.code, told=TROUBLE)


def _checked_errors(view: View, errors: Any) -> dict[str, str]:
    """The errors for inputs. Slack shows trouble instead if one names a block that is no input of the view."""
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not errors.keys() <= inputs:
        raise Refusal("invalid_response_action")
    if not all(isinstance(message, str) and message for message in errors.values()):
        raise Refusal("invalid_response_action")
    return errors

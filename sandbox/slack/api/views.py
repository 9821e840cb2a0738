"""views.*: modals and Home tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.slack.api.registry import Arguments, method
from sandbox.slack.errors import Refusal
from sandbox.slack.objects import view_object
from sandbox.slack.views import View

if TYPE_CHECKING:
    from sandbox.slack.slack import Slack

JSON = dict[str, Any]


def _view(arguments: Arguments) -> Any:
    """The view that was sent, unchecked."""
    arguments.required("view")
    return arguments.json("view", code="invalid_arguments")


def _answer(slack: Slack, view: View) -> JSON:
    return {"view": view_object(view, slack.state, slack.app)}


@method("views.open")
def open_view(slack: Slack, arguments: Arguments) -> JSON:
    """Open a modal for the person whose trigger this is.

    The view is looked at before the trigger, so a refused view does not use the trigger up.
    """
    body = slack.views.check(_view(arguments), "modal")
    trigger = slack.views.redeem(arguments.required("trigger_id"))
    return _answer(slack, slack.views.open(trigger.user, body))


@method("views.push")
def push(slack: Slack, arguments: Arguments) -> JSON:
    """Put a modal on top of the one whose trigger this is."""
    body = slack.views.check(_view(arguments), "modal")
    trigger = slack.views.redeem(arguments.required("trigger_id"))
    return _answer(slack, slack.views.push(trigger.user, body))


@method("views.update")
def update(slack: Slack, arguments: Arguments) -> JSON:
    """Change a view that is open."""
    body = _view(arguments)
    view_id, external_id = arguments.get("view_id"), arguments.get("external_id")
    if view_id is None and external_id is None:
        raise Refusal("invalid_arguments", ["must define either `view_id` or `external_id`"])
    view = slack.views.find(view_id=view_id, external_id=external_id)
    return _answer(slack, slack.views.update(view, body, expected_hash=arguments.text("hash")))


@method("views.publish")
def publish(slack: Slack, arguments: Arguments) -> JSON:
    """Set somebody's Home tab."""
    user = slack.state.user(arguments.required("user_id"))
    if not slack.app.home_tab:
        raise Refusal("not_enabled")
    return _answer(slack, slack.views.publish(user.id, _view(arguments), expected_hash=arguments.text("hash")))

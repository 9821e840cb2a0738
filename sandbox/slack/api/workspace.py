"""auth.*, apps.*, team.* and bots.*: the token, the connection, the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.slack.api.registry import Arguments, method
from sandbox.slack.errors import Refusal
from sandbox.slack.objects import bot_object, team_object

if TYPE_CHECKING:
    from sandbox.slack.slack import Slack

JSON = dict[str, Any]


@method("auth.test")
def auth_test(slack: Slack, _arguments: Arguments) -> JSON:
    """Whose token this is."""
    team = slack.state.team
    return {
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": slack.state.users[slack.app.bot_user].handle,
        "team_id": team.id,
        "user_id": slack.app.bot_user,
        "bot_id": slack.app.bot_id,
        "is_enterprise_install": False,
    }


@method("api.test")
def api_test(_slack: Slack, arguments: Arguments) -> JSON:
    """An echo. Raises Refusal with the code that was asked for."""
    if (error := arguments.get("error")) is not None:
        raise Refusal(str(error), args=dict(arguments.given))
    return {"args": dict(arguments.given)}


@method("apps.connections.open", caller="app")
def connections_open(slack: Slack, _arguments: Arguments) -> JSON:
    """An address for one Socket Mode connection."""
    return {"url": slack.socket_url()}


@method("team.info", scope="team:read")
def team_info(slack: Slack, _arguments: Arguments) -> JSON:
    """The workspace."""
    return {"team": team_object(slack.state.team)}


@method("bots.info", scope="users:read")
def bots_info(slack: Slack, arguments: Arguments) -> JSON:
    """A bot."""
    if arguments.required("bot") != slack.app.bot_id:
        raise Refusal("bot_not_found")
    return {"bot": bot_object(slack.state, slack.app)}

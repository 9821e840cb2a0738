"""Slack's client, counted, with a log line for each call that people see something of."""

from __future__ import annotations

from typing import Any, Final

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.metrics.counts import OK, Counts

#: methods that show somebody something, or no longer do
EFFECTS: Final = frozenset(
    {
        "chat.delete",
        "chat.postEphemeral",
        "chat.postMessage",
        "chat.update",
        "conversations.open",
        "views.open",
        "views.publish",
        "views.push",
        "views.update",
    }
)

#: what Slack answers to a token that is good for nothing any more (docs.slack.dev, errors of every method)
NO_TOKEN: Final = frozenset({"not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired"})
UNREACHABLE: Final = "unreachable"
#: families of methods that bring a token of their own, not the bot's
_OTHER_TOKENS: Final = ("apps.", "oauth.", "openid.")

log = structlog.get_logger(__name__)


class CountedSlack(AsyncWebClient):
    """Slack's own client, with every call counted by its method and what came of it.

    What a call says is in no log line: only where it says it.
    """

    def __init__(self, counts: Counts, **options: Any) -> None:
        super().__init__(**options)
        self._counts = counts
        #: why Slack does not take the bot's token, in its own word; None while it does
        self.rejected: str | None = None

    async def api_call(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:
        """As Slack's client does it."""
        outcome, where = UNREACHABLE, _where(arguments)
        try:
            answer = await super().api_call(api_method, **arguments)
            outcome = OK
            where |= {"ts": str(answer["ts"])} if answer.get("ts") else {}
        except SlackApiError as error:
            outcome = _refusal(error)
            raise
        finally:
            self._counts.slack_call(api_method, outcome)
            if outcome != UNREACHABLE and not api_method.startswith(_OTHER_TOKENS):
                self.rejected = outcome if outcome in NO_TOKEN else None
            if api_method in EFFECTS:
                log.info("slack.called", method=api_method, outcome=outcome, **where)
        return answer


def _where(arguments: dict[str, Any]) -> dict[str, str]:
    """The conversation, or the person, that a call was about."""
    said = arguments.get("json") or arguments.get("params") or {}
    return {name: str(said[name]) for name in ("channel", "ts", "user", "user_id", "users") if said.get(name)}


def _refusal(error: SlackApiError) -> str:
    """Slack's error code; the codes are Slack's own closed list, so that they may be a label."""
    if getattr(error.response, "status_code", None) == 429:
        return "ratelimited"
    data = getattr(error.response, "data", None)
    return str(data.get("error", "unknown")) if isinstance(data, dict) else "unknown"

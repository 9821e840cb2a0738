"""Slack's client, counted."""

from __future__ import annotations

from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.metrics.counts import OK, Counts


class CountedSlack(AsyncWebClient):
    """Slack's own client, with every call counted by its method and what came of it."""

    def __init__(self, counts: Counts, **options: Any) -> None:
        super().__init__(**options)
        self._counts = counts

    async def api_call(self, api_method: str, **arguments: Any) -> AsyncSlackResponse:
        """As Slack's client does it."""
        outcome = "unreachable"
        try:
            answer = await super().api_call(api_method, **arguments)
            outcome = OK
        except SlackApiError as error:
            outcome = _refusal(error)
            raise
        finally:
            self._counts.slack_call(api_method, outcome)
        return answer


def _refusal(error: SlackApiError) -> str:
    """Slack's error code; the codes are Slack's own closed list, so that they may be a label."""
    if getattr(error.response, "status_code", None) == 429:
        return "ratelimited"
    data = getattr(error.response, "data", None)
    return str(data.get("error", "unknown")) if isinstance(data, dict) else "unknown"

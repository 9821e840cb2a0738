"""The address at which people find Usher in Slack (docs.slack.dev, deep linking)."""

from __future__ import annotations

from urllib.parse import urlencode

from slack_sdk.web.async_client import AsyncWebClient

from bot.engine.slack_calls import SlackTroubles, call


class HomeLink:
    """Asks Slack once which app this is."""

    def __init__(self, slack: AsyncWebClient) -> None:
        self._slack = slack
        self._known: str | None = None

    async def url(self) -> str:
        """Of Usher in its workspace; of Slack itself where Slack does not say."""
        slack = self._slack.base_url.removesuffix("api/")
        if self._known is None:
            try:
                us = await call(self._slack.auth_test())
                bot = await call(self._slack.bots_info(bot=us["bot_id"]))
            except SlackTroubles:
                return slack
            self._known = f"{slack}app_redirect?{urlencode({'app': bot['bot']['app_id'], 'team': us['team_id']})}"
        return self._known

"""Usher's client of Slack's Web API, and the connections it goes over."""

from __future__ import annotations

from typing import Final

import aiohttp
from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryState
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.http_retry.builtin_interval_calculators import FixedValueRetryIntervalCalculator

from bot.metrics.counts import Counts
from bot.metrics.slack import CountedSlack
from bot.settings import Settings

#: seconds; a call to Slack that takes longer is given up, and looked for afterwards
TIMEOUT: Final = 10
#: seconds a connection to Slack is kept open unused. Slack says nothing of how long it keeps one; common is a minute
KEEPALIVE: Final = 15
#: methods that open a form. One opens once for each press, however often it is asked for (docs.slack.dev, views.open)
FORMS: Final = ("/views.open", "/views.push")


def slack_client(settings: Settings, counts: Counts | None = None) -> CountedSlack:
    """The client of Slack's Web API. It repeats nothing but forms: a repeated posting could show a card twice."""
    token = settings.slack_bot_token
    return CountedSlack(
        counts or Counts(),
        token=token.get_secret_value() if token else None,
        base_url=settings.slack_api_url,
        timeout=TIMEOUT,
        retry_handlers=[FormsOnceMore()],
    )


def connections_to_slack() -> aiohttp.ClientSession:
    """Connections to Slack that are used again: of the three seconds in which a form can be opened, a new one takes its
    share. They remember no cookie.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEPALIVE),
        timeout=aiohttp.ClientTimeout(total=TIMEOUT),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


class FormsOnceMore(AsyncConnectionErrorRetryHandler):
    """Opens a form once more, at once, when the connection broke: Slack may close a kept one at that very moment."""

    def __init__(self) -> None:
        super().__init__(interval_calculator=FixedValueRetryIntervalCalculator(0.0))

    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if not request.url.endswith(FORMS):
            return False
        return await super()._can_retry_async(state=state, request=request, response=response, error=error)

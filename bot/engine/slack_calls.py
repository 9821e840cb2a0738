"""Calls to Slack, with every way in which they fail turned into one of three: later, never, or nobody knows."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

#: error codes that will not go away by trying again: this message cannot reach this recipient
#: (docs.slack.dev: chat.postMessage, chat.update, conversations.open)
HOPELESS = frozenset(
    {
        "channel_not_found",
        "is_archived",
        "not_in_channel",
        "user_not_found",
        "user_disabled",
        "user_not_visible",
        "cannot_dm_bot",
        "messages_tab_disabled",
        "restricted_action",
    }
)
#: error codes for a message that is no longer there to be edited (chat.update), or to be answered in its thread
GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"})
#: seconds, when Slack limits without saying for how long
DEFAULT_RETRY_AFTER = 30


class SlackTroubles(Exception):
    """A call to Slack did not do what it should."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class SlackLater(SlackTroubles):
    """It did not happen, and may work later."""

    def __init__(self, what: str, *, after: timedelta | None = None) -> None:
        super().__init__(what)
        self.after = after


class SlackRefused(SlackLater):
    """It did not happen because of how the workspace or the app is set up; it may work when somebody mended that.

    Attributes:
        what: Slack's error code, and what it says about it.
    """


class SlackNever(SlackTroubles):
    """It did not happen and will not: the error code says why.

    Attributes:
        what: Slack's error code.
    """


class SlackUnknown(SlackTroubles):
    """No usable answer came: it may or may not have happened."""


async def call(request: Awaitable[Any]) -> dict[str, Any]:
    """Awaits one call of the Web API and returns Slack's answer.

    Raises:
        SlackLater: limited, or out of reach.
        SlackRefused: an error of the set-up that somebody may mend.
        SlackNever: one of `HOPELESS` or `GONE`.
        SlackUnknown: a server error, a broken connection or silence.
    """
    try:
        answer = await request
    except SlackApiError as error:
        raise _meaning(error) from error
    except (aiohttp.ClientConnectorError, ConnectionRefusedError) as error:
        raise SlackLater(f"Slack cannot be reached: {error}") from error
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        raise SlackUnknown(f"no answer from Slack: {type(error).__name__}") from error
    return dict(answer.data)


def _meaning(error: SlackApiError) -> SlackTroubles:
    response = error.response
    status = getattr(response, "status_code", 0)
    data = response.data if isinstance(getattr(response, "data", None), dict) else {}
    code = str(data.get("error", ""))
    if status == 429 or code == "ratelimited":
        wait = response.headers.get("Retry-After") or response.headers.get("retry-after") or DEFAULT_RETRY_AFTER
        return SlackLater("Slack asks to slow down", after=timedelta(seconds=int(wait)))
    if status >= 500 or not code:
        return SlackUnknown(f"Slack answered with status {status}")
    if code in HOPELESS or code in GONE:
        return SlackNever(code)
    detail = data.get("response_metadata", {}).get("messages") or data.get("needed") or ""
    return SlackRefused(f"{code} {detail}".strip())


async def open_dm(slack: AsyncWebClient, person_id: str) -> str:
    """The id of the conversation between Usher and a person. Needed because only it can be updated and read back
    (bolt-python #626: chat.update in a DM wants the D… id)."""
    answer = await call(slack.conversations_open(users=[person_id]))
    return str(answer["channel"]["id"])

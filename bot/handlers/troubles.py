"""What becomes of an error in a listener: a defect is logged as one, and what Slack never sends in a line."""

from __future__ import annotations

from typing import Final

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError

from bot.handlers.house import Body
from bot.handlers.payloads import is_of_slack
from storage.errors import StorageError

#: the three seconds in which a form can be opened are over (docs.slack.dev, views.open)
TOO_LATE: Final = frozenset({"expired_trigger_id", "invalid_trigger_id"})
#: it was opened already: by this press, whose answer got lost
OPEN_ALREADY: Final = frozenset({"exchanged_trigger_id", "trigger_exchanged"})
TOO_LATE_TEXT: Final = "That took too long for Slack. Please try again."

log = structlog.get_logger(__name__)


def register(app: AsyncApp) -> None:
    """Takes the place of Bolt's own answer to errors."""
    app.error(answer)


async def answer(error: Exception, body: Body) -> BoltResponse:
    """The answer to Slack."""
    code = error.response.get("error") if isinstance(error, SlackApiError) else None
    if code in OPEN_ALREADY:
        log.warning("slack.open_already", error=code)
        return BoltResponse(status=200, body="")
    if code in TOO_LATE:
        log.warning("slack.too_late", error=code)
        return BoltResponse(status=200, body=TOO_LATE_TEXT if body.get("command") else "")
    if isinstance(error, StorageError):
        log.error("slack.no_database", error=str(error))
        return BoltResponse(status=500, body="")
    if not is_of_slack(body):
        log.warning("slack.misshapen", error=type(error).__name__)
        return BoltResponse(status=400, body="")
    log.error("slack.failed", exc_info=error)
    return BoltResponse(status=500, body="")

"""Slack's user groups and who is in them, for policies that name one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.access.operations.user_groups import SlackGroup, upsert_groups
from storage.database import Database


async def read_groups(database: Database, ask: Callable[..., Awaitable[AsyncSlackResponse]]) -> tuple[str, ...]:
    """Reads all of them in one call and writes them down. Returns the ids of those that changed.

    Events only say that something did: they may come in any order, and leave out members beyond 500
    (docs.slack.dev, subteam_updated).

    Args:
        database: where they are written to.
        ask: calls a method of Slack's Web API.
    """
    asked_at = database.clock.now()
    answer = await ask("usergroups.list", include_users=True, include_disabled=True)
    groups = [slack_group(group) for group in answer["usergroups"]]
    return await database.write(upsert_groups, groups, as_of=asked_at)


def slack_group(group: Mapping[str, Any]) -> SlackGroup:
    """A user group from Slack's object (docs.slack.dev, usergroup object). A disabled one has a date of deletion."""
    return SlackGroup(
        id=str(group["id"]),
        handle=str(group["handle"]).lower(),
        name=str(group["name"]),
        active=not group.get("date_delete"),
        members=frozenset(map(str, group.get("users") or ())),
    )

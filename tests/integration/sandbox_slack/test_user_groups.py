"""User groups: what the Web API lists, and what an app hears of changes."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import company
from sandbox.slack import Slack

JSON = dict[str, Any]
LENA, NOOR, TOM = company.LENA.id, company.NOOR.id, company.TOM.id


def events(slack: Slack, kind: str) -> list[JSON]:
    return [one.outgoing.payload["event"] for one in slack.courier.of_kind(kind) if not one.attempt]


async def test_groups_are_listed_with_what_is_asked_for(slack: Slack, client: AsyncWebClient) -> None:
    """Users, counts and disabled groups come only where they are asked for; the deactivated are not in a group."""
    plain = (await client.usergroups_list())["usergroups"]
    assert [one["handle"] for one in plain] == ["it-admins", "security"]
    assert not any({"users", "user_count"} & one.keys() for one in plain)
    slack.deactivate(TOM)
    slack.user_groups.disable("it-admins")
    [security] = (await client.usergroups_list(include_users=True, include_count=True))["usergroups"]
    assert (security["users"], security["user_count"]) == ([NOOR], 1)
    everything = (await client.usergroups_list(include_users=True, include_disabled=True))["usergroups"]
    assert [one["date_delete"] > 0 for one in everything] == [True, False]
    assert (await client.usergroups_users_list(usergroup=company.SECURITY.id))["users"] == [NOOR]


async def test_reading_groups_takes_its_scope(slack: Slack, client: AsyncWebClient) -> None:
    """Without usergroups:read both methods are refused, and nothing is told of changes."""
    slack.app.scopes -= {"usergroups:read"}
    for call in (client.usergroups_list(), client.usergroups_users_list(usergroup=company.SECURITY.id)):
        with pytest.raises(SlackApiError) as refused:
            await call
        assert refused.value.response["error"] == "missing_scope"
        assert refused.value.response["needed"] == "usergroups:read"
    slack.user_groups.set_users("security", [LENA])
    assert slack.deliveries == []


async def test_changes_are_told_as_slack_tells_them(slack: Slack) -> None:
    """A new group comes whole, other members as the difference, and a big group without those beyond 500."""
    group = slack.user_groups.create("design", name="Design", users=[LENA])
    slack.user_groups.set_users("security", [NOOR, LENA])
    slack.user_groups.set_users("design", [f"U{number:08}" for number in range(501)])
    slack.user_groups.change("design", handle="designers")
    slack.user_groups.disable("designers")
    await slack.until(lambda: len(events(slack, "subteam_updated")) == 4)
    [created] = events(slack, "subteam_created")
    assert (created["subteam"]["id"], created["subteam"]["users"]) == (group.id, [LENA])
    difference = events(slack, "subteam_members_changed")[0]
    assert (difference["subteam_id"], difference["added_users"], difference["removed_users"]) == (
        company.SECURITY.id,
        [LENA],
        [TOM],
    )
    updated = [one["subteam"] for one in events(slack, "subteam_updated")]
    assert (len(updated[1]["users"]), updated[1]["user_count"]) == (500, 501)
    assert updated[2]["handle"] == "designers"
    assert updated[3]["date_delete"] > 0

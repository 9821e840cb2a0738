"""The health check of the ChatGPT connector: what it finds, and the next step where something is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bot.connectors.config import AnyConnector
from bot.connectors.contract import Connector, Health, SignInAgain
from bot.connectors.registry import build_connector
from sandbox import company
from sandbox.chatgpt import Workspace, sign_in

Writes = Callable[[], list[str]]
#: what only the workspace settings' own calls have
WEB_ADMIN = pytest.mark.parametrize("transport", ["web_admin"])


def the_failing(health: Health) -> str:
    """The one line that is not well; it always comes with a next step."""
    failing = [condition for condition in health.conditions if not condition.ok]
    assert len(failing) == 1
    assert failing[0].detail
    assert failing[0].remedy
    return failing[0].name


@WEB_ADMIN
async def test_a_good_connection_is_told_line_by_line(connector: Connector, writes: Writes) -> None:
    """Everything that a change will need was tried, and nothing was changed."""
    health = await connector.check()
    assert health.ok
    assert [condition.name for condition in health.conditions] == [
        "Reachable",
        "Signed in",
        "Workspace",
        "Role",
        "Plan",
        "Members",
        "Seats",
    ]
    details = {condition.name: condition.detail for condition in health.conditions}
    assert company.CHATGPT_INTEGRATION_EMAIL in details["Signed in"]
    assert details["Workspace"] == "Harbour Studio."
    assert "of 10 paid" in details["Seats"]
    assert writes() == []


@WEB_ADMIN
@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ("challenge_403", "Reachable"),
        ("challenge_200", "Reachable"),
        ("session_refresh_error", "Signed in"),
        ("signed_out", "Signed in"),
        ("token_revoked", "Workspace"),
        ("workspace_not_found", "Workspace"),
        ("workspace_deactivated", "Workspace"),
        ("forbidden", "Workspace"),
        ("not_owner", "Role"),
        ("reads_fail", "Workspace"),
        ("rate_limited", "Workspace"),
    ],
)
async def test_what_is_wrong_is_named_with_the_next_step(
    connector: Connector, workspace: Workspace, fault: str, line: str
) -> None:
    """And the check itself never fails."""
    workspace.faults.switch_on(fault)
    assert the_failing(await connector.check()) == line
    workspace.faults.clear()
    assert (await connector.check()).ok


class NothingKept:
    """A credential that nobody has handed over yet."""

    async def value(self) -> str:
        raise SignInAgain("There is no such secret.")

    async def replace(self, old: str, new: str) -> None:
        raise AssertionError


def said_to_be_well(health: Health) -> set[str]:
    return {condition.name for condition in health.conditions if condition.ok}


async def test_without_a_credential_nothing_is_called_and_nothing_is_said_to_answer(
    config: AnyConnector, http: httpx.AsyncClient, workspace: Workspace
) -> None:
    """The one line is the credential's."""
    health = await build_connector(config, http=http, credential=NothingKept()).check()
    assert workspace.calls == []
    assert said_to_be_well(health) == set()
    assert the_failing(health)


@WEB_ADMIN
async def test_an_earlier_sign_in_says_nothing_about_now(connector: Connector, workspace: Workspace) -> None:
    """The token is still good when a challenge stands in the way of everything."""
    assert (await connector.check()).ok
    workspace.faults.switch_on("challenge_403")
    health = await connector.check()
    assert the_failing(health) == "Workspace"
    assert "Reachable" not in said_to_be_well(health)


@WEB_ADMIN
async def test_the_wrong_person_is_noticed(
    config: AnyConnector, http: httpx.AsyncClient, workspace: Workspace, vault: Any
) -> None:
    """An admin handed their own session over."""
    vault.secret = sign_in(workspace, "noor@harbour.example")
    health = await build_connector(config, http=http, credential=vault).check()
    assert the_failing(health) == "Signed in"
    details = {condition.name: condition.detail for condition in health.conditions}
    assert "noor@harbour.example" in details["Signed in"]


@WEB_ADMIN
async def test_the_wrong_workspace_is_noticed(config: AnyConnector, http: httpx.AsyncClient, vault: Any) -> None:
    """The integration account does not belong to it."""
    other = config.model_copy(update={"workspace_id": "00000000-0000-4000-8000-000000000000"})
    assert the_failing(await build_connector(other, http=http, credential=vault).check()) == "Workspace"


async def test_nobody_at_the_address_is_noticed(config: AnyConnector, http: httpx.AsyncClient, vault: Any) -> None:
    """A relay that is not running."""
    nowhere = config.model_copy(update={"base_url": "http://127.0.0.1:9"})
    assert the_failing(await build_connector(nowhere, http=http, credential=vault).check()) == "Reachable"


@WEB_ADMIN
async def test_seats_are_counted_as_far_as_chatgpt_tells(connector: Connector, workspace: Workspace) -> None:
    """Without billing rights there is still a count; without anything, no number is made up."""
    workspace.faults.switch_on("forbidden", path="subscriptions")
    pool = await connector.seats()
    assert pool is not None
    assert (pool.by_type["chatgpt"].used, pool.by_type["chatgpt"].paid, pool.by_type["chatgpt"].free) == (3, None, None)
    workspace.faults.switch_on("forbidden")
    assert await connector.seats() is None

"""The directory is read from Slack: over real sockets, page by page, and event by event."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.access import subjects
from bot.access.user_groups import members_of
from bot.engine.directory import PAGE, DirectoryError, SlackDirectory, sync
from bot.handlers import directory_events
from sandbox import company
from sandbox.server import Sandbox
from sandbox.slack import Slack
from storage.database import Database
from storage.tables import Person, Task
from tests.support.waiting import until


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox.start() as sandbox:
        yield sandbox


@pytest.fixture
def slack(sandbox: Sandbox) -> Slack:
    """Harbour Studio's workspace."""
    return sandbox.slack


@pytest.fixture
def client(sandbox: Sandbox) -> AsyncWebClient:
    return AsyncWebClient(token=company.SLACK_APP.bot_token, base_url=sandbox.slack_api_url)


async def everybody(database: Database) -> dict[str, Person]:
    async with database.read() as session:
        return {person.id: person for person in await session.scalars(sa.select(Person))}


async def tasks(database: Database, kind: str) -> list[str]:
    async with database.read() as session:
        return list(await session.scalars(sa.select(Task.key).where(Task.kind == kind)))


def hire(slack: Slack, count: int) -> None:
    """More people, of whom nobody is told."""
    for number in range(count):
        slack.state.add_user(
            company.Person(
                id=f"U0CREW{number:04}",
                name=f"Crew {number}",
                email=f"crew{number}@harbour.example",
                title="Crew",
                manager=company.MAYA.id,
            )
        )


# -- the whole ---------------------------------------------------------------------------------------------------------
async def test_everybody_is_there_with_their_managers(database: Database, client: AsyncWebClient) -> None:
    """After one sync the directory says who there is, how to invite them, and who manages them."""
    await sync(database, client, manager_field="manager ")
    people = await everybody(database)
    lena = people[company.LENA.id]
    assert (lena.email, lena.name, lena.title) == (company.LENA.email, company.LENA.name, company.LENA.title)
    assert lena.manager_id == company.MAYA.id
    assert people[company.MAYA.id].manager_id is None
    assert people[company.USHER.id].is_bot
    again = await sync(database, client, manager_field="Manager")
    assert str(again) == f"{len(people)} people: nothing changed"


async def test_a_large_workspace_is_read_page_by_page(database: Database, slack: Slack, client: AsyncWebClient) -> None:
    """Slack gives two hundred people at a time; managers are reported as they are read."""
    hire(slack, PAGE + 20)
    seen: list[tuple[int, int]] = []
    changes = await sync(database, client, manager_field="Manager", progress=lambda done, of: seen.append((done, of)))
    assert len(changes.added) == changes.looked_at > PAGE
    assert len(slack.calls_of("users.list")) == 2
    assert [done for done, _ in seen] == [100, 200, seen[-1][1]]
    people = await everybody(database)
    assert {people[f"U0CREW{number:04}"].manager_id for number in range(PAGE + 20)} == {company.MAYA.id}


async def test_people_can_be_known_before_their_managers_are(
    database: Database, slack: Slack, client: AsyncWebClient
) -> None:
    """A start waits for the list alone: a few calls, whatever the size of the company."""
    directory = SlackDirectory(database, client, manager_field="Manager")
    await directory.sync_people()
    assert company.LENA.id in await everybody(database)
    assert slack.calls_of("users.profile.get") == []


async def test_who_was_deactivated_meanwhile_is_followed_up(
    database: Database, slack: Slack, client: AsyncWebClient
) -> None:
    """The sync is the net below events that were missed: a leaver is found, and their access taken back."""
    await sync(database, client, manager_field="Manager")
    slack.deactivate(company.TOM.id)
    changes = await sync(database, client, manager_field="Manager")
    assert changes.left == (company.TOM.id,)
    assert await tasks(database, subjects.LEFT) == [company.TOM.id]


async def test_without_the_field_the_managers_that_are_known_stay(
    database: Database, slack: Slack, client: AsyncWebClient
) -> None:
    """A field that was renamed in Slack does not take everybody's manager away."""
    await sync(database, client, manager_field="Manager")
    slack.manager_label = "Reports to"
    await sync(database, client, manager_field="Manager")
    assert (await everybody(database))[company.LENA.id].manager_id == company.MAYA.id
    slack.change_profile(company.LENA.id, manager=company.NOOR.id)
    await sync(database, client, manager_field="reports to")
    assert (await everybody(database))[company.LENA.id].manager_id == company.NOOR.id


async def test_a_manager_who_was_taken_out_of_the_profile_is_gone(
    database: Database, slack: Slack, client: AsyncWebClient
) -> None:
    """An empty field is an answer."""
    await sync(database, client, manager_field="Manager")
    slack.change_profile(company.LENA.id, manager=None)
    await sync(database, client, manager_field="Manager")
    assert (await everybody(database))[company.LENA.id].manager_id is None


# -- what can go wrong -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["users.list", "users.profile.get"])
async def test_slack_is_waited_for_as_long_as_it_asks(
    database: Database, slack: Slack, client: AsyncWebClient, method: str
) -> None:
    """A limit that is met delays the sync by what Slack asks for, and nobody is lost."""
    slack.faults.add(method, "ratelimited", retry_after=1, times=1)
    await sync(database, client, manager_field="Manager")
    assert (await everybody(database))[company.TOM.id].manager_id == company.MAYA.id
    calls = slack.calls_of(method)
    assert len(calls) >= 2


@pytest.mark.parametrize(
    ("missing", "called"),
    [("users:read", "users.list"), ("users.profile:read", "team.profile.get"), ("users:read.email", "e-mail address")],
)
async def test_a_missing_scope_is_named(
    database: Database, slack: Slack, client: AsyncWebClient, missing: str, called: str
) -> None:
    """The message says which scope is missing and where to add it; the directory stays as it was."""
    await sync(database, client, manager_field="Manager")
    slack.app.scopes -= {missing}
    with pytest.raises(DirectoryError) as caught:
        await sync(database, client, manager_field="Manager")
    for words in (f"lacks the scope {missing}", called, "Add it at api.slack.com/apps"):
        assert words in str(caught.value)
    people = await everybody(database)
    assert people[company.LENA.id].email == company.LENA.email


async def test_a_wrong_token_is_said(database: Database, sandbox: Sandbox) -> None:
    """The setting is named, not its value."""
    client = AsyncWebClient(token="xoxb-wrong", base_url=sandbox.slack_api_url)
    with pytest.raises(DirectoryError, match=r"does not accept SLACK_BOT_TOKEN \(invalid_auth\)") as caught:
        await sync(database, client, manager_field="Manager")
    assert "xoxb-wrong" not in str(caught.value)


@pytest.mark.parametrize("kind", ["server_error", "close_before_effect"])
async def test_a_slack_that_does_not_answer_is_said(
    database: Database, slack: Slack, client: AsyncWebClient, kind: str
) -> None:
    """An answer that is none, or a connection that breaks, is a sentence and changes nothing."""
    slack.faults.add("users.list", kind)  # type: ignore[arg-type]
    with pytest.raises(DirectoryError, match=r"users\.list"):
        await sync(database, client, manager_field="Manager")
    assert await everybody(database) == {}


async def test_a_sync_that_breaks_off_keeps_what_it_learned(
    database: Database, slack: Slack, client: AsyncWebClient
) -> None:
    """When Slack fails among the managers, the people are there already; the next sync goes on."""
    slack.faults.add("users.profile.get", "server_error", times=1)
    with pytest.raises(DirectoryError):
        await sync(database, client, manager_field="Manager")
    assert company.LENA.id in await everybody(database)
    await sync(database, client, manager_field="Manager")
    assert (await everybody(database))[company.LENA.id].manager_id == company.MAYA.id


# -- event by event ----------------------------------------------------------------------------------------------------
@contextlib.asynccontextmanager
async def serving(app: Starlette) -> AsyncIterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started or task.done())
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def listening(database: Database, slack: Slack, client: AsyncWebClient) -> AsyncIterator[SlackDirectory]:
    """Usher's listeners behind a request URL, with the directory read once."""
    bolt = AsyncApp(client=client, signing_secret=company.SLACK_APP.signing_secret, process_before_response=True)
    directory_events.register(bolt, database)
    handler = AsyncSlackRequestHandler(bolt)

    async def events(request: Request) -> Response:
        return await handler.handle(request)

    directory = SlackDirectory(database, client, manager_field="Manager")
    await directory.sync()
    async with serving(Starlette(routes=[Route("/slack/events", events, methods=["POST"])])) as address:
        slack.app.request_url = f"{address}/slack/events"
        yield directory
        slack.app.request_url = None


@pytest.mark.usefixtures("listening")
async def test_a_leaver_is_known_at_once(database: Database, slack: Slack) -> None:
    """Deactivated in Slack: the event alone makes the person inactive and takes their access back."""
    slack.deactivate(company.TOM.id)
    await until(lambda: tasks(database, subjects.LEFT))
    assert await tasks(database, subjects.LEFT) == [company.TOM.id]
    assert not (await everybody(database))[company.TOM.id].active


async def test_a_newcomer_is_known_at_once(database: Database, slack: Slack, listening: SlackDirectory) -> None:
    """Who joins can ask for something at once; who manages them is asked for in a task."""
    newcomer = company.Person(
        id="U0NEW00001", name="Nia", email="nia@harbour.example", title="", manager=company.MAYA.id
    )
    slack.join(newcomer)
    await until(lambda: tasks(database, subjects.DIRECTORY))
    nia = (await everybody(database))[newcomer.id]
    assert (nia.email, nia.manager_id) == ("nia@harbour.example", None)
    assert await tasks(database, subjects.DIRECTORY) == [subjects.person(newcomer.id)]
    await listening.look_again(newcomer.id)
    assert (await everybody(database))[newcomer.id].manager_id == company.MAYA.id


async def test_another_manager_is_known_after_the_event(
    database: Database, slack: Slack, listening: SlackDirectory
) -> None:
    """An event about a profile leaves the manager out: the one that is known stays until the person was looked at."""
    slack.change_profile(company.LENA.id, manager=company.NOOR.id, title="Lead designer")
    await until(lambda: tasks(database, subjects.DIRECTORY))
    lena = (await everybody(database))[company.LENA.id]
    assert (lena.title, lena.manager_id) == ("Lead designer", company.MAYA.id)
    await listening.look_again(company.LENA.id)
    assert (await everybody(database))[company.LENA.id].manager_id == company.NOOR.id


# -- user groups -------------------------------------------------------------------------------------------------------
async def members(database: Database, *groups: str) -> dict[str, tuple[str, ...]]:
    async with database.read() as session:
        return await members_of(session, groups)


async def test_a_sync_brings_the_user_groups_in_one_call(
    database: Database, slack: Slack, client: AsyncWebClient
) -> None:
    """Who is in which group is known after a sync; groups that were disabled are as if they were not there."""
    await sync(database, client, manager_field="Manager")
    assert await members(database, "@it-admins", "security") == {
        "@it-admins": (company.NOOR.id,),
        "security": (company.NOOR.id, company.TOM.id),
    }
    assert len(slack.calls_of("usergroups.list")) == 1
    slack.user_groups.disable("security")
    await sync(database, client, manager_field="Manager")
    assert await members(database, "security") == {}


@pytest.mark.parametrize("reason", ["scope", "plan"])
async def test_without_user_groups_people_are_still_read(
    database: Database, slack: Slack, client: AsyncWebClient, reason: str
) -> None:
    """A missing scope, or a plan without groups, keeps nobody out of the directory; the groups stay as they were."""
    await sync(database, client, manager_field="Manager")
    slack.change_profile(company.LENA.id, title="Lead designer")
    if reason == "scope":
        slack.app.scopes -= {"usergroups:read"}
    else:
        slack.faults.add("usergroups.list", "error", error="plan_upgrade_required")
    await sync(database, client, manager_field="Manager")
    assert (await everybody(database))[company.LENA.id].title == "Lead designer"
    assert await members(database, "it-admins") == {"it-admins": (company.NOOR.id,)}


@pytest.mark.parametrize("change", ["members", "handle", "disabled", "new"])
async def test_a_group_that_changed_is_read_anew(
    database: Database, slack: Slack, listening: SlackDirectory, change: str
) -> None:
    """Whatever happens to a group leads to one task, after which the directory says what is true."""
    match change:
        case "members":
            slack.user_groups.set_users("security", [company.LENA.id])
        case "handle":
            slack.user_groups.change("security", handle="guards")
        case "disabled":
            slack.user_groups.disable("security")
        case _:
            slack.user_groups.create("guards", name="Guards", users=[company.MAYA.id])
    await until(lambda: tasks(database, subjects.DIRECTORY))
    assert await tasks(database, subjects.DIRECTORY) == ["groups"]
    await listening.sync_groups()
    both = (company.NOOR.id, company.TOM.id)
    assert (
        await members(database, "security", "guards")
        == {
            "members": {"security": (company.LENA.id,)},
            "handle": {"guards": both},
            "disabled": {},
            "new": {"security": both, "guards": (company.MAYA.id,)},
        }[change]
    )

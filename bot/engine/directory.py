"""The directory as Slack has it: everybody, or one person looked at again.

People are written down before their managers are asked for, which takes a call each: whoever left is known at once, and
whoever is new can ask for something.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.access.operations.people import (
    UNKNOWN,
    PeopleChanges,
    SlackPerson,
    Unknown,
    note_managers,
    upsert_people,
)
from bot.access.slack_person import User, manager_in, slack_person
from bot.engine.group_directory import read_groups
from bot.metrics.slack import NO_TOKEN
from storage.database import Database

#: people a page of users.list; Slack recommends no more (docs.slack.dev, pagination)
PAGE: Final = 200
#: profiles that are read and then written down together
BATCH: Final = 100
#: calls at once; users.profile.get allows a hundred a minute and more (docs.slack.dev, tier 4)
AT_ONCE: Final = 5
#: how often one call waits as long as Slack asks it to, before the whole is put off
MOST_WAITS: Final = 10

Progress = Callable[[int, int], None]  # people done, people in all
Manager = str | Unknown | None

_ADD_SCOPE = "Add it at api.slack.com/apps, OAuth & Permissions, and install the app again."

log = structlog.get_logger(__name__)


class DirectoryError(Exception):
    """The directory could not be read from Slack; the message says why and what to do."""


class NoSuchUser(DirectoryError):
    """Slack does not know the user id that was asked about."""


class NotAllowed(DirectoryError):
    """Slack does not let this app ask that: a scope is missing, or the workspace's plan has no such thing."""


async def sync(
    database: Database, slack: AsyncWebClient, *, manager_field: str, progress: Progress | None = None
) -> PeopleChanges:
    """Brings the whole directory up to what Slack says.

    Args:
        manager_field: the label of the profile field (of the type user) that names a person's manager; "" for none.
        progress: told about every batch of managers.

    Raises:
        DirectoryError: Slack could not be asked.
        DirectoryDoubt: what Slack answered cannot be all of it.
    """
    return await SlackDirectory(database, slack, manager_field=manager_field).sync(progress)


class SlackDirectory:
    """Reads people from Slack and writes them down."""

    def __init__(self, database: Database, slack: AsyncWebClient, *, manager_field: str) -> None:
        self._database = database
        self._slack = slack
        self._label = manager_field
        self._field: str | None = None  # kept: a field's id does not change when its label does
        self._team_id: str | None = None

    async def sync(self, progress: Progress | None = None) -> PeopleChanges:
        """Everybody, and who manages them; see `sync` above."""
        self._field = await self._find_field()
        changes, unknown = await self._sync_people()
        await self.sync_groups()
        for start in range(0, len(unknown) if self._field else 0, BATCH):
            batch = unknown[start : start + BATCH]
            changes = changes.then(await self._sync_managers(batch, self._field or ""))
            if progress is not None:
                progress(start + len(batch), len(unknown))
        log.info("directory.synced", changes=str(changes))
        return changes

    async def sync_people(self) -> PeopleChanges:
        """Everybody, without asking for the managers that the list leaves out: a few calls instead of one a person.

        Raises as `sync` does.
        """
        changes, _ = await self._sync_people()
        await self.sync_groups()
        return changes

    async def sync_groups(self) -> None:
        """The user groups and who is in them, in one call. People are known without them: only a policy may need one.

        Raises:
            DirectoryError: Slack could not be asked. That it does not allow it is only a warning.
        """
        try:
            changed = await read_groups(self._database, self._ask)
        except NotAllowed as error:
            log.warning("directory.no_user_groups", error=str(error), then="the groups that are known stay as they are")
        else:
            log.info("directory.user_groups", changed=len(changed))

    async def look_again(self, person_id: str) -> PeopleChanges:
        """One person, with their manager: what an event about them leaves out is asked for.

        Raises:
            DirectoryError: Slack could not be asked.
        """
        asked_at = self._database.clock.now()
        self._field = self._field or await self._find_field()
        team_id = await self._team()
        answer = await self._ask("users.info", user=person_id)
        person = slack_person(answer["user"], self._field, team_id=team_id)
        if self._field and _may_have_a_manager(person):
            person = replace(person, manager_id=await self._manager(person.id, self._field))
        return await self._database.write(upsert_people, [person], complete=False, as_of=asked_at)

    async def _sync_people(self) -> tuple[PeopleChanges, list[str]]:
        """What changed, and the ids of those whose managers are to be asked for."""
        asked_at = self._database.clock.now()
        team_id = await self._team()
        people = [slack_person(user, self._field, team_id=team_id) async for user in self._users()]
        _demand_addresses(people)
        changes = await self._database.write(upsert_people, people, complete=True, as_of=asked_at)
        return changes, [person.id for person in people if _may_have_a_manager(person)]

    async def _sync_managers(self, ids: Sequence[str], field: str) -> PeopleChanges:
        asked_at = self._database.clock.now()
        limit = asyncio.Semaphore(AT_ONCE)

        async def manager(person_id: str) -> Manager:
            async with limit:
                return await self._manager(person_id, field)

        try:
            async with asyncio.TaskGroup() as group:
                asked = {person_id: group.create_task(manager(person_id)) for person_id in ids}
        except* DirectoryError as errors:
            raise errors.exceptions[0] from None
        managers = {person_id: task.result() for person_id, task in asked.items()}
        return await self._database.write(note_managers, managers, as_of=asked_at)

    # -- Slack's answers -----------------------------------------------------------------------------------------------
    async def _users(self) -> AsyncIterator[User]:
        cursor = ""
        while True:
            answer = await self._ask("users.list", limit=PAGE, cursor=cursor)
            for user in answer["members"]:
                yield user
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    async def _team(self) -> str:
        if self._team_id is None:
            self._team_id = str((await self._ask("auth.test"))["team_id"])
        return self._team_id

    async def _find_field(self) -> str | None:
        """The id of the profile field with the label, which is what profiles use; None where there is no such field."""
        label = self._label.strip().casefold()
        if not label:
            return None
        answer = await self._ask("team.profile.get")
        for field in answer["profile"].get("fields") or ():
            if field.get("type") == "user" and str(field.get("label", "")).strip().casefold() == label:
                return str(field["id"])
        log.warning("directory.no_manager_field", label=self._label, then="the managers that are known stay")
        return None

    async def _manager(self, person_id: str, field: str) -> Manager:
        try:
            answer = await self._ask("users.profile.get", user=person_id)
        except NoSuchUser:
            return UNKNOWN
        return manager_in(answer["profile"], field) or None

    async def _ask(self, method: str, **arguments: Any) -> AsyncSlackResponse:
        for _ in range(MOST_WAITS):
            try:
                return await self._slack.api_call(
                    method, params={key: value for key, value in arguments.items() if value}
                )
            except SlackApiError as error:
                pause = _pause(error)
                if pause is None:
                    raise _explained(method, error) from error
            except (aiohttp.ClientError, TimeoutError, OSError, SlackClientError) as error:
                raise DirectoryError(
                    f"Slack could not be reached ({method}: {error or type(error).__name__}): check the network, and "
                    "SLACK_API_URL if it is set"
                ) from error
            await asyncio.sleep(pause)
        raise DirectoryError(f"Slack keeps asking to wait ({method}): nothing is wrong, try again in a few minutes")


# -- pure --------------------------------------------------------------------------------------------------------------
def _may_have_a_manager(person: SlackPerson) -> bool:
    return person.manager_id is UNKNOWN and person.active and not person.is_bot


def _demand_addresses(people: Iterable[SlackPerson]) -> None:
    humans = [person for person in people if person.active and not person.is_bot]
    if humans and not any(person.email for person in humans):
        raise DirectoryError(
            "Slack shows nobody's e-mail address, and an invite needs one: the bot token lacks the scope "
            f"users:read.email. {_ADD_SCOPE}"
        )


def _pause(error: SlackApiError) -> float | None:
    """How long Slack asks to wait, in seconds; None when it is another error."""
    if getattr(error.response, "status_code", None) != 429:
        return None
    headers = {name.lower(): value for name, value in error.response.headers.items()}
    return float(headers.get("retry-after", 1))


def _explained(method: str, error: SlackApiError) -> DirectoryError:
    answer = getattr(error.response, "data", None)
    answer = answer if isinstance(answer, Mapping) else {}
    code = answer.get("error")
    match code:
        case None:
            return DirectoryError(f"Slack answered {method} with something that is not JSON: try again later")
        case "missing_scope":
            return NotAllowed(f"the bot token lacks the scope {answer.get('needed')} ({method}). {_ADD_SCOPE}")
        case "plan_upgrade_required":
            return NotAllowed(f"this Slack workspace's plan does not allow {method}")
        case "user_not_found":
            return NoSuchUser(f"Slack knows no such user ({method})")
        case _ if code in NO_TOKEN:
            return DirectoryError(
                f"Slack does not accept SLACK_BOT_TOKEN ({code}): copy the Bot User OAuth Token from "
                "api.slack.com/apps, OAuth & Permissions"
            )
        case _:
            return DirectoryError(f"Slack answered {method} with “{code}”: try again later")

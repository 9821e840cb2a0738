"""Publishes a person's Home tab."""

from __future__ import annotations

from collections.abc import Collection

from slack_sdk.web.async_client import AsyncWebClient

from bot.access import queries
from bot.cards.home import home_view
from bot.engine.reach import is_out_of_reach, look_for_slack
from bot.engine.slack_calls import SlackLater, SlackNever, SlackUnknown, call
from bot.engine.work import Again, Done, Outcome
from storage.database import Database
from storage.task_queue import ClaimedTask


class Homes:
    """Handles the tasks that publish Home tabs."""

    def __init__(self, database: Database, slack: AsyncWebClient, admins: Collection[str]) -> None:
        self._database = database
        self._slack = slack
        self._admins = admins

    async def publish(self, task: ClaimedTask) -> Outcome:
        """Runs one Home task. Publishing the same view twice does no harm, so nothing is remembered."""
        person_id = task.key
        async with self._database.read() as session:
            home = await queries.load_home(
                session,
                person_id,
                is_admin=person_id in await queries.admin_ids(session, self._admins),
                now=self._database.clock.now(),
            )
        if home is None:
            return Done()
        try:
            await call(self._slack.views_publish(user_id=person_id, view=home_view(home)))
        except (SlackLater, SlackUnknown) as error:
            if is_out_of_reach(error):
                await self._database.write(look_for_slack)
            return Again(after=error.after if isinstance(error, SlackLater) else None, error=error.what)
        except SlackNever:
            return Done()
        return Done()

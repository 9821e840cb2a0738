"""What a list shows to whoever looks at it, read anew each time: who may see what is decided here and now."""

from __future__ import annotations

from collections.abc import Collection

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.lists import Look, Reader, Sheet, load_sheet
from bot.access.people_queries import admin_ids
from bot.cards.content import JSON
from bot.cards.lists import list_view
from storage.database import Database


async def make_view(database: Database, admins: Collection[str], reader_id: str, look: Look) -> JSON:
    """The modal of one page of a list.

    Raises:
        Refused: it is not for them.
    """
    reader, sheet = await database.look(_look, admins, reader_id, look, database)
    return list_view(sheet, reader_id=reader_id, now=reader.now)


async def replace_view(client: AsyncWebClient, view: JSON, new: JSON) -> None:
    """Shows something else in a modal that is open."""
    try:
        await client.views_update(view_id=view["id"], hash=view["hash"], view=new)
    except SlackApiError as error:
        if error.response.get("error") not in ("hash_conflict", "not_found"):
            raise
        # it has moved on meanwhile, or is closed: what it shows now is newer than this


async def _look(
    session: AsyncSession, admins: Collection[str], reader_id: str, look: Look, database: Database
) -> tuple[Reader, Sheet]:
    is_admin = reader_id in await admin_ids(session, admins)
    reader = Reader(id=reader_id, is_admin=is_admin, now=database.clock.now())
    return reader, await load_sheet(session, reader, look)

"""What every tool works with: the database, the catalogue, and the words for what will not do."""

from __future__ import annotations

from typing import ParamSpec, TypeVar

import structlog
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from pydantic import ValidationError

from bot.access.catalog import ApplicationEntry
from bot.access.people_facts import load_people
from bot.access.refusals import Refused
from bot.access.wish import WrongWish
from bot.cards.refusals import refusal_words
from bot.chatgpt_app import words
from bot.chatgpt_app.catalogue import Catalogue, Own, Shelf
from bot.chatgpt_app.choosing import NotOffered
from bot.chatgpt_app.door import caller
from bot.chatgpt_app.finding import Index
from storage.database import Database

P = ParamSpec("P")
T = TypeVar("T")

_WENT_WRONG = (
    "Something went wrong inside Usher, and it is nobody's doing here. Please try again in a minute; if it stays so, "
    "whoever runs Usher can find the reason in its log."
)

log = structlog.get_logger(__name__)


class Sorry(Exception):
    """A tool does not do what was wanted; the text is a sentence for the person."""


class Desk:
    """Where calls are dealt with."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._catalogue = Catalogue()

    async def around(self) -> tuple[Shelf, Own]:
        """What there is to ask for now, and what the caller has or waits for."""
        return await self.database.glance(self._catalogue.around, caller().person_id, self.database.clock.now())

    async def words_for(self, tool: str, error: ToolError) -> str:
        """What the person is told. Nothing that they did not say themselves, or that Usher's own texts do not say."""
        match error.__cause__:
            case Sorry() | NotOffered() as sorry:
                return str(sorry)
            case WrongWish() as wrong:
                return " ".join(wrong.fields.values())
            case Refused() as refused:
                return await self._refusal(refused)
            case ValidationError() as invalid:
                return " ".join(_misunderstood(invalid))
            case None if not isinstance(error, UnexpectedToolError):
                return f"There is no tool “{tool}” here."
            case unexpected:
                log.error("chatgpt_app.failed", tool=tool, exc_info=unexpected or error)
                return _WENT_WRONG

    async def _refusal(self, refused: Refused) -> str:
        reader_id = caller().person_id
        name = None
        if refused.who not in (None, reader_id):
            people = await self.database.look(load_people, [refused.who])
            name = people[refused.who].name if refused.who in people else None
        return refusal_words(refused, reader_id=reader_id, name=name)


def one_of(said: str, index: Index) -> ApplicationEntry:
    """The application that was named. Raises `Sorry` with those that it may be."""
    named = index.named(said)
    if named.entry is not None:
        return named.entry
    if named.candidates:
        likely = words.listed_words([f"{entry.name} ({entry.key})" for entry in named.candidates])
        raise Sorry(f"Which application is meant by “{said}”? It may be: {likely}.")
    raise Sorry(f"There is no application “{said}”. {offered(index)}")


def offered(index: Index) -> str:
    """What there is instead of something that was not found."""
    if not index.entries:
        return "There is nothing to ask for yet: an admin has to add an application first."
    tags = f" Tags: {words.listed_words(index.tags, most=30)}." if index.tags else ""
    return f"There are {len(index.entries)} applications; list_apps shows them.{tags}"


def _misunderstood(invalid: ValidationError) -> list[str]:
    found = invalid.errors(include_url=False, include_input=False, include_context=False)
    return [f"“{'.'.join(map(str, one['loc']))}” will not do: {one['msg'].lower()}." for one in found]

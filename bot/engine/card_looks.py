"""Looks up what was posted and what should be, for many subjects together when many are due at once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.engine.board import Board, Desk
from bot.engine.wanted_cards import read_boards
from storage.database import Database
from storage.tables import Card


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was seen of one subject."""

    known: dict[str, Card]  # what was posted, by slot
    board: Board  # what should be
    at: datetime


class CardLooks:
    """Who asks while another look is under way is served by the next one, with all who have asked by then.

    To read one request takes a dozen statements, and to read twenty of them takes the same dozen.
    """

    def __init__(self, database: Database, desk: Desk) -> None:
        self._database = database
        self._desk = desk
        self._waiting: list[tuple[str, asyncio.Future[Look]]] = []
        self._looking: asyncio.Task[None] | None = None

    async def at(self, subject: str) -> Look:
        """A look that begins after this call. Raises what the reading of this subject does."""
        waiter: asyncio.Future[Look] = asyncio.get_running_loop().create_future()
        self._waiting.append((subject, waiter))
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        return await waiter

    async def _look(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting, []
                if len(asked) == 1 or not await self._serve(asked):
                    for one in asked:
                        await self._serve_alone(one)
        finally:
            self._looking = None

    async def _serve(self, asked: Sequence[tuple[str, asyncio.Future[Look]]]) -> bool:
        """False when something went wrong: nobody is to suffer from what only another's subject has."""
        try:
            found = await self._read([subject for subject, _ in asked])
        except Exception:
            return False
        for subject, waiter in asked:
            if not waiter.done():
                waiter.set_result(found[subject])
        return True

    async def _serve_alone(self, asked: tuple[str, asyncio.Future[Look]]) -> None:
        subject, waiter = asked
        try:
            found = await self._read([subject])
        except Exception as error:
            if not waiter.done():
                waiter.set_exception(error)
        else:
            if not waiter.done():
                waiter.set_result(found[subject])

    async def _read(self, subjects: Sequence[str]) -> dict[str, Look]:
        return await self._database.look(_read, subjects, self._desk, self._database.clock.now())


async def _read(session: AsyncSession, subjects: Sequence[str], desk: Desk, now: datetime) -> dict[str, Look]:
    known: dict[str, dict[str, Card]] = defaultdict(dict)
    for card in await session.scalars(sa.select(Card).where(Card.subject.in_(subjects))):
        known[card.subject][card.slot] = card
    asked = {
        subject: {card.recipient for card in known[subject].values() if card.undeliverable} for subject in subjects
    }
    boards = await read_boards(session, asked, desk, now=now)
    return {subject: Look(known=known[subject], board=boards[subject], at=now) for subject in subjects}

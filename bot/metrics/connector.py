"""A connector, counted."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta
from typing import TypeVar

from bot.connectors.contract import Account, Capabilities, Change, Connector, Health, SeatPool
from bot.metrics.counts import Counts

T = TypeVar("T")


class CountedConnector:
    """A connector, with every call counted and timed."""

    def __init__(self, connector: Connector, application: str, counts: Counts) -> None:
        self._connector = connector
        self._application = application
        self._counts = counts

    @property
    def capabilities(self) -> Capabilities:
        return self._connector.capabilities

    def pause(self, change: Change) -> timedelta:
        return self._connector.pause(change)

    async def check(self) -> Health:
        return await self._counted("check", self._connector.check())

    async def observe(self, email: str) -> Account:
        return await self._counted("observe", self._connector.observe(email))

    async def accounts(self) -> list[Account]:
        return await self._counted("accounts", self._connector.accounts())

    async def apply(self, change: Change) -> None:
        await self._counted(type(change).__name__.lower(), self._connector.apply(change))

    async def seats(self) -> SeatPool | None:
        return await self._counted("seats", self._connector.seats())

    async def _counted(self, call: str, request: Awaitable[T]) -> T:
        async with self._counts.connector_call(self._application, call):
            return await request

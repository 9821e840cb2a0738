"""The company's authorization server, and a program that people may connect."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from sandbox.server import Sandbox
from storage.database import Database
from tests.support.authorization import Connect, connecting, know, website
from tests.support.clock import MovableClock


@pytest.fixture
def clock() -> MovableClock:
    """Stands still at the present: Slack signs with its own clock."""
    return MovableClock(datetime.now(UTC))


@pytest.fixture
async def connect(database: Database) -> AsyncIterator[Connect]:
    """Everybody who takes part when somebody connects."""
    await know(database)
    async with Sandbox.start() as sandbox, website() as site, connecting(database, sandbox, site) as connect:
        site.document()
        yield connect

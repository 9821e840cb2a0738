"""The company, running."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from tests.support.quick_loop import QuickLoop, factories
from tests.support.studio import Studio


def pytest_asyncio_loop_factories() -> Mapping[str, type[QuickLoop]]:
    """Tests here run on a quick loop: most of their time would go into politeness towards Slack."""
    return factories()


@pytest.fixture
def database_file(sqlite_template: Path, tmp_path: Path) -> Path:
    """A migrated SQLite database."""
    return Path(shutil.copy(sqlite_template, tmp_path / "usher.db"))


@pytest.fixture
async def studio(database_file: Path) -> AsyncIterator[Studio]:
    """Harbour Studio, with Usher reached over HTTP."""
    async with Studio.open(database_file) as running:
        yield running

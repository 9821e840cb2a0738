"""A company with a real Usher, which the tests start, stop and kill."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.harbour import Harbour


@pytest.fixture
async def harbour(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Harbour]:
    """On SQLite; Usher is not started yet."""
    async with Harbour.open(tmp_path, sqlite_url) as opened:
        yield opened

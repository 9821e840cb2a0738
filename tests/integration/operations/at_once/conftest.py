"""Only on PostgreSQL can two write at the same moment."""

from __future__ import annotations

import pytest


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    """On SQLite everybody waits for whoever writes."""
    return postgresql_url

"""What every test may ask for: a clock to move, and a database of either kind, migrated and empty."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest

from storage import migrate
from storage.database import Database
from tests.support import postgresql
from tests.support.clock import MovableClock

hypothesis.settings.register_profile("usher", derandomize=True, deadline=None, print_blob=True)
hypothesis.settings.load_profile("usher")

#: a test that cannot run because a part is missing fails instead of being skipped
REQUIRE_ALL_PARTS = bool(os.environ.get("USHER_REQUIRE_ALL_PARTS"))
_FOR_THE_TESTS = ("USHER_TEST_", "USHER_REQUIRE_ALL_PARTS")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may also run Usher: its settings must not leak in."""
    for name in list(os.environ):
        if name.startswith(("USHER_", "SLACK_")) and not name.startswith(_FOR_THE_TESTS):
            monkeypatch.delenv(name)


@pytest.fixture
def clock() -> MovableClock:
    """A clock that stands still until the test moves it."""
    return MovableClock()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[postgresql.Server]:
    """One PostgreSQL server for the whole run."""
    with postgresql.running() as server:
        if server is None:
            no_server = "no PostgreSQL server: install one, or set USHER_TEST_POSTGRESQL to a superuser's address"
            (pytest.fail if REQUIRE_ALL_PARTS else pytest.skip)(no_server)
        yield server


@pytest.fixture(scope="session")
def unsteady_server() -> Iterator[postgresql.PrivateServer]:
    """Another one, which forgets nothing that was committed, for tests that stop it."""
    with postgresql.private(durable=True) as server:
        if server is None:
            (pytest.fail if REQUIRE_ALL_PARTS else pytest.skip)("no PostgreSQL server on this machine: install one")
        yield server


@pytest.fixture
def unsteady_url(unsteady_server: postgresql.PrivateServer) -> Iterator[str]:
    """A migrated database on it."""
    name = unsteady_server.create()
    asyncio.run(migrate.upgrade(unsteady_server.url(name)))
    yield unsteady_server.url(name)
    unsteady_server.drop(name)


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: postgresql.Server) -> Iterator[str]:
    """A migrated database to make copies of."""
    name = postgresql_server.create()
    asyncio.run(migrate.upgrade(postgresql_server.url(name)))
    yield name
    postgresql_server.drop(name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file to make copies of."""
    file = tmp_path_factory.mktemp("template") / "usher.db"
    asyncio.run(migrate.upgrade(f"sqlite+aiosqlite:///{file}"))
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database."""
    file = tmp_path / "usher.db"
    shutil.copy(sqlite_template, file)
    return f"sqlite+aiosqlite:///{file}"


@pytest.fixture
def postgresql_url(postgresql_server: postgresql.Server, postgresql_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database."""
    name = postgresql_server.create(template=postgresql_template)
    yield postgresql_server.url(name)
    postgresql_server.drop(name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of either kind: the test runs once on each."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def database(database_url: str, clock: MovableClock) -> AsyncIterator[Database]:
    """An open database whose clock is the test's."""
    opened = await Database.open(database_url, clock=clock)
    yield opened
    await opened.close()

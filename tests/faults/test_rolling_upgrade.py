"""A new version is rolled out over replicas on PostgreSQL, one after the other, and people go on pressing buttons."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage import migrate
from storage.errors import SchemaTooOld
from tests.support.harbour import Harbour
from tests.support.postgresql import Server
from tests.support.previous import previous_version

pytestmark = pytest.mark.postgres


async def test_the_version_before_goes_on_with_the_new_schema(
    postgresql_server: Server, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Its code as it was: it asks, decides, invites and writes the ledger, before and after; then the new one does."""
    code = previous_version(tmp_path_factory.mktemp("previous"))
    if code is None:
        pytest.skip("the version before is not at hand: this is no clone with its history (git fetch --unshallow)")
    name = postgresql_server.create()
    try:
        async with Harbour.open(tmp_path, postgresql_server.url(name)) as harbour:
            crew = [harbour.hire(number) for number in range(3)]
            old = harbour.another_usher(PYTHONPATH=str(code))
            harbour.slack.app.request_url = f"{await old.start()}/slack/events"
            asked_before = await harbour.ask(crew[0])
            with pytest.raises(SchemaTooOld):
                await migrate.check(harbour.database_url)

            await migrate.upgrade(harbour.database_url)  # what the first of the new replicas does at its start
            assert not (await crew[0].manager.press("Approve", in_=asked_before)).error
            await harbour.approved(crew[1])
            await harbour.invited(crew[0], crew[1])
            asked_of_old = await harbour.ask(crew[2])
            assert await old.stop() == 0, old.errors

            await harbour.start()
            assert not (await crew[2].manager.press("Approve", in_=asked_of_old)).error
            await harbour.invited(*crew)
            assert [harbour.invites_sent(employee.email) for employee in crew] == [1, 1, 1]
            assert "Traceback" not in old.errors + harbour.usher.errors
            await harbour.demand_whole_ledger()
    finally:
        postgresql_server.drop(name)

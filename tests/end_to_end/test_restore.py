"""A backup is put back: what Usher remembers is older than the world, so it looks before it writes."""

from __future__ import annotations

from pathlib import Path

from bot.access.operations.look_again import look_again
from bot.access.operations.revoke import revoke
from storage.backup import backup
from storage.database import Transaction
from storage.restore import restore
from storage.tables import EndReason, GrantState
from tests.support.studio import Studio


async def afterwards(tx: Transaction) -> None:
    await look_again(tx, actor="shell:noor", backup="backup.db")


async def test_a_restored_usher_looks_before_it_writes(studio: Studio, database_file: Path, tmp_path: Path) -> None:
    """A seat that was taken away after the backup is seen to be gone, and not given again; one that is there stays.

    A request that was decided since then waits again, and its card says so.
    """
    lena, tom, maya = studio.lena, studio.tom, studio.maya
    await studio.give_seat(lena)
    await studio.give_seat(tom)
    await studio.ask(tom, "figma 30d to draw")
    asked = await studio.asked(maya, tom)
    await studio.at_rest()
    await backup(f"sqlite:///{database_file}", tmp_path / "backup.db")

    [grant] = [grant for grant in await studio.grants() if grant.beneficiary_id == lena.id]
    await studio.usher.database.write(revoke, grant_id=grant.id, actor=studio.noor.id, reason="The pilot is over")
    await studio.in_time(lambda: studio.has(lena) is None)
    await maya.press("Deny", in_=asked)
    await maya.submit({"Reason": "Not now"})
    await studio.until(lambda: not asked.buttons)
    await studio.at_rest()

    restored = tmp_path / "restored.db"
    await restore(f"sqlite:///{restored}", tmp_path / "backup.db", clock=studio.clock, afterwards=afterwards)
    mails = studio.mails(lena), studio.mails(tom)
    async with studio.on_another_database(restored) as again:
        await again.in_time(lambda: "removed_outside" in again.picture())
        await again.until(lambda: "Approve" in asked.buttons)
        states = {
            (grant.beneficiary_id, grant.application): (grant.state, grant.end_reason) for grant in await again.grants()
        }
        [(_, actor, said)] = await again.ledger("database.restored")
    assert states[lena.id, "chatgpt"][1] is EndReason.REMOVED_OUTSIDE
    assert states[tom.id, "chatgpt"] == (GrantState.ACTIVE, None)
    assert (studio.mails(lena), studio.mails(tom)) == mails
    assert studio.has(tom) is not None
    assert (actor, said["accounts"], said["backup"]) == ("shell:noor", 2, "backup.db")

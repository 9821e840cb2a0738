"""What one replica knows while another one does something."""

from __future__ import annotations

from bot.access.operations.ending import end_grant
from bot.connectors.contract import Account as Observed
from bot.connectors.contract import SeatPool, Seats
from bot.engine.situation import Situation, read_situation
from storage.database import Database, Transaction
from storage.tables import EndReason, Grant, GrantState
from tests.integration.operations.asking import rows

ABSENT = Observed(email="lena@harbour.example", status="absent")


async def situation_of(database: Database, application: str = "chatgpt", person: str = "ULENA") -> Situation:
    """What a worker reads before it looks at an account."""
    found = await database.look(read_situation, application, person, now=database.clock.now())
    assert found is not None
    return found


def member(name: str = "lena", *, seat_type: str = "codex") -> Observed:
    """Somebody who was seen to have come."""
    return Observed(
        email=f"{name}@harbour.example", status="member", role="member", seat_type=seat_type, provider_id=name
    )


def codex(used: int) -> SeatPool:
    """Ten seats are paid for."""
    return SeatPool(by_type={"codex": Seats(used=used, invited=0, paid=10)})


async def give_back(tx: Transaction, grant_id: str) -> None:
    """Its owner does not want it any more."""
    await end_grant(tx, await tx.session.get_one(Grant, grant_id), why=EndReason.RELEASED, actor="ULENA")


async def state_of(database: Database, grant_id: str) -> GrantState:
    """Where a grant stands."""
    [grant] = await rows(database, Grant, Grant.id == grant_id)
    return grant.state

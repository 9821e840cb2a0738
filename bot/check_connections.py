"""Does PostgreSQL give Usher as many connections as it may come to want?"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.connectors.contract import Condition
from storage.database import Database

#: beside the pool: one that listens for tasks, and one for a moment at a start and when /readyz is asked
BESIDE_THE_POOL = 2

# What is kept for superusers and others is not for Usher (postgresql.org, "Connections and Authentication"); the newer
# of the two settings is there from PostgreSQL 16 on. A role and a database may have limits of their own, -1 for none.
_GIVEN = sa.text(
    "SELECT current_setting('max_connections')::int"
    " - current_setting('superuser_reserved_connections')::int"
    " - coalesce(current_setting('reserved_connections', true), '0')::int,"
    " (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),"
    " (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database())"
)


async def check_connections(database: Database, pool: int) -> Condition:
    """Compares the pool with what the server gives.

    Args:
        database: PostgreSQL's.
        pool: USHER_DATABASE_POOL.
    """
    given = await database.look(_given)
    wanted = pool + BESIDE_THE_POOL
    name = "Connections"
    if given < wanted:
        return Condition(
            name=name,
            ok=False,
            detail=f"Usher may want {wanted} connections (USHER_DATABASE_POOL and {BESIDE_THE_POOL} more), and "
            f"PostgreSQL gives {given}",
            remedy="Lower USHER_DATABASE_POOL, or raise max_connections (or the role's or the database's own limit).",
        )
    replicas = given // wanted
    return Condition(
        name=name,
        ok=True,
        detail=f"{wanted} of the {given} that PostgreSQL gives: enough for {replicas} "
        f"replica{'' if replicas == 1 else 's'}",
    )


async def _given(session: AsyncSession) -> int:
    limits: list[int | None] = [*(await session.execute(_GIVEN)).one()]
    return min(limit for limit in limits if limit is not None)

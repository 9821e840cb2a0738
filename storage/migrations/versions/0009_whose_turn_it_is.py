"""What can wait a little says so, and what cannot goes first.

Only adds: the version before runs on this schema too.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
works_with = "0007"
branch_labels = None
depends_on = None

_TURN = "coalesce(due_by, run_at)"


def upgrade() -> None:
    op.add_column("tasks", sa.Column("due_by", sa.DateTime(timezone=True), nullable=True))
    for name, predicate in (
        ("ix_tasks_turn", "state = 'open'"),
        ("ix_tasks_turn_besides_accounts", "state = 'open' AND kind <> 'account'"),
    ):
        where = sa.text(predicate)
        op.create_index(name, "tasks", [sa.text(_TURN), "id"], sqlite_where=where, postgresql_where=where)

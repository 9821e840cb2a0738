"""What caused a task: the id that its log lines and the ledger carry, too.

Only adds: the version before runs on this schema too.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tasks", sa.Column("trace", sa.Text(), nullable=True))

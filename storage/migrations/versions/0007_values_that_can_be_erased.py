"""Values of the ledger's lines are sealed one by one, so that a person's can be erased and the chain still holds.

Only adds: the version before runs on this schema too. Its lines, and those from before, are hashed as a whole.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ledger", sa.Column("salt", sa.Text(), nullable=True))
    op.add_column("ledger", sa.Column("seals", sa.Text(), nullable=True))

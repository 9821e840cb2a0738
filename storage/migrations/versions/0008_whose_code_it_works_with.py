"""The database says whose code may work with it, so that an Usher of the version before goes on during an upgrade.

Only adds: the version before runs on this schema too.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
works_with = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alembic_version", sa.Column("works_with", sa.Text(), nullable=True))

"""How Alembic runs Usher's migrations: on the connection, and in the transaction, that it is given."""

from __future__ import annotations

from alembic import context

from storage.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite cannot alter most things in place
    compare_type=True,
)

with context.begin_transaction():
    context.run_migrations()

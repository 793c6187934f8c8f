"""Run by Alembic; takes the connection from its caller, so it reads no settings."""

from alembic import context

from threet.adapters.sql.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()

"""Run by Alembic; takes the connection from its caller, so it reads no settings."""

from alembic import context

from threet.adapters.sql.trading_schema import EVERY_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=EVERY_TABLE,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()

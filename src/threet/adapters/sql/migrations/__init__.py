"""Alembic's environment and revisions; run by `adapters/sql/migrate.py`."""

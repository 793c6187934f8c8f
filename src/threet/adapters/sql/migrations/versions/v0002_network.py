"""Which network the rows are of: a simulator's bars must never replace real ones."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bound_network",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("network", sa.String(16), nullable=False),
        if_not_exists=True,
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_nopad_bin",
    )

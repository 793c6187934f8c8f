"""When a gap is asked for next, whether it was given up; how far pairs were filled."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import VARCHAR

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIMEFRAME = sa.String(4).with_variant(
    VARCHAR(4, charset="ascii", collation="ascii_bin"), "mariadb"
)


def upgrade() -> None:
    columns = sa.inspect(op.get_bind()).get_columns("candle_gaps")
    known = {one["name"] for one in columns}
    if "due_ms" not in known:
        due = sa.Column("due_ms", sa.BigInteger, nullable=False, server_default="0")
        op.add_column("candle_gaps", due)
    if "given_up" not in known:
        no = sa.false()
        given_up = sa.Column("given_up", sa.Boolean, nullable=False, server_default=no)
        op.add_column("candle_gaps", given_up)
    op.create_index(
        "candle_gaps_by_due", "candle_gaps", ["given_up", "due_ms"], if_not_exists=True
    )
    op.create_table(
        "candle_backfills",
        sa.Column("product_id", sa.Integer, autoincrement=False),
        sa.Column("timeframe", _TIMEFRAME),
        sa.Column("since_ms", sa.BigInteger, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("product_id", "timeframe"),
        if_not_exists=True,
        sqlite_with_rowid=False,
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_nopad_bin",
    )

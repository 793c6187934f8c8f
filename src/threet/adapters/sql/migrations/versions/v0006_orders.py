"""Orders that rest, as the gateway last saw them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_AMOUNT = sa.Numeric(38, 18).with_variant(sa.String(40), "sqlite")


def upgrade() -> None:
    _create(
        "orders",
        _account(),
        _whole("oid"),
        _text("symbol", 64),
        _text("cloid", 34, nullable=True),
        _text("side", 4),
        _amount("quantity"),
        _amount("remaining"),
        _amount("limit_price"),
        _text("status", 48),
        _whole("status_ms"),
        sa.Column("reduce_only", sa.Boolean, nullable=False),
        _amount("trigger_price", nullable=True),
        sa.PrimaryKeyConstraint("account_id", "oid"),
    )
    _create(
        "order_views",
        _account(),
        _whole("as_of_ms"),
        sa.PrimaryKeyConstraint("account_id"),
    )


def downgrade() -> None:
    op.drop_table("order_views")
    op.drop_table("orders")


def _create(name: str, *parts: Any) -> None:
    op.create_table(
        name,
        *parts,
        if_not_exists=True,
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_nopad_bin",
    )


def _account() -> sa.Column[Any]:
    owner = sa.ForeignKey("accounts.id")
    return sa.Column("account_id", sa.Integer, owner, nullable=False)


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _whole(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=False, autoincrement=False)


def _amount(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, _AMOUNT, nullable=nullable)

"""The ledger: whose an intent was, ledger updates, checks of the equity."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import LONGTEXT

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_AMOUNT = sa.Numeric(38, 18).with_variant(sa.String(40), "sqlite")
_LONG = sa.Text().with_variant(LONGTEXT, "mariadb")


def upgrade() -> None:
    columns = sa.inspect(op.get_bind()).get_columns("order_intents")
    if "wants" not in {one["name"] for one in columns}:
        op.add_column("order_intents", sa.Column("wants", _LONG, nullable=True))
    _updates()
    _checks()


def _create(name: str, *parts: Any) -> None:
    op.create_table(
        name,
        *parts,
        if_not_exists=True,
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_nopad_bin",
    )


def _text(name: str, length: int) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=False)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=False, autoincrement=False)


def _amounts(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, _AMOUNT, nullable=nullable) for name in names]


def _account() -> sa.Column[Any]:
    key = sa.ForeignKey("accounts.id")
    return sa.Column("account_id", sa.Integer, key, nullable=False)


def _updates() -> None:
    _create(
        "ledger_updates",
        _account(),
        _text("key", 64),
        _number("time_ms"),
        _text("kind", 40),
        *_amounts("amount", nullable=True),
        _text("detail", 255),
        _text("symbol", 64),
        *_amounts("quantity"),
        *_amounts("cost", nullable=True),
        sa.PrimaryKeyConstraint("account_id", "key"),
    )
    op.create_index(
        "ledger_updates_by_time",
        "ledger_updates",
        ["account_id", "time_ms"],
        if_not_exists=True,
    )


def _checks() -> None:
    _create(
        "equity_checks",
        _account(),
        _number("account_ms"),
        *_amounts("account_value", "deposits", "realized", "funding", "fees"),
        *_amounts("unrealized"),
        _text("verdict", 16),
        sa.PrimaryKeyConstraint("account_id", "account_ms"),
    )

"""The tables of trading: runs, targets, decisions, intents, fills, halts."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import LONGTEXT

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_AMOUNT = sa.Numeric(38, 18).with_variant(sa.String(40), "sqlite")
_LONG = sa.Text().with_variant(LONGTEXT, "mariadb")


def upgrade() -> None:
    _decisions()
    _orders()
    _money()


def _create(name: str, *parts: Any) -> None:
    op.create_table(
        name,
        *parts,
        if_not_exists=True,
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_nopad_bin",
    )


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _long(name: str) -> sa.Column[Any]:
    return sa.Column(name, _LONG, nullable=False)


def _number(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=nullable, autoincrement=False)


def _amounts(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, _AMOUNT, nullable=nullable) for name in names]


def _account() -> sa.Column[Any]:
    key = sa.ForeignKey("accounts.id")
    return sa.Column("account_id", sa.Integer, key, nullable=False)


def _decisions() -> None:
    _create(
        "strategy_runs",
        _text("name", 96),
        _text("strategy", 96),
        _long("parameters"),
        _long("memory"),
        _number("started_ms"),
        sa.PrimaryKeyConstraint("name"),
    )
    _create(
        "targets",
        _text("run", 96),
        _text("symbol", 64),
        *_amounts("quantity"),
        *_amounts("stop_loss", "take_profit", nullable=True),
        _text("decision_id", 160),
        _number("at_ms"),
        sa.PrimaryKeyConstraint("run", "symbol"),
    )
    _create(
        "decisions",
        _text("decision_id", 160),
        _text("run", 96),
        _number("at_ms"),
        _long("record"),
        sa.PrimaryKeyConstraint("decision_id"),
    )
    op.create_index("decisions_by_time", "decisions", ["at_ms"], if_not_exists=True)
    _create(
        "decision_symbols",
        _text("symbol", 64),
        _number("at_ms"),
        _text("decision_id", 160),
        sa.PrimaryKeyConstraint("symbol", "at_ms", "decision_id"),
    )


def _orders() -> None:
    _create(
        "signers",
        _text("address", 64),
        _number("last_nonce"),
        sa.PrimaryKeyConstraint("address"),
    )
    _create(
        "order_intents",
        _text("intent_id", 160),
        _account(),
        _text("cloid", 34),
        _number("nonce"),
        _number("expires_ms"),
        _number("created_ms"),
        _text("symbol", 64),
        _text("run", 96),
        _long("spec"),
        _text("state", 16),
        _number("oid", nullable=True),
        _text("reason", 255),
        sa.PrimaryKeyConstraint("intent_id"),
        sa.UniqueConstraint("account_id", "cloid", name="intents_by_cloid"),
    )
    op.create_index(
        "intents_by_state",
        "order_intents",
        ["account_id", "state"],
        if_not_exists=True,
    )


def _money() -> None:
    _create(
        "fills",
        _account(),
        _text("symbol", 64),
        _number("tid"),
        _number("time_ms"),
        _number("oid"),
        _text("cloid", 34, nullable=True),
        _text("side", 4),
        *_amounts("price", "quantity", "fee", "closed_pnl", "start_position"),
        sa.Column("is_taker", sa.Boolean, nullable=False),
        sa.Column("is_liquidation", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "symbol", "tid", "time_ms"),
    )
    times = ["account_id", "time_ms"]
    op.create_index("fills_by_time", "fills", times, if_not_exists=True)
    op.create_index("fills_by_cloid", "fills", ["cloid"], if_not_exists=True)
    _create(
        "funding_payments",
        _account(),
        _text("symbol", 64),
        _number("time_ms"),
        *_amounts("amount", "rate", "quantity"),
        sa.PrimaryKeyConstraint("account_id", "symbol", "time_ms"),
    )
    _create(
        "halts",
        _account(),
        _text("cause", 32),
        _text("reason", 255),
        _number("since_ms"),
        sa.PrimaryKeyConstraint("account_id", "cause"),
    )

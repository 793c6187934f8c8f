"""The first tables, and the first 25 products.

Written out, not taken from `schema.py`: a migration says what the tables were then.
"""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import LONGTEXT, VARCHAR

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = {"mariadb_charset": "utf8mb4", "mariadb_collate": "utf8mb4_nopad_bin"}
DURABLE: Mapping[str, Any] = {"mariadb_engine": "InnoDB", **TEXT}
CACHE: Mapping[str, Any] = {"mariadb_engine": "MEMORY", **TEXT}
NO_ROWID: Mapping[str, Any] = {"sqlite_with_rowid": False}

AMOUNT = sa.Numeric(38, 18).with_variant(sa.String(40), "sqlite")
TIMEFRAME = sa.String(4).with_variant(
    VARCHAR(4, charset="ascii", collation="ascii_bin"), "mariadb"
)
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _identity()
    _account()
    _bars()
    _queues()
    _seed()


def _create(name: str, options: Mapping[str, Any], *parts: Any) -> None:
    op.create_table(name, *parts, if_not_exists=True, **options)


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _text(name: str, length: int) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=False)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, nullable=False, autoincrement=False)


def _ms(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=False, autoincrement=False)


def _amounts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, AMOUNT, nullable=False) for name in names]


def _to(name: str, target: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, sa.ForeignKey(target), nullable=False)


def _identity() -> None:
    for table in ("exchanges", "instruments"):
        unique = sa.UniqueConstraint("name", name=f"{table}_by_name")
        _create(table, DURABLE, _id(), _text("name", 64), unique)
    _create(
        "products",
        DURABLE,
        _id(),
        _to("exchange_id", "exchanges.id"),
        _to("instrument_id", "instruments.id"),
        _text("symbol", 64),
        _text("pair", 96),
        _text("product_type", 8),
        _number("max_leverage"),
        sa.Column("quantity_decimals", sa.Integer, nullable=True),
        sa.Column("is_delisted", sa.Boolean, nullable=False),
        sa.UniqueConstraint("exchange_id", "symbol", name="products_by_symbol"),
        sa.UniqueConstraint("exchange_id", "pair", name="products_by_pair"),
    )


def _account() -> None:
    _create(
        "accounts",
        DURABLE,
        _id(),
        _to("exchange_id", "exchanges.id"),
        _text("address", 64),
        _ms("account_ms"),
        sa.UniqueConstraint("exchange_id", "address", name="accounts_by_address"),
    )
    _create(
        "positions",
        DURABLE,
        _to("account_id", "accounts.id"),
        _text("symbol", 64),
        *_amounts("quantity", "entry_price"),
        _number("leverage"),
        _text("margin_mode", 8),
        *_amounts("margin_used", "position_value", "unrealized_pnl"),
        sa.Column("liquidation_price", AMOUNT, nullable=True),
        *_amounts("funding_since_open"),
        sa.PrimaryKeyConstraint("account_id", "symbol"),
    )
    _create(
        "balance_history",
        DURABLE,
        _to("account_id", "accounts.id"),
        _ms("account_ms"),
        *_amounts("account_value", "total_margin_used", "total_notional"),
        *_amounts("withdrawable", "maintenance_margin"),
        sa.PrimaryKeyConstraint("account_id", "account_ms"),
    )


def _pair() -> list[sa.Column[Any]]:
    timeframe: sa.Column[Any] = sa.Column("timeframe", TIMEFRAME, nullable=False)
    return [_number("product_id"), timeframe]


def _bar() -> list[sa.Column[Any]]:
    prices = _amounts("open", "high", "low", "close", "volume")
    return [*_pair(), _ms("open_ms"), *prices, _number("trades")]


def _btree(*names: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*names, mariadb_using="btree", mysql_using="btree")


def _bars() -> None:
    bar = ("product_id", "timeframe", "open_ms")
    durable = {**DURABLE, **NO_ROWID}
    cache = {**CACHE, **NO_ROWID}
    _create("candles", durable, *_bar(), sa.PrimaryKeyConstraint(*bar))
    is_closed: sa.Column[Any] = sa.Column("is_closed", sa.Boolean, nullable=False)
    _create("market_data", cache, *_bar(), is_closed, _btree(*bar))
    gap = [_ms(name) for name in ("start_ms", "end_ms", "found_ms", "asked_ms")]
    key = sa.PrimaryKeyConstraint("product_id", "timeframe", "start_ms")
    _create("candle_gaps", durable, *_pair(), *gap, key)


def _queues() -> None:
    event = sa.Text().with_variant(LONGTEXT(), "mariadb")
    _create(
        "outbox",
        DURABLE,
        sa.Column("id", COUNTER, primary_key=True),
        _text("event_id", 160),
        _text("event_type", 64),
        sa.Column("event", event, nullable=False),
        _text("traceparent", 64),
        sa.UniqueConstraint("event_id", name="outbox_by_event"),
    )
    _create(
        "inbox",
        DURABLE,
        _text("consumer", 64),
        _text("event_id", 160),
        _ms("seen_ms"),
        sa.PrimaryKeyConstraint("consumer", "event_id"),
    )
    op.create_index(
        "inbox_by_age", "inbox", ["consumer", "seen_ms"], if_not_exists=True
    )


def _seed() -> None:
    text = (files("threet.adapters.sql") / "seed_products.json").read_text("utf-8")
    rows: Sequence[Mapping[str, Any]] = json.loads(text)
    exchanges = _names("exchanges", [row["exchange"] for row in rows])
    instruments = _names("instruments", [row["instrument"] for row in rows])
    table = sa.table(
        "products",
        *(sa.column(name) for name in ("exchange_id", "instrument_id", "symbol")),
        *(sa.column(name) for name in ("pair", "product_type", "max_leverage")),
        sa.column("is_delisted"),
    )
    known = set(op.get_bind().execute(sa.select(table.c.symbol)).scalars())
    missing = [
        {
            "exchange_id": exchanges[row["exchange"]],
            "instrument_id": instruments[row["instrument"]],
            "symbol": row["instrument"],  # the exchange's own name
            "pair": row["symbol"],
            "product_type": row["product_type"],
            "max_leverage": row["max_leverage"],
            "is_delisted": False,
        }
        for row in rows
        if row["instrument"] not in known
    ]
    if missing:
        op.get_bind().execute(sa.insert(table), missing)


def _names(table_name: str, names: Sequence[str]) -> Mapping[str, int]:
    """Ids by name, after adding the missing ones in their order."""
    table = sa.table(table_name, sa.column("id"), sa.column("name"))
    bind = op.get_bind()
    known = set(bind.execute(sa.select(table.c.name)).scalars())
    missing = [name for name in dict.fromkeys(names) if name not in known]
    if missing:
        bind.execute(sa.insert(table), [{"name": name} for name in missing])
    rows = bind.execute(sa.select(table.c.name, table.c.id))
    return {row[0]: row[1] for row in rows}

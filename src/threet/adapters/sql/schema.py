"""Every table, once, for MariaDB and SQLite; amounts exact, instants UTC milliseconds.

A change here needs a migration beside `migrations/versions`; a test compares the two.
Deliberately without foreign keys on ``candles`` (bulk loads) and ``market_data``
(MariaDB's MEMORY engine has none): both take ids only from ``products``.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.dialects.mysql import LONGTEXT, VARCHAR

from threet.adapters.sql.amounts import Exact

metadata = MetaData()

# Binary, unpadded: "kPEPE", "KPEPE" and "kPEPE " are three symbols.
_TEXT: dict[str, Any] = {
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_nopad_bin",
}
DURABLE: dict[str, Any] = {"mariadb_engine": "InnoDB", **_TEXT}
_CACHE: dict[str, Any] = {"mariadb_engine": "MEMORY", **_TEXT}

SYMBOL = String(64)
# MEMORY rows are as wide as their columns may be: one byte a character.
TIMEFRAME = String(4).with_variant(
    VARCHAR(4, charset="ascii", collation="ascii_bin"), "mariadb"
)
_COUNTER = BigInteger().with_variant(Integer, "sqlite")


def _amount(name: str) -> Column[Any]:
    return Column(name, Exact, nullable=False)


def _ms(name: str) -> Column[Any]:
    return Column(name, BigInteger, nullable=False, autoincrement=False)


def _pair_columns() -> list[Column[Any]]:
    return [
        Column("product_id", Integer, nullable=False, autoincrement=False),
        Column("timeframe", TIMEFRAME, nullable=False),
    ]


def _bar_columns() -> list[Column[Any]]:
    return [
        *_pair_columns(),
        _ms("open_ms"),
        *(_amount(name) for name in ("open", "high", "low", "close", "volume")),
        Column("trades", Integer, nullable=False),
    ]


exchanges = Table(
    "exchanges",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False),
    UniqueConstraint("name", name="exchanges_by_name"),
    **DURABLE,
)

instruments = Table(
    "instruments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", SYMBOL, nullable=False),
    UniqueConstraint("name", name="instruments_by_name"),
    **DURABLE,
)

products = Table(
    "products",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("exchange_id", Integer, ForeignKey(exchanges.c.id), nullable=False),
    Column("instrument_id", Integer, ForeignKey(instruments.c.id), nullable=False),
    Column("symbol", SYMBOL, nullable=False),
    Column("pair", String(96), nullable=False),
    Column("product_type", String(8), nullable=False),
    Column("max_leverage", Integer, nullable=False),
    Column("quantity_decimals", Integer, nullable=True),
    Column("is_delisted", Boolean, nullable=False),
    UniqueConstraint("exchange_id", "symbol", name="products_by_symbol"),
    UniqueConstraint("exchange_id", "pair", name="products_by_pair"),
    **DURABLE,
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("exchange_id", Integer, ForeignKey(exchanges.c.id), nullable=False),
    Column("address", String(64), nullable=False),
    # Of the newest stored reading; 0 before the first.
    _ms("account_ms"),
    UniqueConstraint("exchange_id", "address", name="accounts_by_address"),
    **DURABLE,
)

positions = Table(
    "positions",
    metadata,
    Column("account_id", Integer, ForeignKey(accounts.c.id), nullable=False),
    # By symbol, not product: an account may hold what 3T does not keep.
    Column("symbol", SYMBOL, nullable=False),
    _amount("quantity"),
    _amount("entry_price"),
    Column("leverage", Integer, nullable=False),
    Column("margin_mode", String(8), nullable=False),
    _amount("margin_used"),
    _amount("position_value"),
    _amount("unrealized_pnl"),
    Column("liquidation_price", Exact, nullable=True),
    _amount("funding_since_open"),
    PrimaryKeyConstraint("account_id", "symbol"),
    **DURABLE,
)

balance_history = Table(
    "balance_history",
    metadata,
    Column("account_id", Integer, ForeignKey(accounts.c.id), nullable=False),
    _ms("account_ms"),
    _amount("account_value"),
    _amount("total_margin_used"),
    _amount("total_notional"),
    _amount("withdrawable"),
    _amount("maintenance_margin"),
    PrimaryKeyConstraint("account_id", "account_ms"),
    **DURABLE,
)

candles = Table(
    "candles",
    metadata,
    *_bar_columns(),
    PrimaryKeyConstraint("product_id", "timeframe", "open_ms"),
    sqlite_with_rowid=False,
    **DURABLE,
)

market_data = Table(
    "market_data",
    metadata,
    *_bar_columns(),
    Column("is_closed", Boolean, nullable=False),
    # MEMORY hashes its keys unless told otherwise, and a hash knows no ranges.
    PrimaryKeyConstraint(
        "product_id", "timeframe", "open_ms", mariadb_using="btree", mysql_using="btree"
    ),
    sqlite_with_rowid=False,
    **_CACHE,
)

candle_gaps = Table(
    "candle_gaps",
    metadata,
    *_pair_columns(),
    _ms("start_ms"),  # open time of the first missing bar
    _ms("end_ms"),  # open time of the first bar after the gap
    _ms("found_ms"),
    _ms("asked_ms"),  # 0 before the first question
    Column("due_ms", BigInteger, nullable=False, server_default="0"),
    Column("given_up", Boolean, nullable=False, server_default=false()),
    PrimaryKeyConstraint("product_id", "timeframe", "start_ms"),
    Index("candle_gaps_by_due", "given_up", "due_ms"),
    sqlite_with_rowid=False,
    **DURABLE,
)

# From ``since_ms`` on a pair was asked for whole, whatever of it the exchange had.
candle_backfills = Table(
    "candle_backfills",
    metadata,
    *_pair_columns(),
    _ms("since_ms"),
    PrimaryKeyConstraint("product_id", "timeframe"),
    sqlite_with_rowid=False,
    **DURABLE,
)

# Rows wait here from the transaction of their facts until they are published.
outbox = Table(
    "outbox",
    metadata,
    Column("id", _COUNTER, primary_key=True),
    Column("event_id", String(160), nullable=False),
    Column("event_type", String(64), nullable=False),
    Column("event", Text().with_variant(LONGTEXT, "mariadb"), nullable=False),
    Column("traceparent", String(64), nullable=False),
    UniqueConstraint("event_id", name="outbox_by_event"),
    **DURABLE,
)

inbox = Table(
    "inbox",
    metadata,
    Column("consumer", String(64), nullable=False),
    Column("event_id", String(160), nullable=False),
    _ms("seen_ms"),
    PrimaryKeyConstraint("consumer", "event_id"),
    Index("inbox_by_age", "consumer", "seen_ms"),
    **DURABLE,
)

# One row at most: the network that every other row is of.
bound_network = Table(
    "bound_network",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("network", String(16), nullable=False),
    **DURABLE,
)

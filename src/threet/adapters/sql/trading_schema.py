"""The tables of trading: runs, targets, decisions, intents, fills, halts."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.mysql import LONGTEXT

from threet.adapters.sql.amounts import Exact
from threet.adapters.sql.schema import DURABLE, SYMBOL, accounts, metadata

NAME = String(96)
_ID = String(160)
_LONG = Text().with_variant(LONGTEXT, "mariadb")


def _account() -> Column[Any]:
    return Column("account_id", Integer, ForeignKey(accounts.c.id), nullable=False)


def _ms(name: str) -> Column[Any]:
    return Column(name, BigInteger, nullable=False, autoincrement=False)


def _number(name: str) -> Column[Any]:
    return Column(name, BigInteger, nullable=False, autoincrement=False)


# What a run must remember over a restart.
strategy_runs = Table(
    "strategy_runs",
    metadata,
    Column("name", NAME, nullable=False),
    Column("strategy", NAME, nullable=False),
    Column("parameters", _LONG, nullable=False),
    Column("memory", _LONG, nullable=False),
    _ms("started_ms"),
    PrimaryKeyConstraint("name"),
    **DURABLE,
)

# What each run wants now, as its gates granted it.
targets = Table(
    "targets",
    metadata,
    Column("run", NAME, nullable=False),
    Column("symbol", SYMBOL, nullable=False),
    Column("quantity", Exact, nullable=False),
    Column("stop_loss", Exact, nullable=True),
    Column("take_profit", Exact, nullable=True),
    Column("decision_id", _ID, nullable=False),
    _ms("at_ms"),
    PrimaryKeyConstraint("run", "symbol"),
    **DURABLE,
)

decisions = Table(
    "decisions",
    metadata,
    Column("decision_id", _ID, nullable=False),
    Column("run", NAME, nullable=False),
    _ms("at_ms"),
    Column("record", _LONG, nullable=False),
    PrimaryKeyConstraint("decision_id"),
    Index("decisions_by_time", "at_ms"),
    **DURABLE,
)

# By which symbols a decision is found.
decision_symbols = Table(
    "decision_symbols",
    metadata,
    Column("symbol", SYMBOL, nullable=False),
    _ms("at_ms"),
    Column("decision_id", _ID, nullable=False),
    PrimaryKeyConstraint("symbol", "at_ms", "decision_id"),
    **DURABLE,
)

# The last nonce of each signer: only its one writer takes the next.
signers = Table(
    "signers",
    metadata,
    Column("address", String(64), nullable=False),
    _number("last_nonce"),
    PrimaryKeyConstraint("address"),
    **DURABLE,
)

order_intents = Table(
    "order_intents",
    metadata,
    Column("intent_id", _ID, nullable=False),
    _account(),
    Column("cloid", String(34), nullable=False),
    _number("nonce"),
    _ms("expires_ms"),
    _ms("created_ms"),
    Column("symbol", SYMBOL, nullable=False),
    Column("run", NAME, nullable=False),
    Column("spec", _LONG, nullable=False),
    Column("state", String(16), nullable=False),
    Column("oid", BigInteger, nullable=True),
    Column("reason", String(255), nullable=False),
    # What each run wanted to hold, as JSON: whose the fills are.
    Column("wants", _LONG, nullable=True),
    PrimaryKeyConstraint("intent_id"),
    UniqueConstraint("account_id", "cloid", name="intents_by_cloid"),
    Index("intents_by_state", "account_id", "state"),
    **DURABLE,
)

# Of each fill one row, however often it is told (F20, F21).
fills = Table(
    "fills",
    metadata,
    _account(),
    Column("symbol", SYMBOL, nullable=False),
    _number("tid"),
    _ms("time_ms"),
    _number("oid"),
    Column("cloid", String(34), nullable=True),
    Column("side", String(4), nullable=False),
    Column("price", Exact, nullable=False),
    Column("quantity", Exact, nullable=False),
    Column("fee", Exact, nullable=False),
    Column("closed_pnl", Exact, nullable=False),
    Column("start_position", Exact, nullable=False),
    Column("is_taker", Boolean, nullable=False),
    Column("is_liquidation", Boolean, nullable=False),
    PrimaryKeyConstraint("account_id", "symbol", "tid", "time_ms"),
    Index("fills_by_time", "account_id", "time_ms"),
    Index("fills_by_cloid", "cloid"),
    **DURABLE,
)

funding_payments = Table(
    "funding_payments",
    metadata,
    _account(),
    Column("symbol", SYMBOL, nullable=False),
    _ms("time_ms"),
    Column("amount", Exact, nullable=False),
    Column("rate", Exact, nullable=False),
    Column("quantity", Exact, nullable=False),
    PrimaryKeyConstraint("account_id", "symbol", "time_ms"),
    **DURABLE,
)

# Deposits, withdrawals, transfers, liquidations; openings and acceptances are ours.
ledger_updates = Table(
    "ledger_updates",
    metadata,
    _account(),
    Column("key", String(64), nullable=False),
    _ms("time_ms"),
    Column("kind", String(40), nullable=False),
    Column("amount", Exact, nullable=True),
    Column("detail", String(255), nullable=False),
    Column("symbol", SYMBOL, nullable=False),
    Column("quantity", Exact, nullable=False),
    Column("cost", Exact, nullable=True),
    PrimaryKeyConstraint("account_id", "key"),
    Index("ledger_updates_by_time", "account_id", "time_ms"),
    **DURABLE,
)

# Whether what is booked explains the account's value.
equity_checks = Table(
    "equity_checks",
    metadata,
    _account(),
    _ms("account_ms"),
    Column("account_value", Exact, nullable=False),
    Column("deposits", Exact, nullable=False),
    Column("realized", Exact, nullable=False),
    Column("funding", Exact, nullable=False),
    Column("fees", Exact, nullable=False),
    Column("unrealized", Exact, nullable=False),
    Column("verdict", String(16), nullable=False),
    PrimaryKeyConstraint("account_id", "account_ms"),
    **DURABLE,
)

# Orders that rest, as the gateway last saw them; `order_views` says when that was.
orders = Table(
    "orders",
    metadata,
    _account(),
    _number("oid"),
    Column("symbol", SYMBOL, nullable=False),
    Column("cloid", String(34), nullable=True),
    Column("side", String(4), nullable=False),
    Column("quantity", Exact, nullable=False),
    Column("remaining", Exact, nullable=False),
    Column("limit_price", Exact, nullable=False),
    Column("status", String(48), nullable=False),
    _ms("status_ms"),
    Column("reduce_only", Boolean, nullable=False),
    Column("trigger_price", Exact, nullable=True),
    PrimaryKeyConstraint("account_id", "oid"),
    **DURABLE,
)

order_views = Table(
    "order_views",
    metadata,
    _account(),
    _ms("as_of_ms"),
    PrimaryKeyConstraint("account_id"),
    **DURABLE,
)

# A row here keeps an account from new risk until somebody resumes it.
halts = Table(
    "halts",
    metadata,
    _account(),
    Column("cause", String(32), nullable=False),
    Column("reason", String(255), nullable=False),
    _ms("since_ms"),
    PrimaryKeyConstraint("account_id", "cause"),
    **DURABLE,
)

# With the tables above every one there is.
EVERY_TABLE = metadata

"""A day of market through every shipped strategy: the ledger is what hlsim has, to the
last digit. `make play-day` plays the whole day; here it is short (DAY_MINUTES)."""

import os
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hlsim.core.margin import PositionState
from hlsim.core.numbers import USD_DECIMALS
from hlsim.server.settings import RecordedFile, Settings
from tests.integration.trading.virtual_day import (
    ADDRESS,
    START_MS,
    VirtualDay,
    recorded,
    synthetic,
)
from threet.accounts.pnl import by_day, by_product, by_run, total
from threet.adapters.sql.database import Database
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.migrate import migrate
from threet.model.money import EquityVerdict
from threet.strategies.catalogue import SHIPPED

pytestmark = pytest.mark.slow

# Until every strategy is warm: the recorded market has no bars from before.
SHORT = {"synthetic": 20, "recorded": 50}
BASANA = Path("tests/data/candles/basana")

Runs = Mapping[str, tuple[str, Mapping[str, object]]]


def runs(one: str, other: str, third: str) -> Runs:
    """Fast enough for an hour, and several on each product, against each other."""
    fast = {"timeframe": "1m"}
    return {
        "trend": (
            "ema_trend",
            {**fast, "symbol": one, "fast": 3, "slow": 8, "volatility_bars": 10},
        ),
        "donchian": (
            "donchian",
            {**fast, "symbol": one, "entry_bars": 3, "exit_bars": 2, "weight": 0.2},
        ),
        "rsi": (
            "rsi_reversion",
            {**fast, "symbol": other, "period": 4, "low": 45, "high": 55},
        ),
        "carry": (
            "funding_carry",
            {**fast, "symbol": third, "enter_yearly": 0.02, "leave_yearly": 0.01},
        ),
        "entropy": (
            "entropy_trend",
            {
                **fast,
                "symbol": other,
                "order": 3,
                "entropy_bars": 30,
                "most_entropy": 1,
                "trend_bars": 3,
            },
        ),
        "hold": ("buy_and_hold", {**fast, "symbol": third, "weight": 0.3}),
        "momentum": (
            "momentum_portfolio",
            {
                **fast,
                "symbols": (one, other, third),
                "bars": 6,
                "each": 1,
                "gross": 0.6,
            },
        ),
    }


MARKETS: Mapping[str, tuple[Settings, Runs]] = {
    "synthetic": (synthetic(11), runs("SOL", "ETH", "BTC")),
    "recorded": (
        recorded(
            [
                RecordedFile(BASANA / "bitstamp_btcusd_min_2020_01_01.csv", "BTC"),
                RecordedFile(BASANA / "binance_btcusdt_day_2020.csv", "ETH"),
                RecordedFile(BASANA / "bitstamp_btcusd_day_2015.csv", "SOL"),
            ],
            11,
        ),
        runs("BTC", "ETH", "SOL"),
    ),
}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(make_engine(f"sqlite:///{tmp_path / '3t.db'}"))
    migrate(made.engine)
    yield made
    made.close()


def summed(rows: Any, name: str) -> Decimal:
    """Of hlsim's own journal, in millionths."""
    units: int = sum(getattr(row, name) for row in rows)
    return Decimal(units).scaleb(-USD_DECIMALS)


@pytest.mark.parametrize("market", MARKETS)
def test_the_ledger_of_a_day_is_hlsims_to_the_last_digit(
    market: str, database: Database
) -> None:
    settings, strategies = MARKETS[market]
    assert {strategy for strategy, _ in strategies.values()} == set(SHIPPED)
    day = VirtualDay(settings, database, strategies)
    day.live(int(os.environ.get("DAY_MINUTES", SHORT[market])))
    the_account_is_explained(day)
    each_product_is_hlsims(day)
    the_runs_add_up(day, strategies)


def the_account_is_explained(day: VirtualDay) -> None:
    check = day.watch.last
    assert check is not None
    assert check.account_ms == day.exchange.now_ms
    assert (check.verdict, check.difference) == (EquityVerdict.HOLDS, Decimal(0))
    assert (day.alerts, day.ledger().gaps) == ([], 0)
    state = day.exchange.exchange.account_state(ADDRESS, day.exchange.now_ms)
    value = Decimal(state.total.account_value).scaleb(-USD_DECIMALS)
    assert check.expected == value
    kept = day.store.checks(START_MS, 10_000)
    assert {one.verdict for one in kept} == {EquityVerdict.HOLDS}
    assert {one.difference for one in kept} == {0}


def each_product_is_hlsims(day: VirtualDay) -> None:
    exchange = day.exchange.exchange
    history = exchange.journal.history(ADDRESS)
    positions = exchange.account_state(ADDRESS, day.exchange.now_ms).positions
    marks: dict[str, Decimal | None] = {
        one.instrument.name: mark_of(one) for one in positions
    }
    rows = {row.key: row for row in by_product(day.ledger(), marks)}
    for asset, symbol in enumerate(day.products):
        fills = [one for one in history.fills if one.asset == asset]
        if not fills:
            assert symbol not in rows
            continue
        paid = [one for one in history.fundings if one.asset == asset]
        assert rows[symbol].fills == len(fills)
        assert rows[symbol].realized == summed(fills, "closed_pnl")
        assert rows[symbol].fees == summed(fills, "fee")
        assert rows[symbol].funding == summed(paid, "usdc")
    for one in positions:
        told = Decimal(one.unrealized_pnl).scaleb(-USD_DECIMALS)
        assert rows[one.instrument.name].unrealized == told
    assert len(history.fundings) > 0
    assert total(list(rows.values())).net == net_of(day)


def mark_of(one: PositionState) -> Decimal:
    return Decimal(one.mark_px).scaleb(-one.instrument.px_decimals)


def net_of(day: VirtualDay) -> Decimal:
    """What the account is worth, less what was paid in."""
    (_, figures), *_ = day.ask("portfolio")
    return Decimal(figures["pnlHistory"][-1][1])


def the_runs_add_up(day: VirtualDay, strategies: Runs) -> None:
    ledger, marks = day.ledger(), dict.fromkeys(day.products, Decimal(1))
    rows, account = by_run(ledger, marks), total(by_product(ledger, marks))
    traded = {row.key for row in rows if row.fills}
    assert traded >= set(strategies)
    whole = total(rows)
    assert (whole.realized, whole.unrealized) == (account.realized, account.unrealized)
    assert (whole.fees, whole.funding) == (account.fees, account.funding)
    days = total(by_day(ledger))
    assert (days.realized, days.fees) == (account.realized, account.fees)
    assert (days.funding, days.fills) == (account.funding, account.fills)
    assert len(by_day(ledger)) == 2  # it began ten minutes before midnight
    by_symbol: dict[str, Decimal] = {}
    for (_, symbol), book in ledger.runs.items():
        by_symbol[symbol] = by_symbol.get(symbol, Decimal(0)) + book.quantity
    assert by_symbol == ledger.positions()

"""Every shipped strategy: what it wants on markets one can reason about."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from tests.unit.strategies.markets import bars, curve, rising, walk
from threet.engine.run import StrategyRun
from threet.engine.view import RunView
from threet.model.candles import Candle, Timeframe
from threet.model.decisions import Decision
from threet.model.errors import ConfigurationError
from threet.strategies.catalogue import SHIPPED, made
from threet.strategies.strategy import Strategy


def run_of(strategy: Strategy) -> StrategyRun:
    needs = strategy.needs()
    view = RunView(needs=needs, most_price_age_ms=10**13, equity=Decimal(100_000))
    view.positions = {}
    for symbol in needs.symbols:
        view.note_price(symbol, Decimal(100), 0)
    return StrategyRun(name="test", strategy=strategy, view=view, decimals=lambda _: 4)


def played(strategy: Strategy, candles: Sequence[Candle]) -> list[Decision]:
    run = run_of(strategy)
    found = []
    for candle in sorted(candles, key=lambda one: (one.end_ms, one.symbol)):
        decision = run.on_candle(candle, candle.end_ms)
        if decision is not None:
            found.append(decision)
    return found


def last_quantity(strategy: Strategy, candles: Sequence[Candle]) -> Decimal:
    granted = played(strategy, candles)[-1].granted
    assert len(granted) == 1
    return granted[0].quantity


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_every_strategy_says_why_it_waits_until_it_has_its_bars(name: str) -> None:
    strategy = made(name, {})
    needs = strategy.needs()
    candles = [
        candle
        for symbol in needs.symbols
        for candle in bars(walk(3), symbol=symbol, timeframe=needs.timeframes[0])
    ]
    for decision in played(strategy, candles):
        is_waiting = not decision.granted
        assert is_waiting or needs.bars <= 3
        assert decision.because


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_the_same_bars_give_the_same_decisions(name: str) -> None:
    strategy = made(name, {})
    needs = strategy.needs()
    candles = [
        candle
        for number, symbol in enumerate(needs.symbols)
        for candle in bars(
            walk(needs.bars + 30, number), symbol=symbol, timeframe=needs.timeframes[0]
        )
    ]
    assert played(strategy, candles) == played(strategy, candles)


def test_the_default_goes_with_the_trend_on_both_sides() -> None:
    up = rising(320)
    down = [600 - price for price in up]
    assert last_quantity(made("ema_trend", {}), bars(up)) > 0
    assert last_quantity(made("ema_trend", {}), bars(down)) < 0
    long_only = made("ema_trend", {"goes_short": False})
    assert last_quantity(long_only, bars(down)) == 0


def test_a_market_twice_as_lively_gets_half_the_size() -> None:
    calm = curve(320, lambda n: 1000 + n + (n % 2))
    lively = curve(320, lambda n: 1000 + n + 4 * (n % 2))
    strategy = made("ema_trend", {"yearly_volatility": 0.02})
    ratio = last_quantity(strategy, bars(calm)) / last_quantity(strategy, bars(lively))
    assert ratio > 2


def test_a_market_that_stands_still_is_unknown_and_not_a_trend() -> None:
    flat = bars([100.0] * 400, symbol="SOL")
    for name in ("entropy_trend", "ema_trend"):
        strategy = made(name, {"symbol": "SOL"})
        assert played(strategy, flat)[-1].granted == ()


def test_a_breakout_is_of_the_bars_before_and_is_left_at_the_other_end() -> None:
    strategy = made("donchian", {"entry_bars": 10, "exit_bars": 5})
    quiet = curve(20, lambda n: 100 + n % 3)
    assert last_quantity(strategy, bars(quiet)) == 0
    assert last_quantity(strategy, bars([*quiet, 110])) > 0
    assert last_quantity(strategy, bars([*quiet, 110, 111, 112])) > 0
    assert last_quantity(strategy, bars([*quiet, 110, 111, 99.5])) <= 0


def test_reversion_goes_against_a_fall_and_out_at_the_middle() -> None:
    strategy = made("rsi_reversion", {"symbol": "BTC", "timeframe": "1h"})
    level = curve(90, lambda n: 1000 + 3 * (n % 2))
    fall = [*level, *(1000 - 12 * n for n in range(1, 12))]
    assert last_quantity(strategy, bars(fall)) > 0
    back = [*fall, *(fall[-1] + 15 * n for n in range(1, 12))]
    assert last_quantity(strategy, bars(back)) <= 0


def test_f51_an_unknown_funding_rate_is_no_rate_of_0() -> None:
    strategy = made("funding_carry", {})
    candles = bars(walk(2), symbol="HYPE")
    run = run_of(strategy)
    decision = run.on_candle(candles[0], candles[0].end_ms)
    assert decision is not None
    assert decision.granted == ()
    run.view.note_funding({"HYPE": 0.0001})
    paid = run.on_candle(candles[1], candles[1].end_ms)
    assert paid is not None
    assert paid.granted[0].quantity < 0  # longs pay: it is short


def test_the_portfolio_is_balanced_and_waits_for_the_last_symbol() -> None:
    strategy = made("momentum_portfolio", {"bars": 20, "gross": 1.0, "each": 2})
    candles = [
        candle
        for number, symbol in enumerate(strategy.needs().symbols)
        for candle in bars(
            walk(25, number), symbol=symbol, timeframe=strategy.needs().timeframes[0]
        )
    ]
    decision = played(strategy, candles)[-1]
    notionals = [one.quantity * 100 for one in decision.granted]
    assert sum(one > 0 for one in notionals) == sum(one < 0 for one in notionals) == 2
    gross = sum((abs(one) for one in notionals), Decimal(0))
    assert abs(gross - 100_000) < 200


@pytest.mark.parametrize(
    ("name", "parameters", "reason"),
    [
        ("nothing", {}, "is none of"),
        ("ema_trend", {"fast": 0}, "fast"),
        ("ema_trend", {"fast": 90}, "below slow"),
        ("ema_trend", {"fsat": 9}, "fsat"),
        ("donchian", {"weight": "much"}, "weight"),
        ("buy_and_hold", {"timeframe": "7m"}, "7m"),
    ],
)
def test_bad_parameters_are_refused_with_their_reason(
    name: str, parameters: dict[str, object], reason: str
) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        made(name, parameters)


def test_no_bar_that_closes_later_is_seen() -> None:
    """Multi-timeframe without look-ahead: an hour's bar is there when it has closed."""
    strategy = made("buy_and_hold", {})
    view = RunView(
        needs=strategy.needs(), most_price_age_ms=1, now_ms=1_767_225_600_000
    )
    for candle in bars(walk(1), timeframe=Timeframe.M1):
        view.put(candle)
    assert view.candles("BTC", Timeframe.M1) == []

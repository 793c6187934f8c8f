"""A strategy played over the past: when it trades, at which price, for what."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from tests.unit.strategies.markets import bars
from threet.engine.run import StrategyRun
from threet.engine.trial import Terms, Trial
from threet.engine.view import RunView
from threet.model.candles import Candle, Timeframe
from threet.model.targets import Measure, Target
from threet.strategies.strategy import Needs, Strategy, View, Wish


class OneCoin(Strategy, frozen=True, kw_only=True):
    """One coin of each symbol, from the first bar on; out from 110 on."""

    symbols: tuple[str, ...] = ("BTC",)

    def needs(self) -> Needs:
        return Needs(symbols=self.symbols, timeframes=[Timeframe.H1], bars=1)

    def on_candle(self, view: View, candle: Candle) -> Wish:
        amount = Decimal(0 if candle.close >= 110 else 1)
        target = Target(symbol=candle.symbol, amount=amount, measure=Measure.QUANTITY)
        return Wish(targets=[target], because="a test")


def trial_of(strategy: Strategy, *, fee: str = "0", slippage: str = "0") -> Trial:
    view = RunView(needs=strategy.needs(), most_price_age_ms=Timeframe.H1.millis)
    run = StrategyRun(name="t", strategy=strategy, view=view, decimals=lambda _: 4)
    terms = Terms(funds=Decimal(1000), fee=Decimal(fee), slippage=Decimal(slippage))
    return Trial(run, terms)


def played(prices: Sequence[float], **terms: str) -> Trial:
    trial = trial_of(OneCoin(), **terms)
    trial.play(bars(prices))
    return trial


def test_a_decision_at_a_bars_end_trades_at_the_next_bars_open() -> None:
    """`bars` open at the close before: bought at 100, sold at 110."""
    trial = played([100, 105, 110, 150])
    assert trial.trade_count == 2
    assert trial.equity == Decimal(1010)
    assert trial.held == {}


def test_the_last_decision_has_no_bar_to_trade_in() -> None:
    trial = played([100])
    assert trial.trade_count == 0
    assert trial.equity == Decimal(1000)


def test_what_is_held_counts_at_the_newest_close() -> None:
    trial = played([100, 107])
    assert trial.held == {"BTC": Decimal(1)}
    assert trial.equity == Decimal(1007)


def test_fee_and_slippage_are_paid_on_both_ways() -> None:
    trial = played([100, 105, 110, 110], fee="0.001", slippage="0.01")
    bought, sold = Decimal(101), Decimal("108.9")
    assert trial.fees == (bought + sold) / 1000
    assert trial.equity == 1000 - bought + sold - trial.fees


def test_the_deepest_fall_is_from_the_highest_value_before() -> None:
    trial = played([100, 108, 54, 109])
    assert trial.deepest == pytest.approx(Decimal(54) / Decimal(1008))


def test_symbols_have_their_own_money_and_one_account() -> None:
    trial = trial_of(OneCoin(symbols=("BTC", "ETH")))
    trial.play([*bars([100, 100, 101]), *bars([50, 50, 53], symbol="ETH")])
    assert trial.held == {"BTC": Decimal(1), "ETH": Decimal(1)}
    assert trial.equity == Decimal(1004)

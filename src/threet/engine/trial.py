"""A strategy run played over bars of the past, with a simple account beside it.

The run is the object that also runs live. The account is not the exchange: a decision
at a bar's end trades at the next bar's open, whole, against a fee and a slippage.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from threet.engine.run import StrategyRun
from threet.model.candles import Candle
from threet.model.decisions import Decision
from threet.model.numbers import ZERO


@dataclass(frozen=True, slots=True)
class Terms:
    """``fee`` and ``slippage`` are shares of what is traded."""

    funds: Decimal
    fee: Decimal
    slippage: Decimal


@dataclass(slots=True)
class Trial:
    """``trade_count`` are those of the account; ``deepest`` the largest fall from a
    peak, as a share of the peak."""

    run: StrategyRun
    terms: Terms
    decisions: list[Decision] = field(default_factory=list)
    trade_count: int = 0
    fees: Decimal = ZERO
    deepest: Decimal = ZERO
    _cash: Decimal = ZERO
    _peak: Decimal = ZERO
    _held: dict[str, Decimal] = field(default_factory=dict)
    _prices: dict[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._cash = self._peak = self.terms.funds

    @property
    def equity(self) -> Decimal:
        """At the newest closes."""
        held = self._held.items()
        worth = sum((size * self._prices[symbol] for symbol, size in held), ZERO)
        return self._cash + worth

    @property
    def held(self) -> dict[str, Decimal]:
        return {symbol: size for symbol, size in self._held.items() if size}

    def play(self, candles: Iterable[Candle]) -> None:
        """Bars of one timeframe, of any number of symbols."""
        ordered = sorted(candles, key=lambda one: (one.end_ms, one.symbol))
        for end_ms, together in groupby(ordered, lambda one: one.end_ms):
            self._step(list(together), end_ms)

    def _step(self, candles: Sequence[Candle], end_ms: int) -> None:
        for candle in candles:
            self._trade(candle.symbol, candle.open)
        for candle in candles:
            self._prices[candle.symbol] = candle.close
            self.run.view.note_price(candle.symbol, candle.close, end_ms)
        equity = self.equity
        self._peak = max(self._peak, equity)
        if self._peak > ZERO:
            self.deepest = max(self.deepest, 1 - equity / self._peak)
        self.run.view.equity = equity
        self.run.view.positions = dict(self._held)
        self.run.profit = equity - self.terms.funds
        for candle in candles:
            decision = self.run.on_candle(candle, end_ms)
            if decision is not None:
                self.decisions.append(decision)

    def _trade(self, symbol: str, price: Decimal) -> None:
        """To what is wanted, at ``price`` made worse by the slippage."""
        wanted = self.run.wanted.get(symbol)
        if wanted is None:
            return
        change = wanted.quantity - self._held.get(symbol, ZERO)
        if change == ZERO:
            return
        sign = 1 if change > ZERO else -1
        paid = price * (1 + sign * self.terms.slippage)
        fee = abs(change) * paid * self.terms.fee
        self._held[symbol] = wanted.quantity
        self._prices.setdefault(symbol, price)
        self._cash -= change * paid + fee
        self.fees += fee
        self.trade_count += 1

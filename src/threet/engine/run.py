"""One strategy run: an event in, an audit record out; the same live and on history."""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal

from threet.engine.view import RunView
from threet.model.candles import Candle
from threet.model.decisions import Decision, Granted, Verdict
from threet.model.numbers import ZERO
from threet.model.orders import Fill
from threet.model.targets import Measure, Target
from threet.risk.run_gates import RunLimits, RunWish, judge_run
from threet.strategies.strategy import Strategy, Wish, hold


@dataclass(slots=True)
class StrategyRun:
    """``name`` is the run's, unique for an account; ``decimals`` are those of a
    symbol's quantities, None while they are not known. ``limits`` are its own."""

    name: str
    strategy: Strategy
    view: RunView
    decimals: Callable[[str], int | None]
    limits: RunLimits = field(default_factory=RunLimits)
    profit: Decimal | None = None  # of all its trades; None while it is not known
    wanted: dict[str, Granted] = field(default_factory=dict)

    def warm(self, candles: Sequence[Candle]) -> None:
        """Bars from before the start, oldest first: they are seen, not acted on."""
        for candle in candles:
            self.view.put(candle)

    def unsized(self) -> str:
        """A symbol it needs whose sizes are not known yet; "" if there is none."""
        for symbol in self.view.needs.symbols:
            if self.decimals(symbol) is None:
                return symbol
        return ""

    def on_candle(self, candle: Candle, now_ms: int) -> Decision | None:
        """None for a bar that is none of this run's, or that it has seen."""
        self.view.now_ms = max(self.view.now_ms, now_ms)
        if not self.view.put(candle):
            return None
        event = event_of(candle)
        if missing := self.view.missing():
            return self._decided(event, Wish(because=f"warming up: {missing}"))
        return self._decided(event, self.strategy.on_candle(self.view, candle))

    def on_price(
        self, symbol: str, price: Decimal, at_ms: int, now_ms: int
    ) -> Decision | None:
        """None unless the strategy has something to say."""
        self.view.now_ms = max(self.view.now_ms, now_ms)
        self.view.note_price(symbol, price, at_ms)
        if self.view.missing():
            return None
        wish = self.strategy.on_price(self.view, symbol)
        return None if wish is None else self._decided(f"price {symbol} {at_ms}", wish)

    @property
    def follows_prices(self) -> bool:
        """Whether its strategy has anything to do with a price."""
        return type(self.strategy).on_price is not Strategy.on_price

    def on_fill(self, fill: Fill, now_ms: int) -> Decision | None:
        """After ``view.positions`` has it. None unless the strategy says something."""
        self.view.now_ms = max(self.view.now_ms, now_ms)
        if self.view.missing():
            return None
        wish = self.strategy.on_fill(self.view, fill)
        event = f"fill {fill.symbol} {fill.tid}"
        return None if wish is None else self._decided(event, wish)

    def failed(self, event: str, error: Exception) -> Decision:
        """The record of a strategy that raised: what it wanted before stays wanted."""
        words = f"the strategy failed: {type(error).__name__}: {error}"
        for frame in traceback.extract_tb(error.__traceback__)[-1:]:
            words += f" ({frame.filename.rpartition('/')[2]}, line {frame.lineno})"
        return self._decided(event, hold(words))

    def _decided(self, event: str, wish: Wish) -> Decision:
        granted, doubts, verdicts = [], [], list[Verdict]()
        for target in wish.targets:
            one = self._granted(target)
            if isinstance(one, str):
                doubts.append(one)
                continue
            judged = judge_run(self._wish(one), self.limits)
            verdicts += judged
            if refused := [verdict for verdict in judged if not verdict.passed]:
                doubts += [f"held: {verdict.reason}" for verdict in refused]
                continue
            granted.append(one)
            self.wanted[one.symbol] = one
        symbols = [target.symbol for target in wish.targets]
        return Decision(
            decision_id=f"{self.name}/{event}",
            run=self.name,
            event=event,
            at_ms=self.view.now_ms,
            because="; ".join([wish.because, *doubts]),
            inputs=self.view.inputs(symbols or list(self.view.needs.symbols)[:3]),
            values=dict(wish.values),
            targets=tuple(wish.targets),
            verdicts=tuple(verdicts),
            granted=tuple(granted),
        )

    def _wish(self, one: Granted) -> RunWish:
        others = [
            self._notional(wanted)
            for symbol, wanted in self.wanted.items()
            if symbol != one.symbol
        ]
        known = [notional for notional in others if notional is not None]
        return RunWish(
            symbol=one.symbol,
            before=self.view.position(one.symbol),
            after=one.quantity,
            notional=self._notional(one),
            others=sum(known, ZERO) if len(known) == len(others) else None,
            profit=self.profit,
        )

    def _notional(self, one: Granted) -> Decimal | None:
        if one.quantity == ZERO:
            return ZERO
        price = self.view.price(one.symbol)
        return None if price is None else abs(one.quantity) * price

    def _granted(self, target: Target) -> Granted | str:
        """In coins, rounded toward 0; or why it stays as it was (B4)."""
        quantity = self._quantity(target)
        if isinstance(quantity, str):
            return quantity
        enters = quantity != ZERO and self.view.position(target.symbol) == ZERO
        if enters and (passed := self._passed(target, is_long=quantity > ZERO)):
            return passed
        return Granted(
            symbol=target.symbol,
            quantity=quantity,
            stop_loss=target.stop_loss,
            take_profit=target.take_profit,
        )

    def _passed(self, target: Target, *, is_long: bool) -> str:
        """Why not to enter at all: what would be closed at once costs twice its fee."""
        price = self.view.price(target.symbol)
        if price is None:
            return ""
        sign = 1 if is_long else -1
        stop, profit = target.stop_loss, target.take_profit
        if stop is not None and sign * (price - stop) <= 0:
            return f"held: the stop loss {stop} is passed already, at {price}"
        if profit is not None and sign * (profit - price) <= 0:
            return f"held: the take profit {profit} is passed already, at {price}"
        return ""

    def _quantity(self, target: Target) -> Decimal | str:
        if target.is_out:
            return ZERO
        decimals = self.decimals(target.symbol)
        if decimals is None:
            return f"held: the size step of {target.symbol} is not known"
        if target.measure is Measure.QUANTITY:
            return _rounded(target.amount, decimals)
        price = self.view.price(target.symbol)
        if price is None:
            return f"held: the price of {target.symbol} is unknown or old"
        notional = target.amount
        if target.measure is Measure.WEIGHT:
            if self.view.equity is None or self.view.equity <= ZERO:
                return "held: the equity is not known"
            notional *= self.view.equity
        return _rounded(notional / price, decimals)


def decision_id_of(run: str, candle: Candle) -> str:
    """Under which the closing of a bar is decided, once."""
    return f"{run}/{event_of(candle)}"


def event_of(candle: Candle) -> str:
    """What the closing of a bar is called in records."""
    return f"candle {candle.symbol} {candle.timeframe.value} {candle.open_ms}"


def _rounded(quantity: Decimal, decimals: int) -> Decimal:
    return quantity.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_DOWN)

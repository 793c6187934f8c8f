"""What one run sees: closed bars, fresh prices, its own positions; nothing of later."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from threet.model.candles import Candle, Timeframe
from threet.model.decisions import Input
from threet.model.numbers import ZERO
from threet.strategies.strategy import Memory, Needs

_Key = tuple[str, Timeframe]


@dataclass(frozen=True, slots=True)
class _Known:
    value: Decimal
    at_ms: int


@dataclass(slots=True)
class RunView:
    """Implements ``threet.strategies.strategy.View``; filled by the engine.

    ``positions`` is None until the run's fills are known, whole, from its beginning.
    """

    needs: Needs
    most_price_age_ms: int
    memory: Memory = field(default_factory=dict)
    now_ms: int = 0
    equity: Decimal | None = None
    positions: dict[str, Decimal] | None = None
    _bars: dict[_Key, deque[Candle]] = field(default_factory=dict)
    _prices: dict[str, _Known] = field(default_factory=dict)
    _funding: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for symbol in self.needs.symbols:
            for timeframe in self.needs.timeframes:
                bars = deque[Candle](maxlen=self.needs.bars)
                self._bars[symbol, timeframe] = bars

    def candles(self, symbol: str, timeframe: Timeframe) -> Sequence[Candle]:
        """Those that were closed by now, whatever was put in ahead of it."""
        bars = self._bars[symbol, timeframe]
        if bars and bars[-1].end_ms > self.now_ms:
            return [bar for bar in bars if bar.end_ms <= self.now_ms]
        return list(bars)

    def price(self, symbol: str) -> Decimal | None:
        known = self._prices.get(symbol)
        if known is None or self.now_ms - known.at_ms > self.most_price_age_ms:
            return None
        return known.value

    def position(self, symbol: str) -> Decimal | None:
        return None if self.positions is None else self.positions.get(symbol, ZERO)

    def funding(self, symbol: str) -> float | None:
        return self._funding.get(symbol)

    def put(self, candle: Candle) -> bool:
        """Keep a closed bar in its place; whether it is news: False for one that is
        not needed, known, or older than the newest.

        A late authoritative row of a bar that is known replaces it (W9).
        """
        bars = self._bars.get((candle.symbol, candle.timeframe))
        if bars is None or not candle.is_closed:
            return False
        place = len(bars)
        while place and bars[place - 1].open_ms > candle.open_ms:
            place -= 1
        if place and bars[place - 1].open_ms == candle.open_ms:
            bars[place - 1] = candle
            return False
        is_newest = place == len(bars)
        if len(bars) == bars.maxlen:
            if place == 0:
                return False
            bars.popleft()
            place -= 1
        bars.insert(place, candle)
        return is_newest

    def newest_ms(self, symbol: str, timeframe: Timeframe) -> int | None:
        """When the newest kept bar opened."""
        bars = self._bars.get((symbol, timeframe))
        return bars[-1].open_ms if bars else None

    def note_price(self, symbol: str, price: Decimal, at_ms: int) -> None:
        self._prices[symbol] = _Known(price, at_ms)

    def note_funding(self, rates: Mapping[str, float]) -> None:
        self._funding = dict(rates)

    def missing(self) -> str:
        """What keeps a run from being evaluated; "" when it is warm."""
        for (symbol, timeframe), bars in self._bars.items():
            if len(bars) < self.needs.bars:
                frame = timeframe.value
                return f"{symbol} {frame}: {len(bars)} of {self.needs.bars} bars"
        return ""

    def inputs(self, symbols: Sequence[str]) -> tuple[Input, ...]:
        """What an evaluation rested on, with its age, for the journal."""
        found = [Input(name="equity", value=_text(self.equity), age_ms=None)]
        for symbol in symbols:
            known = self._prices.get(symbol)
            age = None if known is None else self.now_ms - known.at_ms
            price = None if known is None else str(known.value)
            found.append(Input(name=f"price {symbol}", value=price, age_ms=age))
            position = _text(self.position(symbol))
            own = f"position {symbol} of this run"
            found.append(Input(name=own, value=position, age_ms=None))
        return tuple(found)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)

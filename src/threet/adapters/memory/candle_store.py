"""Candles in two dicts: one durable, one hot, bounded and forgetful."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from threet.model.candles import Candle, Timeframe
from threet.model.errors import DependencyError
from threet.model.numbers import require_believable
from threet.ports.product_store import ProductStore

_Key = tuple[str, Timeframe]
_Bars = dict[int, Candle]


class MemoryCandleStore:
    """``is_down`` makes every call fail as a database that does not answer."""

    def __init__(self, products: ProductStore, hot_candles: int = 5000) -> None:
        self._products = products
        self._hot_candles = hot_candles
        self._durable: defaultdict[_Key, _Bars] = defaultdict(dict)
        self._hot: defaultdict[_Key, _Bars] = defaultdict(dict)
        self.is_down = False

    def save(self, candles: Sequence[Candle]) -> int:
        self._require_up()
        for symbol in {candle.symbol for candle in candles}:
            self._products.find(symbol)
        for candle in candles:
            for price in (candle.open, candle.high, candle.low, candle.close):
                require_believable("price", price)
            require_believable("volume", candle.volume)
        return sum(self._save_one(candle) for candle in candles)

    def newest(self, symbol: str, timeframe: Timeframe, limit: int) -> Sequence[Candle]:
        self._require_up()
        key = (symbol, timeframe)
        bars = self._hot.get(key, {}) | self._durable.get(key, {})
        return _newest(bars.values(), limit)

    def newest_closed_ms(self, symbol: str, timeframe: Timeframe) -> int | None:
        self._require_up()
        return max(self._durable.get((symbol, timeframe), {}), default=None)

    def rewarm(self) -> int:
        self._require_up()
        rows = 0
        for key, bars in self._durable.items():
            warm = _newest(bars.values(), self._hot_candles)
            self._hot[key].update({candle.open_ms: candle for candle in warm})
            rows += len(warm)
        return rows

    def trim(self) -> int:
        self._require_up()
        cut = 0
        for key, bars in self._hot.items():
            kept = _newest(bars.values(), self._hot_candles)
            cut += len(bars) - len(kept)
            self._hot[key] = {candle.open_ms: candle for candle in kept}
        return cut

    def forget_hot(self) -> None:
        """What a restart does to a table that lives in memory."""
        self._hot.clear()

    def _save_one(self, candle: Candle) -> bool:
        key = (candle.symbol, candle.timeframe)
        closed = self._durable[key].get(candle.open_ms)
        known = closed or self._hot[key].get(candle.open_ms)
        if known == candle or (closed is not None and not candle.is_closed):
            return False
        self._hot[key][candle.open_ms] = candle
        if candle.is_closed:
            self._durable[key][candle.open_ms] = candle
        return True

    def _require_up(self) -> None:
        if self.is_down:
            raise DependencyError("database", "does not answer")


def _newest(candles: Iterable[Candle], limit: int) -> Sequence[Candle]:
    ordered = sorted(candles, key=lambda candle: candle.open_ms)
    return tuple(ordered[-limit:]) if limit > 0 else ()

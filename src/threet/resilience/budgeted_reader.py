"""An exchange reader that asks only while the shared budget has the weight."""

import math
from collections.abc import Sequence

from threet.model.accounts import AccountState
from threet.model.candles import Candle, Timeframe
from threet.model.errors import RateLimitedError
from threet.model.products import Product
from threet.model.trades import Trade
from threet.ports.exchange import ExchangeReader
from threet.ports.fetch_state import RateBudget
from threet.ports.trade_history import TradeHistory

# HYPERLIQUID.md 1.3; candleSnapshot costs one more for each 60 bars of its answer.
_STATUS_WEIGHT = 2
_ACCOUNT_WEIGHT = 2
_META_WEIGHT = 20
_CANDLES_WEIGHT = 20
_BARS_PER_WEIGHT = 60
# recentTrades: 20, and one more for each 20 of at most 500.
_TRADES_WEIGHT = 45


class BudgetedReader:
    """Implements ``ExchangeReader``; raises ``RateLimitedError`` instead of asking.

    For processes whose questions are not planned ahead, such as the page's. May also
    raise ``DependencyError``: without the shared budget nothing is asked.
    """

    def __init__(self, reader: ExchangeReader, budget: RateBudget) -> None:
        self._reader = reader
        self._budget = budget

    def server_ms(self) -> int:
        self._take("exchangeStatus", _STATUS_WEIGHT)
        return self._reader.server_ms()

    def products(self) -> Sequence[Product]:
        self._take("meta", _META_WEIGHT)
        return self._reader.products()

    def candles(
        self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int
    ) -> Sequence[Candle]:
        bars = (end_ms - start_ms) // timeframe.millis + 1
        weight = _CANDLES_WEIGHT + math.ceil(bars / _BARS_PER_WEIGHT)
        self._take(f"candleSnapshot {symbol}", weight)
        return self._reader.candles(symbol, timeframe, start_ms, end_ms)

    def account(self, address: str) -> AccountState:
        self._take("clearinghouseState", _ACCOUNT_WEIGHT)
        return self._reader.account(address)

    def _take(self, request: str, weight: int) -> None:
        wait = self._budget.take(weight)
        if wait:
            raise RateLimitedError(request, wait)


class BudgetedTrades:
    """Implements ``TradeHistory``; raises like ``BudgetedReader``."""

    def __init__(self, history: TradeHistory, budget: RateBudget) -> None:
        self._history = history
        self._budget = budget

    def recent_trades(self, symbol: str) -> Sequence[Trade]:
        request = f"recentTrades {symbol}"
        wait = self._budget.take(_TRADES_WEIGHT)
        if wait:
            raise RateLimitedError(request, wait)
        return self._history.recent_trades(symbol)

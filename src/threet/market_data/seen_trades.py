"""Which trades were printed before: a reconnect repeats them, in whole or in part."""

from collections import deque

from threet.model.trades import Trade


class SeenTrades:
    """Remembers the newest ``kept`` trades of each symbol by (time, symbol, id)."""

    def __init__(self, kept: int = 512) -> None:
        self._kept = kept
        self._ids: dict[str, set[tuple[int, int]]] = {}
        self._order: dict[str, deque[tuple[int, int]]] = {}
        self._forgotten_ms: dict[str, int] = {}

    def is_before_memory(self, trade: Trade) -> bool:
        """Older than what was forgotten: nobody can say whether it was printed."""
        return trade.trade_ms < self._forgotten_ms.get(trade.symbol, 0)

    def is_new(self, trade: Trade) -> bool:
        """Whether it is the first time; from then on it is not."""
        key = (trade.trade_ms, trade.trade_id)
        ids = self._ids.setdefault(trade.symbol, set())
        if key in ids:
            return False
        order = self._order.setdefault(trade.symbol, deque())
        if len(order) >= self._kept:
            oldest = order.popleft()
            ids.discard(oldest)
            known_ms = self._forgotten_ms.get(trade.symbol, 0)
            self._forgotten_ms[trade.symbol] = max(known_ms, oldest[0])
        ids.add(key)
        order.append(key)
        return True

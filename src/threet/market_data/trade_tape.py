"""Trades as they come: each counts once, and a gap after an outage is known as one."""

from collections.abc import Iterable, Sequence

from threet.market_data.seen_trades import SeenTrades
from threet.model.trades import Trade


class TradeTape:
    """After an outage trades of a symbol may be missing until something reaches back.

    The exchange repeats recent trades after each subscription. If they reach back to
    the newest one before the outage, none is missing. If not, there is a gap: it is in
    ``gaps`` until the exchange was asked for its recent trades.
    """

    def __init__(self) -> None:
        self._seen = SeenTrades()
        self._newest_ms: dict[str, int] = {}
        self._uncertain: dict[str, int] = {}  # symbol -> newest before the outage
        self._gaps: dict[str, int] = {}  # the same
        self.duplicates = 0
        self.late = 0
        self.unclosed = 0  # gaps wider than what the exchange still tells

    @property
    def gaps(self) -> Sequence[str]:
        """Symbols to ask for, those waiting for longest first."""
        return tuple(self._gaps)

    def interrupted(self, symbols: Iterable[str] | None = None) -> None:
        """The stream of these symbols, or of all, may have missed trades."""
        for symbol in self._newest_ms if symbols is None else symbols:
            if symbol in self._newest_ms and symbol not in self._gaps:
                self._uncertain.setdefault(symbol, self._newest_ms[symbol])

    def take(self, trades: Sequence[Trade]) -> Sequence[Trade]:
        """Those that are new."""
        for symbol in {trade.symbol for trade in trades} & self._uncertain.keys():
            before_ms = self._uncertain.pop(symbol)
            if not _reaches_back(symbol, trades, before_ms):
                self._gaps[symbol] = before_ms
        return self._new(trades)

    def recovered(self, symbol: str, trades: Sequence[Trade]) -> Sequence[Trade]:
        """An answer about a gap: those that are new, oldest first; the gap is over.

        One that the answer does not close either is counted in ``unclosed``.
        """
        before_ms = self._gaps.pop(symbol, None)
        if before_ms is not None and not _reaches_back(symbol, trades, before_ms):
            self.unclosed += 1
        ordered = sorted(trades, key=lambda one: (one.trade_ms, one.trade_id))
        return self._new(ordered)

    def forget(self, symbol: str) -> None:
        """It is followed no more."""
        self._uncertain.pop(symbol, None)
        self._gaps.pop(symbol, None)

    def _new(self, trades: Sequence[Trade]) -> Sequence[Trade]:
        news = []
        for trade in trades:
            if self._seen.is_before_memory(trade):
                self.late += 1
            elif self._seen.is_new(trade):
                news.append(trade)
                known_ms = self._newest_ms.get(trade.symbol, 0)
                self._newest_ms[trade.symbol] = max(known_ms, trade.trade_ms)
            else:
                self.duplicates += 1
        return tuple(news)


def _reaches_back(symbol: str, trades: Sequence[Trade], before_ms: int) -> bool:
    return any(one.symbol == symbol and one.trade_ms <= before_ms for one in trades)

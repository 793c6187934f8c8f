"""Trades that the exchange still tells when it is asked."""

from collections.abc import Sequence
from typing import Protocol

from threet.model.trades import Trade


class TradeHistory(Protocol):
    def recent_trades(self, symbol: str) -> Sequence[Trade]:
        """The newest public trades of a symbol, in no promised order.

        Synchronous, like ``ExchangeReader``; raises the ``ExchangeError`` family.
        """

"""What 3T reads of an exchange; every implementation passes one contract suite.

Synchronous: it is called from worker threads, and a coroutine calls it through
``asyncio.to_thread``. Each method may raise the ``ExchangeError`` family; a read may be
repeated, and nothing is retried in here.
"""

from collections.abc import Sequence
from typing import Protocol

from threet.model.accounts import AccountRead, AccountState, AddressUse
from threet.model.candles import Candle, Timeframe
from threet.model.products import Product
from threet.ports.trade_history import TradeHistory


class ExchangeReader(Protocol):
    def server_ms(self) -> int:
        """The exchange's own clock, asked now; the cheapest real health check."""

    def products(self) -> Sequence[Product]:
        """The whole perpetuals catalogue, delisted ones included."""

    def candles(
        self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int
    ) -> Sequence[Candle]:
        """Bars that touch [start_ms, end_ms], oldest first, the forming one included.

        ``is_closed`` is judged by the exchange's rule: a bar whose end has passed by
        the clock. Minutes without a trade may be missing. At most 5000 rows.
        Raises ``UnknownSymbolError`` for a symbol the exchange does not have.
        """

    def account(self, address: str) -> AccountState:
        """Balance and positions of an account (never of its agent wallet), whole:
        raises where a builder dex that is listed cannot be read."""


class ManagedExchange(ExchangeReader, TradeHistory, Protocol):
    """What the process-wide manager looks after."""

    def readable_account(self, address: str) -> AccountRead:
        """As ``account``, for who lets no dex hold up a way out of another."""

    def address_use(self, address: str) -> AddressUse:
        """How much of its allowance of actions an account has used."""

    def recreate(self) -> None:
        """Ask over new connections from now on; requests under way end undisturbed."""

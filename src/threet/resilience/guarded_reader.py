"""The reader that everybody asks: each call goes through budget, breaker, monitor."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from threet.model.accounts import AccountRead, AccountState, AddressUse
from threet.model.candles import Candle, Timeframe
from threet.model.products import Product
from threet.model.trades import Trade
from threet.ports.exchange import ManagedExchange
from threet.ports.rate_budget import Priority
from threet.resilience import request_weights as weights
from threet.resilience.access_policy import RequestClass

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """``is_paid``: its weight was taken from the budget already, for one try.

    ``priority`` is that of the class unless it is given (an order that reduces).
    """

    name: str
    weight: int = weights.LIGHT
    is_paid: bool = False
    priority: Priority | None = None


class Access(Protocol):
    def execute_with_retry(
        self, operation: Callable[[], T], request_class: RequestClass, request: Request
    ) -> T: ...

    def check_health(self, *, is_paid: bool = False) -> int: ...

    def charge(self, items: int, request_class: RequestClass) -> None: ...


class GuardedReader:
    """Implements ``ExchangeReader``, and reads the address budget as well.

    Besides what an exchange raises: ``BudgetSpentError`` and ``CircuitOpenError``
    instead of asking. With ``is_paid`` callers took the weight of each call before.
    """

    def __init__(
        self,
        exchange: ManagedExchange,
        access: Access,
        *,
        is_paid: bool,
        priority: Priority | None = None,
        dexes: int = 0,
    ) -> None:
        """``dexes`` is how many builder dexes the exchange reads beside the first."""
        self._exchange = exchange
        self._access = access
        self._is_paid = is_paid
        self._priority = priority
        self._dexes = dexes

    def server_ms(self) -> int:
        """A health check: it is asked whatever the breakers say, and counts in none."""
        return self._access.check_health(is_paid=self._is_paid)

    def products(self) -> Sequence[Product]:
        # Without the catalogue no price streams: a producer that starts during a
        # backfill does not stand in line behind its candles.
        request = Request(
            name="meta",
            weight=weights.catalogue(self._dexes),
            is_paid=self._is_paid,
            priority=Priority.ORDER,
        )
        return self._access.execute_with_retry(
            self._exchange.products, RequestClass.READS, request
        )

    def candles(
        self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int
    ) -> Sequence[Candle]:
        request = Request(
            name=f"candleSnapshot {symbol} {timeframe.value}",
            weight=weights.candles(timeframe, start_ms, end_ms),
            is_paid=self._is_paid,
        )
        return self._access.execute_with_retry(
            lambda: self._exchange.candles(symbol, timeframe, start_ms, end_ms),
            RequestClass.READS,
            request,
        )

    def recent_trades(self, symbol: str) -> Sequence[Trade]:
        """Implements ``TradeHistory``; paid for as the longest answer there is."""
        request = Request(name=f"recentTrades {symbol}", weight=weights.RECENT_TRADES)
        return self._access.execute_with_retry(
            lambda: self._exchange.recent_trades(symbol), RequestClass.READS, request
        )

    def account(self, address: str) -> AccountState:
        return self._of_account(lambda: self._exchange.account(address))

    def readable_account(self, address: str) -> AccountRead:
        """A builder dex that does not answer is no failure here: it must not open the
        breaker for the others."""
        return self._of_account(lambda: self._exchange.readable_account(address))

    def _of_account(self, ask: Callable[[], T]) -> T:
        request = Request(
            name="clearinghouseState",
            weight=weights.account(self._dexes),
            is_paid=self._is_paid,
            priority=self._priority,
        )
        return self._access.execute_with_retry(ask, RequestClass.ACCOUNT, request)

    def address_use(self, address: str) -> AddressUse:
        request = Request(name="userRateLimit", weight=weights.PLAIN)
        return self._access.execute_with_retry(
            lambda: self._exchange.address_use(address), RequestClass.ACCOUNT, request
        )

"""An exchange with behaviour: bars and an account, counted, and made to fail."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from threading import Lock

from threet.model.accounts import AccountPosition, AccountState, MarginMode
from threet.model.candles import Candle, Timeframe
from threet.model.errors import UnknownSymbolError
from threet.model.products import Product
from threet.ports.clock import Clock

ADDRESS = "0x" + "ab" * 20


def a_position(symbol: str, quantity: str = "1.5") -> AccountPosition:
    return AccountPosition(
        symbol=symbol,
        quantity=Decimal(quantity),
        entry_price=Decimal("100.123456"),
        leverage=5,
        margin_mode=MarginMode.ISOLATED,
        margin_used=Decimal("30.000000000000000001"),
        position_value=Decimal("151"),
        unrealized_pnl=Decimal("-0.81"),
        liquidation_price=None,
        funding_since_open=Decimal("-0.00000001"),
    )


def a_state(
    account_ms: int, value: str = "1000.25", held: Sequence[AccountPosition] = ()
) -> AccountState:
    return AccountState(
        address=ADDRESS,
        account_ms=account_ms,
        account_value=Decimal(value),
        total_margin_used=Decimal("30"),
        total_notional=Decimal("151"),
        withdrawable=Decimal("970.25"),
        maintenance_margin=Decimal("7.5"),
        positions=tuple(held),
    )


class FakeExchange:
    """Knows BTC, ETH and kPEPE; ``silent`` holds minutes without a trade, as open
    times. ``fault`` is raised by every call while it is set. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self.silent: set[int] = set()
        self.fault: Exception | None = None
        self.equity = "1000.25"
        self.misdated_ms = 0  # how far the account's stamp is ahead of the clock
        self.held: Sequence[AccountPosition] = (a_position("BTC"),)
        self.asked: Counter[tuple[str, str, int]] = Counter()  # by each closed bar
        self.requests = 0

    def server_ms(self) -> int:
        self._request()
        return self._clock.now_ms()

    def products(self) -> Sequence[Product]:
        self._request()
        return []

    def candles(
        self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int
    ) -> Sequence[Candle]:
        self._request()
        if symbol not in {"BTC", "ETH", "kPEPE"}:
            raise UnknownSymbolError(symbol)
        first = timeframe.open_of(start_ms)
        opens = range(first, end_ms + 1, timeframe.millis)
        bars = [
            self.bar(symbol, timeframe, open_ms)
            for open_ms in opens
            if open_ms not in self.silent
        ]
        with self._lock:
            for bar in bars:
                if bar.is_closed:
                    self.asked[symbol, timeframe.value, bar.open_ms] += 1
        return bars

    def account(self, address: str) -> AccountState:
        self._request()
        account_ms = self._clock.now_ms() + self.misdated_ms
        return a_state(account_ms, self.equity, self.held)

    def bar(self, symbol: str, timeframe: Timeframe, open_ms: int) -> Candle:
        price = Decimal(100 + open_ms // timeframe.millis % 50)
        return Candle(
            symbol=symbol,
            timeframe=timeframe,
            open_ms=open_ms,
            open=price,
            high=price + 1,
            low=price - 1,
            close=price,
            volume=Decimal("2.5"),
            trades=3,
            is_closed=open_ms + timeframe.millis <= self._clock.now_ms(),
        )

    def _request(self) -> None:
        with self._lock:
            self.requests += 1
        if self.fault is not None:
            raise self.fault

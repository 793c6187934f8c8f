"""An exchange in RAM that answers what it was given, or fails as it was told."""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from threet.model.accounts import AccountState, AddressUse
from threet.model.candles import Candle, Timeframe
from threet.model.errors import ExchangeError, UnknownSymbolError
from threet.model.numbers import ZERO
from threet.model.products import Product
from threet.model.trades import Trade
from threet.ports.clock import Clock

# HyperLiquid keeps this many bars of each symbol and interval, and no more.
MAX_BARS = 5000


class MemoryExchange:
    """``requests`` names every call in order, failed ones included."""

    def __init__(self, clock: Clock, products: Iterable[Product] = ()) -> None:
        self._clock = clock
        self._products = {product.symbol: product for product in products}
        self._bars: defaultdict[tuple[str, Timeframe], dict[int, Candle]]
        self._bars = defaultdict(dict)
        self._accounts: dict[str, AccountState] = {}
        self._trades: dict[str, tuple[Trade, ...]] = {}
        self._failures: deque[ExchangeError] = deque()
        self.requests: list[str] = []
        self.recreated = 0

    def fail_next(self, *errors: ExchangeError) -> None:
        """The next calls raise these, one each."""
        self._failures.extend(errors)

    def add_candles(self, candles: Iterable[Candle]) -> None:
        for candle in candles:
            self._bars[candle.symbol, candle.timeframe][candle.open_ms] = candle

    def set_account(self, state: AccountState) -> None:
        self._accounts[state.address] = state

    def server_ms(self) -> int:
        self._answer("server_ms")
        return self._clock.now_ms()

    def products(self) -> Sequence[Product]:
        self._answer("products")
        return tuple(self._products.values())

    def candles(
        self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int
    ) -> Sequence[Candle]:
        self._answer(f"candles {symbol} {timeframe.value}")
        if symbol not in self._products:
            raise UnknownSymbolError(symbol)
        now_ms = self._clock.now_ms()
        bars = self._bars.get((symbol, timeframe), {})
        return tuple(
            replace(bars[open_ms], is_closed=bars[open_ms].end_ms <= now_ms)
            for open_ms in sorted(bars)[-MAX_BARS:]
            if open_ms <= end_ms and bars[open_ms].end_ms > start_ms
        )

    def set_trades(self, symbol: str, trades: Sequence[Trade]) -> None:
        self._trades[symbol] = tuple(trades)

    def recent_trades(self, symbol: str) -> Sequence[Trade]:
        self._answer(f"recent_trades {symbol}")
        if symbol not in self._products:
            raise UnknownSymbolError(symbol)
        return self._trades.get(symbol, ())

    def account(self, address: str) -> AccountState:
        """An address that never traded has an empty account, as on the exchange."""
        self._answer("account")
        return self._accounts.get(address) or AccountState(
            address=address,
            account_ms=self._clock.now_ms(),
            account_value=ZERO,
            total_margin_used=ZERO,
            total_notional=ZERO,
            withdrawable=ZERO,
            maintenance_margin=ZERO,
            positions=(),
        )

    def readable_account(self, address: str) -> AccountState:
        return self.account(address)

    def address_use(self, address: str) -> AddressUse:
        """Nobody has sent any action to an exchange in RAM."""
        self._answer(f"address_use {address}")
        return AddressUse(used=0, cap=10_000, read_ms=self._clock.now_ms())

    def recreate(self) -> None:
        self.recreated += 1

    def _answer(self, request: str) -> None:
        self.requests.append(request)
        if self._failures:
            raise self._failures.popleft()

"""What the exchange lists now, for whoever trades there: numbers and sizes by name."""

from collections.abc import Callable, Collection, Sequence

from threet.model.errors import UnknownSymbolError
from threet.model.products import Product
from threet.ports.clock import Clock

_KEPT_SECS = 60.0


class TradingCatalogue:
    """Read again when it is a minute old: a listing may move what an index means only
    by growing, yet nothing is sent by an index that was remembered for long (M1)."""

    def __init__(self, products: Callable[[], Sequence[Product]], clock: Clock) -> None:
        self._products = products
        self._clock = clock
        self._read_at = float("-inf")
        self._numbers: dict[str, int] = {}
        self._decimals: dict[str, int | None] = {}
        self._leverage: dict[str, int] = {}
        self._delisted: frozenset[str] = frozenset()
        self._isolated: frozenset[str] = frozenset()

    def asset_of(self, symbol: str) -> int:
        """The exchange's number of a perpetual, as the catalogue tells it.

        Raises ``UnknownSymbolError`` for one that has none now, and the
        ``ExchangeError`` family.
        """
        self._refresh()
        if symbol not in self._numbers:
            raise UnknownSymbolError(symbol)
        return self._numbers[symbol]

    def decimals(self, symbol: str) -> int | None:
        """None for what is not listed, and for what has no number now: nothing can be
        sent for it."""
        self._refresh()
        return self._decimals.get(symbol)

    def most_leverage(self, symbol: str) -> int | None:
        self._refresh()
        return self._leverage.get(symbol)

    def is_isolated(self, symbol: str) -> bool:
        """Whether its margin cannot be shared."""
        self._refresh()
        return symbol in self._isolated

    def delisted(self) -> Collection[str]:
        """What can only be closed."""
        self._refresh()
        return self._delisted

    def _refresh(self) -> None:
        now = self._clock.monotonic()
        if now - self._read_at < _KEPT_SECS:
            return
        listed = self._products()
        self._numbers = {
            one.symbol: one.asset_id for one in listed if one.asset_id is not None
        }
        self._decimals = {
            one.symbol: one.quantity_decimals
            for one in listed
            if one.symbol in self._numbers
        }
        self._leverage = {one.symbol: one.max_leverage for one in listed}
        self._delisted = frozenset(one.symbol for one in listed if one.is_delisted)
        self._isolated = frozenset(one.symbol for one in listed if one.only_isolated)
        self._read_at = now

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
        self._indices: dict[str, int] = {}
        self._decimals: dict[str, int | None] = {}
        self._leverage: dict[str, int] = {}
        self._delisted: frozenset[str] = frozenset()

    def asset_of(self, symbol: str) -> int:
        """The exchange's number of a perpetual: its place in the catalogue.

        Raises ``UnknownSymbolError`` and the ``ExchangeError`` family.
        """
        self._refresh()
        if symbol not in self._indices:
            raise UnknownSymbolError(symbol)
        return self._indices[symbol]

    def decimals(self, symbol: str) -> int | None:
        self._refresh()
        return self._decimals.get(symbol)

    def most_leverage(self, symbol: str) -> int | None:
        self._refresh()
        return self._leverage.get(symbol)

    def delisted(self) -> Collection[str]:
        """What can only be closed."""
        self._refresh()
        return self._delisted

    def _refresh(self) -> None:
        now = self._clock.monotonic()
        if now - self._read_at < _KEPT_SECS:
            return
        listed = self._products()
        self._indices = {one.symbol: place for place, one in enumerate(listed)}
        self._decimals = {one.symbol: one.quantity_decimals for one in listed}
        self._leverage = {one.symbol: one.max_leverage for one in listed}
        self._delisted = frozenset(one.symbol for one in listed if one.is_delisted)
        self._read_at = now

"""Every market that is shown: the kept ones first, then all that have a price."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from threet.bootstrap import WebParts
from threet.market_data.staleness import judge_price
from threet.model.errors import DependencyError, ExchangeError
from threet.model.prices import Fresh, NewestPrice
from threet.model.products import Product
from threet.web.catalogue import Catalogue
from threet.web.waiting import in_thread

_AGAIN_SECS = 300.0
_RETRY_SECS = 15.0
_PATIENCE_SECS = 10.0


@dataclass(frozen=True, slots=True)
class Market:
    """``product`` is None while only a price is known of a market."""

    symbol: str
    product: Product | None
    is_kept: bool


class Markets:
    def __init__(self, parts: WebParts, kept: Catalogue) -> None:
        self._parts = parts
        self._kept = kept
        self._listed: Mapping[str, Product] = {}
        self._ask_at = 0.0

    async def refresh(self) -> None:
        """Ask the exchange's catalogue when it is due; an outage keeps the last one."""
        clock = self._parts.clock
        if clock.monotonic() < self._ask_at:
            return
        try:
            found = await in_thread(
                "exchange", self._parts.exchange.products, _PATIENCE_SECS
            )
        except (DependencyError, ExchangeError):
            self._ask_at = clock.monotonic() + _RETRY_SECS
            return
        self._listed = {product.symbol: product for product in found}
        self._ask_at = clock.monotonic() + _AGAIN_SECS

    async def shown(self, mids: Mapping[str, NewestPrice]) -> Sequence[Market]:
        """Kept ones in their order, delisted ones too, the others as they are listed.

        Raises ``DependencyError`` while the kept products are not known.
        """
        products = await self._kept.products()
        kept = {product.symbol for product in products}
        listed = [symbol for symbol in self._listed if symbol in mids]
        unlisted = sorted(mids.keys() - self._listed.keys())
        others = [s for s in (*listed, *unlisted) if s not in kept]
        return [
            *(Market(product.symbol, product, is_kept=True) for product in products),
            *(
                Market(symbol, self._listed.get(symbol), is_kept=False)
                for symbol in others
                if self._is_there(symbol, mids[symbol])
            ),
        ]

    async def priced(self, mids: Mapping[str, NewestPrice]) -> Sequence[str]:
        """The symbols that a price is expected of."""
        return [
            market.symbol
            for market in await self.shown(mids)
            if market.product is None or not market.product.is_delisted
        ]

    def _is_there(self, symbol: str, mid: NewestPrice) -> bool:
        """Not when all that is left is an old price of a market that is no more."""
        listed = self._listed.get(symbol)
        if not self._listed or (listed is not None and not listed.is_delisted):
            return True
        quote = judge_price(
            symbol,
            mid,
            now_ms=self._parts.clock.now_ms(),
            stale_after_ms=self._parts.price_stale_after_ms,
        )
        return isinstance(quote, Fresh)

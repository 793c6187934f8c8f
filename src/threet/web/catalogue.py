"""The kept products, read now and then; the last reading outlives an outage."""

import asyncio
from collections.abc import Sequence

from threet.model.errors import DependencyError, UnknownSymbolError
from threet.model.products import Product
from threet.ports.clock import Clock
from threet.ports.product_store import ProductStore
from threet.web.waiting import in_thread

_REREAD_AFTER_SECS = 15.0


class Catalogue:
    def __init__(self, products: ProductStore, clock: Clock) -> None:
        self._store = products
        self._clock = clock
        self._lock = asyncio.Lock()
        self._products: Sequence[Product] | None = None
        self._read_at = 0.0

    async def products(self) -> Sequence[Product]:
        """Raises ``DependencyError`` only while no reading ever succeeded."""
        async with self._lock:
            known = self._products
            if known is None or self._clock.monotonic() > self._read_at:
                known = await self._reread(known)
            return known

    async def tradable(self) -> Sequence[str]:
        """Symbols that a price is expected of."""
        return [p.symbol for p in await self.products() if not p.is_delisted]

    async def find(self, name: str) -> Product:
        """By symbol or pair, case as given; raises ``UnknownSymbolError``."""
        for product in await self.products():
            if name in (product.symbol, product.pair):
                return product
        raise UnknownSymbolError(name)

    async def _reread(self, known: Sequence[Product] | None) -> Sequence[Product]:
        self._read_at = self._clock.monotonic() + _REREAD_AFTER_SECS
        try:
            self._products = await in_thread("database", self._store.products)
        except DependencyError:
            if known is None:
                self._read_at = 0.0
                raise
            return known
        return self._products

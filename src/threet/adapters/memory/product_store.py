"""Products in a dict, in the order they were added."""

from collections.abc import Sequence

from threet.model.errors import DependencyError, UnknownSymbolError
from threet.model.products import Product


class MemoryProductStore:
    """``is_down`` makes every call fail as a database that does not answer."""

    def __init__(self, products: Sequence[Product] = ()) -> None:
        self._products: dict[tuple[str, str], Product] = {}
        self.is_down = False
        self.add(products)

    def products(self) -> Sequence[Product]:
        self._require_up()
        return tuple(self._products.values())

    def find(self, name: str) -> Product:
        kept = self.products()
        for product in kept:
            if product.symbol == name:
                return product
        for product in kept:
            if product.pair == name:
                return product
        raise UnknownSymbolError(name)

    def add(self, products: Sequence[Product]) -> int:
        self._require_up()
        before = len(self._products)
        for product in products:
            self._products[product.exchange, product.symbol] = product
        return len(self._products) - before

    def _require_up(self) -> None:
        if self.is_down:
            raise DependencyError("database", "does not answer")

"""Products in a dict, in the order they were added."""

from collections.abc import Sequence

from threet.model.errors import DependencyError, InvalidValueError, UnknownSymbolError
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
        kept = dict(self._products)
        for product in products:
            kept[product.exchange, product.symbol] = product
        pairs = [(product.exchange, product.pair) for product in kept.values()]
        if len(set(pairs)) != len(pairs):
            raise InvalidValueError("products", "name each pair once", pairs[-1])
        new = len(kept) - len(self._products)
        self._products = kept
        return new

    def _require_up(self) -> None:
        if self.is_down:
            raise DependencyError("database", "does not answer")

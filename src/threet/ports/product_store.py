"""Which products 3T keeps."""

from collections.abc import Sequence
from typing import Protocol

from threet.model.products import Product


class ProductStore(Protocol):
    """Raises ``DependencyError`` when the database does not answer."""

    def products(self) -> Sequence[Product]:
        """All kept products, in the order they were added."""

    def find(self, name: str) -> Product:
        """By symbol ("kPEPE") or pair ("kPEPE/USDC:USDC"), case as given.

        Raises ``UnknownSymbolError``.
        """

    def add(self, products: Sequence[Product]) -> int:
        """Add or refresh by (exchange, symbol); returns how many are new."""

"""The kept products against the exchange's catalogue: rules refreshed, wishes added."""

from collections.abc import Sequence
from dataclasses import dataclass

from threet.model.products import Product
from threet.ports.exchange import ExchangeReader
from threet.ports.fetch_state import RateBudget
from threet.ports.product_store import ProductStore

_WEIGHT = 20  # of the first dex's alone


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueReport:
    """``unlisted`` are kept or wished for, and unknown to the exchange; they stay as
    they are, since one odd answer is no reason to stop trading them."""

    added: int = 0
    refreshed: int = 0
    unlisted: Sequence[str] = ()
    had_budget: bool = True


def refresh(
    *,
    products: ProductStore,
    exchange: ExchangeReader,
    budget: RateBudget,
    wished: Sequence[str],
    weight: int = _WEIGHT,
) -> CatalogueReport:
    """Sizes, leverage and listing of every kept product, and of those ``wished`` for.

    Safe to repeat. Raises ``ExchangeError`` and ``DependencyError``; nothing changed.
    """
    if budget.take(weight):
        return CatalogueReport(had_budget=False)
    listed = {product.symbol: product for product in exchange.products()}
    kept = {product.symbol: product for product in products.products()}
    names = list(dict.fromkeys([*kept, *wished]))
    changed: list[Product] = [
        listed[name]
        for name in names
        if name in listed and listed[name] != kept.get(name)
    ]
    added = products.add(changed) if changed else 0
    return CatalogueReport(
        added=added,
        refreshed=len(changed) - added,
        unlisted=[name for name in names if name not in listed],
    )

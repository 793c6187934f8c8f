"""What the exchange says of a product replaces what was known of it."""

from dataclasses import replace

import pytest

from threet.adapters.memory.clock import ManualClock
from threet.adapters.memory.exchange import MemoryExchange
from threet.adapters.memory.fetch_state import MemoryRateBudget
from threet.adapters.memory.product_store import MemoryProductStore
from threet.market_data.catalogue import CatalogueReport, refresh
from threet.model.errors import UnreachableError
from threet.model.products import Product

CLOCK = ManualClock(1_767_225_600_000)


def product(symbol: str, **changes: object) -> Product:
    seed = Product(
        exchange="hyperliquid",
        symbol=symbol,
        pair=f"{symbol}/USDC:USDC",
        max_leverage=10,
    )
    return replace(seed, **changes)  # type: ignore[arg-type]  # fields by name


LISTED = [
    product("BTC", quantity_decimals=5, max_leverage=40),
    product("MKR", quantity_decimals=4, is_delisted=True),
    product("kBONK", quantity_decimals=0),
]


def refreshed(
    store: MemoryProductStore, exchange: MemoryExchange, *wished: str
) -> CatalogueReport:
    return refresh(
        products=store, exchange=exchange, budget=MemoryRateBudget(CLOCK), wished=wished
    )


def test_unknown_sizes_become_known_and_a_delisting_is_seen() -> None:
    store = MemoryProductStore([product("BTC"), product("MKR")])
    report = refreshed(store, MemoryExchange(CLOCK, LISTED))
    assert (report.added, report.refreshed) == (0, 2)
    assert store.find("BTC").quantity_decimals == 5
    assert store.find("MKR").is_delisted


def test_a_wished_product_is_added_once() -> None:
    store = MemoryProductStore([product("BTC")])
    exchange = MemoryExchange(CLOCK, LISTED)
    assert refreshed(store, exchange, "kBONK").added == 1
    again = refreshed(store, exchange, "kBONK")
    assert (again.added, again.refreshed) == (0, 0)
    assert store.find("kBONK").max_leverage == 10


def test_m1_what_the_exchange_does_not_list_is_told_and_kept() -> None:
    store = MemoryProductStore([product("GONE")])
    report = refreshed(store, MemoryExchange(CLOCK, LISTED), "KBONK")
    assert report.unlisted == ["GONE", "KBONK"]
    assert not store.find("GONE").is_delisted


def test_a_failed_reading_changes_nothing() -> None:
    store = MemoryProductStore([product("BTC")])
    exchange = MemoryExchange(CLOCK, LISTED)
    exchange.fail_next(UnreachableError("meta", "down"))
    with pytest.raises(UnreachableError):
        refreshed(store, exchange)
    assert list(store.products()) == [product("BTC")]

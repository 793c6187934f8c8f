"""What every product store does. A new one joins by a line in ``store``."""

import pytest

from tests.contract.conftest import OpenDatabase
from threet.adapters.memory.product_store import MemoryProductStore
from threet.adapters.sql.product_store import SqlProductStore
from threet.model.errors import InvalidValueError, UnknownSymbolError
from threet.model.products import Product
from threet.ports.product_store import ProductStore

HOSTILE = ["'; DROP TABLE products; --", '"', "%", "\\", "BTC ", "btc", "x\x00y", "é"]


@pytest.fixture(params=["memory", "sqlite", "mariadb"])
def store(request: pytest.FixtureRequest, open_database: OpenDatabase) -> ProductStore:
    if request.param == "memory":
        return MemoryProductStore()
    return SqlProductStore(open_database(request.param))


def a_product(symbol: str, pair: str = "", max_leverage: int = 3) -> Product:
    return Product(
        exchange="hyperliquid",
        symbol=symbol,
        pair=pair or f"{symbol}/USDC:USDC",
        max_leverage=max_leverage,
    )


def test_an_added_product_is_found_by_symbol_and_by_pair(store: ProductStore) -> None:
    wif = a_product("WIF_NEW")
    assert store.add([wif]) == 1
    assert store.find("WIF_NEW") == wif
    assert store.find("WIF_NEW/USDC:USDC") == wif


def test_products_come_in_the_order_they_were_added(store: ProductStore) -> None:
    before = list(store.products())
    store.add([a_product("zz"), a_product("aa")])
    assert [one.symbol for one in store.products()][len(before) :] == ["zz", "aa"]


def test_adding_again_refreshes_and_counts_nothing_new(store: ProductStore) -> None:
    store.add([a_product("zz")])
    refreshed = Product(
        exchange="hyperliquid",
        symbol="zz",
        pair="zz/USDC:USDC",
        max_leverage=50,
        quantity_decimals=0,
        is_delisted=True,
    )
    assert store.add([refreshed]) == 0
    assert store.find("zz") == refreshed


def test_case_distinguishes_symbols(store: ProductStore) -> None:
    store.add([a_product("kzz"), a_product("KZZ", max_leverage=7)])
    assert store.find("kzz").max_leverage == 3
    assert store.find("KZZ").max_leverage == 7
    with pytest.raises(UnknownSymbolError):
        store.find("Kzz")


@pytest.mark.parametrize("symbol", HOSTILE)
def test_a_hostile_symbol_is_only_a_name(store: ProductStore, symbol: str) -> None:
    with pytest.raises(UnknownSymbolError):
        store.find(symbol)
    store.add([a_product(symbol)])
    assert store.find(symbol) == a_product(symbol)
    assert store.find(f"{symbol}/USDC:USDC").symbol == symbol


def test_a_symbol_goes_before_another_products_pair(store: ProductStore) -> None:
    store.add([a_product("one", pair="two"), a_product("two", pair="one")])
    assert store.find("one").symbol == "one"
    assert store.find("two").symbol == "two"


def test_a_pair_names_one_product(store: ProductStore) -> None:
    store.add([a_product("one", pair="same")])
    with pytest.raises(InvalidValueError):
        store.add([a_product("other", pair="same")])
    assert store.find("same").symbol == "one"

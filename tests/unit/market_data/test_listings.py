"""When the catalogue is read again, and what it changed (M1, F41, F44, F71)."""

from decimal import Decimal

from threet.market_data.listings import Listings
from threet.model.events import PricesUpdated
from threet.model.prices import PriceChange, PriceKind
from threet.model.products import Product


def product(symbol: str, *, is_delisted: bool = False) -> Product:
    return Product(
        exchange="hyperliquid",
        symbol=symbol,
        pair=f"{symbol}/USDC:USDC",
        max_leverage=3,
        is_delisted=is_delisted,
    )


def mids(*symbols: str, vanished: str = "") -> PricesUpdated:
    return PricesUpdated(
        received_ns=1,
        changes=tuple(PriceChange(one, PriceKind.MID, Decimal(1)) for one in symbols),
        confirms_mids=True,
        vanished=((vanished, PriceKind.MID),) if vanished else (),
    )


def read_at(now: float, *symbols: str) -> Listings:
    listings = Listings()
    listings.read([product(symbol) for symbol in symbols], now)
    return listings


def test_it_is_due_at_first_and_then_every_hour() -> None:
    listings = Listings()
    assert listings.is_due(0.0)
    listings.read([product("BTC")], 0.0)
    assert not listings.is_due(3599.0)
    assert listings.is_due(3600.0)


def test_m1_an_unknown_symbol_among_the_mids_makes_it_due_in_half_a_minute() -> None:
    listings = read_at(0.0, "BTC")
    listings.sighted([mids("BTC")])
    assert not listings.is_due(31.0)
    listings.sighted([mids("BTC", "NEW")])
    assert not listings.is_due(29.0)
    assert listings.is_due(30.0)
    change = listings.read([product("BTC"), product("NEW")], 30.0)
    assert (change.listed, change.delisted) == (["NEW"], [])
    assert listings.symbols == ["BTC", "NEW"]


def test_a_symbol_that_the_catalogue_never_has_is_asked_about_once() -> None:
    listings = read_at(0.0, "BTC")
    listings.sighted([mids("ODD")])
    listings.read([product("BTC")], 30.0)
    listings.sighted([mids("ODD")])
    assert not listings.is_due(61.0)


def test_m1_f41_a_price_that_vanished_makes_it_due_and_a_delisting_is_told() -> None:
    listings = read_at(0.0, "BTC", "OLD")
    listings.sighted([mids(vanished="OLD")])
    assert listings.is_due(30.0)
    change = listings.read([product("BTC"), product("OLD", is_delisted=True)], 30.0)
    assert (change.listed, change.delisted) == ([], ["OLD"])
    assert listings.symbols == ["BTC"]
    assert listings.delisted == ["OLD"]


def test_m1_f44_names_count_and_not_their_places() -> None:
    listings = read_at(0.0, "BTC", "ETH")
    change = listings.read([product("NEW"), product("ETH"), product("BTC")], 1.0)
    assert (change.listed, change.delisted) == (["NEW"], [])


def test_f71_names_keep_their_case() -> None:
    listings = read_at(0.0, "kPEPE")
    listings.sighted([mids("KPEPE")])
    assert listings.is_due(30.0)
    assert listings.symbols == ["kPEPE"]


def test_a_name_gone_from_the_catalogue_is_as_good_as_delisted() -> None:
    listings = read_at(0.0, "BTC", "OLD")
    assert listings.read([product("BTC")], 1.0).delisted == ["OLD"]
    assert listings.delisted == ["OLD"]


def test_an_empty_catalogue_is_no_answer() -> None:
    listings = read_at(0.0, "BTC")
    assert not listings.read([], 1.0)
    assert listings.symbols == ["BTC"]


def test_f44_a_dex_of_which_nothing_is_listed_is_looked_for_every_five_minutes() -> (
    None
):
    listings = Listings(("xyz",))
    listings.read([product("BTC")], 0.0)
    assert not listings.is_due(299.0)
    assert listings.is_due(300.0)
    listings.read([product("BTC"), product("xyz:AAPL")], 300.0)
    assert not listings.is_due(601.0)

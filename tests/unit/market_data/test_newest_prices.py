"""Which price is the newest, and since when it is known."""

from decimal import Decimal

from tests.builders import prices
from threet.market_data.newest_prices import NewestPrices
from threet.model.events import PricesUpdated
from threet.model.prices import Missing, NewestPrice, PriceChange, PriceKind

MID = PriceKind.MID


def found(newest: NewestPrices, symbol: str = "BTC") -> NewestPrice:
    price = newest.find(symbol, MID)
    assert isinstance(price, NewestPrice)
    return price


def bid(price: int, event_ms: int, received_ns: int) -> PricesUpdated:
    change = PriceChange("BTC", PriceKind.BID, Decimal(price), Decimal(1))
    return PricesUpdated(received_ns=received_ns, event_ms=event_ms, changes=(change,))


def test_a_price_never_told_is_missing() -> None:
    assert NewestPrices().find("BTC", MID) == Missing("BTC")


def test_a_frame_that_repeats_every_mid_keeps_an_unchanged_one_young() -> None:
    newest = NewestPrices()
    newest.apply(prices(("BTC", "100"), received_ns=1, confirms_mids=True))
    newest.apply(prices(("ETH", "7"), received_ns=9, confirms_mids=True))
    assert found(newest).received_ns == 9
    assert found(newest).price == 100


def test_a_vanished_price_is_missing_not_old() -> None:
    newest = NewestPrices()
    newest.apply(prices(("BTC", "100"), received_ns=1, confirms_mids=True))
    newest.apply(prices(received_ns=2, confirms_mids=True, vanished=(("BTC", MID),)))
    assert newest.find("BTC", MID) == Missing("BTC")


def test_a_late_frame_never_wins() -> None:
    newest = NewestPrices()
    newest.apply(bid(100, event_ms=2_000, received_ns=5))
    newest.apply(bid(90, event_ms=1_000, received_ns=6))
    price = newest.find("BTC", PriceKind.BID)
    assert isinstance(price, NewestPrice)
    assert price.price == 100


def test_a_frame_without_times_is_ordered_by_its_receipt() -> None:
    newest = NewestPrices()
    newest.apply(prices(("BTC", "100"), received_ns=6))
    newest.apply(prices(("BTC", "90"), received_ns=5))
    assert found(newest).price == 100


def test_a_confirmed_price_is_as_young_as_its_confirmation() -> None:
    newest = NewestPrices()
    newest.apply(bid(100, event_ms=1_000, received_ns=5))
    key = ("BTC", PriceKind.BID)
    newest.apply(PricesUpdated(received_ns=8, changes=(), confirmed=(key,)))
    price = newest.find(*key)
    assert isinstance(price, NewestPrice)
    assert price.received_ns == 8


def test_the_mids_of_one_dex_confirm_nothing_of_another() -> None:
    newest = NewestPrices()
    newest.apply(prices(("BTC", "100"), received_ns=1, confirms_mids=True))
    newest.apply(prices(("xyz:A", "7"), received_ns=2, confirms_mids=True, dex="xyz"))
    newest.apply(prices(received_ns=9, confirms_mids=True, dex="xyz"))
    assert found(newest).received_ns == 1
    assert found(newest, "xyz:A").received_ns == 9
    newest.apply(prices(received_ns=20, confirms_mids=True))
    assert found(newest, "xyz:A").received_ns == 9

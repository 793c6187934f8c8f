"""Prices to trade on: fresh on both sides, or none."""

from decimal import Decimal

from tests.builders import START_MS
from tests.set_clock import SetClock
from threet.adapters.memory.clock import ManualClock
from threet.market_data.quotes import Quotes
from threet.model.prices import NewestPrice, PriceKind


def price(kind: PriceKind, text: str, age_ms: int = 0) -> NewestPrice:
    return NewestPrice(
        symbol="BTC",
        kind=kind,
        price=Decimal(text),
        received_ns=(START_MS - age_ms) * 1_000_000,
    )


def quotes(*prices: NewestPrice) -> Quotes:
    made = Quotes(ManualClock(START_MS), 1_000)
    made.note(prices)
    return made


def test_both_sides_must_be_known_fresh_and_uncrossed() -> None:
    bid, ask = price(PriceKind.BID, "99"), price(PriceKind.ASK, "101")
    assert quotes(bid, ask).best("BTC") == (Decimal(99), Decimal(101))
    assert quotes(bid).best("BTC") is None
    assert quotes(bid, price(PriceKind.ASK, "101", 1_001)).best("BTC") is None
    assert quotes(bid, price(PriceKind.ASK, "99")).best("BTC") is None
    assert quotes(bid, ask).best("ETH") is None


def test_an_old_mid_price_is_told_with_its_age() -> None:
    assert quotes(price(PriceKind.MID, "100", 5_000)).mids() == {
        "BTC": (Decimal(100), 5_000)
    }


def test_o7_an_old_price_stays_old_when_the_clock_is_set_back() -> None:
    clock = SetClock(START_MS)
    made = Quotes(clock, 1_000)
    old = price(PriceKind.BID, "99"), price(PriceKind.ASK, "101")
    made.note(old)
    clock.advance(2)
    clock.set_by(-2_000)
    made.note(old)
    assert made.best("BTC") is None


def test_o7_a_price_of_the_future_has_no_age_ever() -> None:
    clock = SetClock(START_MS)
    clock.set_by(-30_000)
    made = Quotes(clock, 1_000)
    made.note([price(kind, "100") for kind in PriceKind])
    assert made.mids() == {}
    clock.advance(30)
    made.note([price(kind, "100") for kind in PriceKind])
    assert made.mids() == {}

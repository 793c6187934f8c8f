"""Prices to trade on: fresh on both sides, or none."""

from decimal import Decimal

from tests.builders import START_MS
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

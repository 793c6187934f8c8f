"""What fits an instrument's grid is accepted and nothing else, for every one."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from hlsim.core import rules
from hlsim.core.orders import OrderRequest, Rejected, Status
from hlsim.core.rules import Fitted
from hlsim.core.universe import Instrument
from hlsim.market.catalogue import listings

INSTRUMENTS = [one.instrument for one in listings(230, seed=1)]
GRIDS = st.sampled_from(INSTRUMENTS)


def request(px: Decimal, sz: Decimal, *, reduce_only: bool = False) -> OrderRequest:
    return OrderRequest(
        asset=0,
        is_buy=True,
        px_e8=int(px.scaleb(8)),
        sz_e8=int(sz.scaleb(8)),
        reduce_only=reduce_only,
    )


def is_valid_px(px: Decimal, instrument: Instrument) -> bool:
    """The document's rule (§6), told in decimals: 5 figures, 6 - szDecimals places."""
    digits = px.normalize()
    places = max(-int(digits.as_tuple().exponent), 0)
    if places == 0:
        return True
    figures = len(digits.as_tuple().digits)
    return figures <= 5 and places <= 6 - instrument.sz_decimals


def prices() -> st.SearchStrategy[Decimal]:
    digits, places = st.integers(1, 10**9), st.integers(0, 8)
    return st.builds(lambda n, d: Decimal(n).scaleb(-d), digits, places)


@given(instrument=GRIDS, px=prices())
@settings(max_examples=400, deadline=None)
def test_a_price_of_five_figures_and_few_enough_decimals_is_valid_and_no_other(
    instrument: Instrument, px: Decimal
) -> None:
    units = rules.grid_px(int(px.scaleb(8)), instrument)
    if is_valid_px(px, instrument):
        assert units == int(px.scaleb(instrument.px_decimals))
    else:
        assert isinstance(units, Rejected)
        assert units.text == "Price must be divisible by tick size."
        assert units.status is Status.TICK_REJECTED


@given(instrument=GRIDS, lots=st.integers(1, 10**9), finer=st.integers(0, 9))
@settings(max_examples=200, deadline=None)
def test_a_size_has_at_most_as_many_decimals_as_the_instrument(
    instrument: Instrument, lots: int, finer: int
) -> None:
    sz = Decimal(lots * 10 + finer).scaleb(-instrument.sz_decimals - 1)
    fit = rules.fit(request(Decimal(10**9), sz), instrument)
    if finer:
        assert fit == Rejected("Order has invalid size.")
    else:
        assert isinstance(fit, Fitted)
        assert fit.sz == lots


def test_the_documents_examples_are_judged_as_it_says() -> None:
    by_decimals = {one.sz_decimals: one for one in INSTRUMENTS}
    judged = {
        (text, decimals): is_accepted(text, by_decimals[decimals])
        for text, decimals in (
            ("123456", 1),
            ("12345.6", 1),
            ("0.01234", 1),
            ("0.012345", 1),
            ("0.001234", 0),
            ("0.0012345", 0),
        )
    }
    assert list(judged.values()) == [True, False, True, False, True, False]


def is_accepted(px: str, instrument: Instrument) -> bool:
    sz = Decimal(10**6)
    return isinstance(rules.fit(request(Decimal(px), sz), instrument), Fitted)


def test_an_order_is_worth_ten_dollars_at_least() -> None:
    coin = INSTRUMENTS[1]  # ETH, four decimals of size
    px = Decimal(100)
    assert isinstance(rules.fit(request(px, Decimal("0.1")), coin), Fitted)
    small = rules.fit(request(px, Decimal("0.0999")), coin)
    assert isinstance(small, Rejected)
    assert small.text == "Order must have minimum value of $10."
    reducing = request(px, Decimal("0.0001"), reduce_only=True)
    assert isinstance(rules.fit(reducing, coin), Fitted)


def test_only_a_reduce_only_order_may_have_size_zero() -> None:
    coin = INSTRUMENTS[1]
    nothing = request(Decimal(100), Decimal(0))
    assert rules.fit(nothing, coin) == Rejected("Order has zero size.")
    closing = request(Decimal(100), Decimal(0), reduce_only=True)
    assert isinstance(rules.fit(closing, coin), Fitted)


def test_a_price_of_nothing_is_no_price() -> None:
    fit = rules.fit(request(Decimal(0), Decimal(1)), INSTRUMENTS[1])
    assert fit == Rejected("Order has invalid price.")


def test_a_price_is_at_most_four_fifths_away_from_the_reference() -> None:
    assert not rules.is_too_far(180, 100)
    assert rules.is_too_far(181, 100)
    assert not rules.is_too_far(20, 100)
    assert rules.is_too_far(19, 100)

"""What an exchange writes is read back to the unit: frames, metas and pasts."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlsim.core.market import Context, FundingRate
from hlsim.core.universe import Instrument, flat_table
from hlsim.market.catalogue import listings, universe_of
from hlsim.market.frames import (
    SeenBest,
    SeenBook,
    SeenFigures,
    best_of,
    book_of,
    coin_of,
    decode_frame,
    figures_of,
    trades_of,
    units,
)
from hlsim.market.metas import meta_frame, read_contexts, read_meta, read_meta_frame
from hlsim.market.pasts import read_candles, read_funding
from hlsim.market.synthetic import SyntheticMarket
from hlsim.wire import market_shapes
from hlsim.wire.books import l2_book
from hlsim.wire.messages import frame
from tests.recordings import answers_of, stream

START = 1_760_000_000_000
ENCODE = msgspec.json.encode


@pytest.fixture(scope="module")
def market() -> SyntheticMarket:
    return SyntheticMarket(listings(30, 7), seed=7, start_ms=START, history_days=1)


def test_books_and_best_prices_are_read_back(market: SyntheticMarket) -> None:
    for asset in (0, 5, 21):
        one = market.universe[asset]
        whole, best = market.book(asset), market.top(asset)
        heard = decode_frame(frame("l2Book", l2_book(one, whole)))
        assert isinstance(heard, SeenBook)
        assert book_of(heard, one) == whole
        heard_best = decode_frame(frame("bbo", market_shapes.bbo(one, best)))
        assert isinstance(heard_best, SeenBest)
        assert best_of(heard_best, one) == best


def test_trades_are_read_back(market: SyntheticMarket) -> None:
    trades = tuple(market.recent_trades(0))
    one = market.universe[0]
    heard = decode_frame(
        frame("trades", [market_shapes.trade(one, trade) for trade in trades])
    )
    assert isinstance(heard, tuple)
    assert trades_of(heard, one) == trades
    assert coin_of(heard) == "BTC"


amount = st.integers(0, 10**15)
rate = st.integers(-(10**10), 10**10)
contexts = st.builds(
    Context,
    funding=rate,
    open_interest=amount,
    prev_day_px=amount,
    day_ntl_vlm=amount,
    day_base_vlm=amount,
    premium=st.none() | rate,
    oracle_px=amount,
    mark_px=amount,
    mid_halves=st.none() | amount,
    impact_pxs=st.none() | st.tuples(amount, amount),
)


@given(contexts, st.integers(0, 5))
def test_contexts_are_read_back(context: Context, sz_decimals: int) -> None:
    one = Instrument(
        name="X",
        sz_decimals=sz_decimals,
        max_leverage=3,
        margin_table=flat_table(3),
    )
    written = ENCODE(market_shapes.context(one, context))
    assert figures_of(msgspec.json.decode(written, type=SeenFigures), one) == context


def test_a_catalogue_is_read_back(market: SyntheticMarket) -> None:
    universe = universe_of(listings(230, 7))
    answer = ENCODE(market_shapes.meta(universe))
    assert read_meta(answer) == universe.instruments
    assert read_meta_frame(meta_frame(answer)) == universe.instruments
    assert read_meta_frame(b'{"channel":"pong"}') is None

    universe = market.universe
    told = [market.context(asset, START) for asset in range(len(universe))]
    rows = [
        market_shapes.context(universe[asset], one) for asset, one in enumerate(told)
    ]
    both = ENCODE((market_shapes.meta(universe), rows))
    assert read_contexts(both) == (universe.instruments, told)


def test_pasts_are_read_back(market: SyntheticMarket) -> None:
    one = market.universe[3]
    rows = market.minutes(3, 0, START)
    written = ENCODE([market_shapes.candle(one, "1m", row) for row in rows])
    assert read_candles(written, one) == rows
    rates = [FundingRate(START, -125_000, 10**7), FundingRate(START + 1, 0, 0)]
    written = ENCODE([market_shapes.funding(one, row) for row in rates])
    assert read_funding(written) == rates


def test_the_real_stream_and_the_real_metas_can_be_read() -> None:
    frames = [decode_frame(payload) for _, payload in stream()]
    assert len(frames) > 50
    assert None not in frames
    for answer in answers_of("meta"):
        assert read_meta(answer)[0].name == "BTC"


@pytest.mark.parametrize(
    ("text", "decimals", "count"),
    [("1.5", 0, 2), ("2.5", 0, 2), ("0.1", 1, 1), ("-0.00059", 10, -5_900_000)],
)
def test_what_is_finer_than_a_unit_is_rounded_half_even(
    text: str, decimals: int, count: int
) -> None:
    assert units(text, decimals) == count


@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "", "much", "1e999999999", "1e900000", "1e30"]
)
def test_what_is_no_number_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        units(text, 2)

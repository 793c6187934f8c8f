"""The synthetic market: reproducible, valid prices, candles that are its trades."""

import hashlib
import json
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from hlsim.core.candles import aggregate
from hlsim.core.intervals import DAY_MS, HOUR_MS, MINUTE_MS
from hlsim.core.market import Changes, Trade
from hlsim.core.numbers import tick_units
from hlsim.market.activity import RateTooHighError
from hlsim.market.catalogue import listings
from hlsim.market.synthetic import SyntheticMarket
from tests.unit.hlsim.market.living import lived as lived_until

START = 1_760_000_040_123
SEED_PRODUCTS = Path("tests/data/seed_products.json")


def market(
    *, seed: int = 7, symbols: int = 60, days: int = 1, rate: int | None = None
) -> SyntheticMarket:
    return SyntheticMarket(
        listings(symbols, seed),
        seed=seed,
        start_ms=START,
        history_days=days,
        rate=rate,
    )


def lived(one: SyntheticMarket, span_ms: int) -> list[Changes]:
    return lived_until(one, START + span_ms)


def digest(changes: list[Changes]) -> str:
    return hashlib.sha256(msgspec.json.encode(changes)).hexdigest()[:16]


def test_the_same_seed_gives_the_same_market_on_every_machine() -> None:
    # Pinned: another value means that recorded expectations elsewhere break too.
    assert digest(lived(market(), 10_000)) == "ed836d5ef1178e7b"
    rows = market().minutes(0, START - HOUR_MS, START)
    assert (
        hashlib.sha256(msgspec.json.encode(rows)).hexdigest()[:16] == "d21cbda299a3e021"
    )


def test_ten_minutes_with_agents_are_the_same_bytes() -> None:
    blocks = lived(market(symbols=20), 10 * MINUTE_MS)
    assert len(blocks) == 3000
    assert digest(blocks) == "72f03f47fed02405"


def test_another_seed_gives_another_market() -> None:
    assert digest(lived(market(seed=8), 2000)) != digest(lived(market(), 2000))


def test_the_path_does_not_depend_on_how_often_one_looks() -> None:
    at_once, step_by_step = market(), market()
    whole = lived(at_once, 4000)
    parts = [c for ms in range(100, 4100, 100) for c in lived(step_by_step, ms)]
    assert parts == whole


def all_trades(changes: list[Changes], asset: int) -> list[Trade]:
    return [t for c in changes for a, ts in c.trades if a == asset for t in ts]


def test_trades_print_at_the_best_prices_and_on_the_grid() -> None:
    one = market()
    for block in one.advance(START + 20_000):
        for asset, trades in block.trades:
            (bid, ask) = one.top(asset).best
            assert bid is not None
            assert ask is not None
            decimals = one.universe[asset].px_decimals
            for trade in trades:
                assert trade.px == (ask.px if trade.side == "B" else bid.px)
                assert trade.px % tick_units(trade.px, decimals) == 0
                assert trade.sz > 0
                assert trade.time_ms == block.time_ms


def test_candles_are_exactly_the_trades() -> None:
    one = market()
    since = START - START % MINUTE_MS + MINUTE_MS
    changes = [c for c in lived(one, 4 * MINUTE_MS) if c.time_ms >= since]
    for asset in (0, 1, 40):
        trades = all_trades(changes, asset)
        rows = one.minutes(asset, since, START + 4 * MINUTE_MS)
        for row in rows:
            inside = [t for t in trades if row.t <= t.time_ms < row.t + MINUTE_MS]
            prices = [t.px for t in inside]
            assert (row.o, row.c) == (prices[0], prices[-1])
            assert (row.h, row.l) == (max(prices), min(prices))
            assert (row.v, row.n) == (sum(t.sz for t in inside), len(inside))
        assert sum(row.n for row in rows) == len(trades)


def test_the_history_joins_the_live_path_without_a_jump() -> None:
    one = market()
    rows = one.minutes(0, START - DAY_MS, START)
    steps = [abs(b.o - a.c) / a.c for a, b in pairwise(rows)]
    origin = START - START % MINUTE_MS - MINUTE_MS
    joint = next(i for i, row in enumerate(rows) if row.t == origin)
    assert rows[joint - 1].t == origin - MINUTE_MS
    assert steps[joint - 1] < 5e-4
    assert max(steps) < 5e-3


def test_more_days_of_history_leave_the_newest_as_they_are() -> None:
    short, long = market(days=1), market(days=2)
    since = START - DAY_MS // 2
    assert short.minutes(3, since, START) == long.minutes(3, since, START)


def test_history_prices_lie_on_the_grid_and_bracket_each_other() -> None:
    one = market()
    for asset in (0, 10, 59):
        decimals = one.universe[asset].px_decimals
        for row in one.minutes(asset, 0, START):
            assert 0 < row.l <= min(row.o, row.c) <= max(row.o, row.c) <= row.h
            for px in (row.o, row.h, row.l, row.c):
                assert px % tick_units(px, decimals) == 0
            assert row.v >= row.n > 0


def test_thin_coins_have_minutes_without_a_trade_and_thick_ones_none() -> None:
    one = market(symbols=230)
    day = (START - DAY_MS, START)
    assert len(one.minutes(0, *day)) == 1440
    assert 0 < len(one.minutes(229, *day)) < 1400


def test_higher_intervals_are_the_merged_minutes() -> None:
    rows = market().minutes(0, START - 6 * HOUR_MS, START)
    hours = aggregate(rows, "1h")
    assert sum(row.v for row in hours) == sum(row.v for row in rows)
    assert max(row.h for row in hours) == max(row.h for row in rows)


def test_books_have_twenty_valid_levels_a_side() -> None:
    one = market(symbols=230)
    for asset in range(230):
        if one.universe[asset].is_delisted:
            continue
        book, decimals = one.book(asset), one.universe[asset].px_decimals
        bids, asks = [x.px for x in book.bids], [x.px for x in book.asks]
        assert len(bids) == len(asks) == 20
        assert bids == sorted(set(bids), reverse=True)
        assert asks == sorted(set(asks))
        assert bids[0] < asks[0]
        assert all(px % tick_units(px, decimals) == 0 for px in bids + asks)
        assert one.top(asset).best == book.best


def test_the_first_products_are_there_with_their_leverage() -> None:
    universe = market(symbols=27).universe
    for product in json.loads(SEED_PRODUCTS.read_text()):
        asset = universe.asset(product["instrument"])
        assert asset is not None
        assert universe[asset].max_leverage == product["max_leverage"]
        assert not universe[asset].is_delisted


def test_the_universe_has_its_traps() -> None:
    one = market(symbols=230)
    rows = [one.universe[asset] for asset in range(230)]
    assert len(one.universe) == 230
    assert sum(row.is_delisted for row in rows) >= 2
    assert sum(row.only_isolated for row in rows) >= 2
    assert {"kBONK", "kSHIB"} <= {row.name for row in rows}
    assert [table.id for table in one.universe.listed_tables("")] == [54, 55, 56]


def test_a_delisted_coin_neither_quotes_nor_trades() -> None:
    one = market()
    asset = one.universe.asset("MATIC")
    assert asset is not None
    changes = lived(one, 10_000)
    assert one.mid_halves(asset) is None
    assert one.book(asset).best == (None, None)
    assert one.minutes(asset, 0, START) == []
    assert all(asset not in block.quoted for block in changes)
    context = one.context(asset, START)
    assert (context.mid_halves, context.impact_pxs, context.premium) == (None,) * 3


def test_coins_move_together() -> None:
    one = market()
    btc, eth = (
        {row.t: row.c - row.o for row in one.minutes(asset, START - DAY_MS, START)}
        for asset in (0, 1)
    )
    moves = [(btc[t], eth[t]) for t in btc.keys() & eth.keys()]
    agree = sum(a * b > 0 for a, b in moves) / sum(a * b != 0 for a, b in moves)
    assert agree > 0.6


@pytest.mark.parametrize("rate", [300, 1000])
def test_the_rate_is_what_was_asked_for(rate: int) -> None:
    changes = lived(market(symbols=230, rate=rate), 20_000)
    frames = sum(len(block.quoted) + len(block.trades) for block in changes)
    assert frames / 20 == pytest.approx(rate, rel=0.03)


def test_a_rate_beyond_the_blocks_is_refused_with_the_most_there_is() -> None:
    with pytest.raises(RateTooHighError, match="ask for 427 at most"):
        # 57 listed coins, 5 blocks a second, three frames in two blocks
        market(rate=5000)


def test_the_day_counts_the_last_24_hours() -> None:
    one = market(days=3)
    changes = lived(one, 90_000)
    now = START + 90_000
    context = one.context(0, now)
    minute = now - now % MINUTE_MS
    rows = one.minutes(0, minute - DAY_MS, now)
    assert context.day_base_vlm == sum(row.v for row in rows)
    assert changes
    before = one.minutes(0, minute - DAY_MS - 2 * MINUTE_MS, minute - DAY_MS - 1)
    assert context.prev_day_px == before[-1].c


def test_recent_trades_exist_from_the_start() -> None:
    assert len(market().recent_trades(0)) == 30


def test_the_premium_is_that_of_the_context() -> None:
    one = market(symbols=20)
    lived(one, 10_000)
    one.delist(3)
    now_ms = START + 10_000
    for asset in range(len(one.universe)):
        assert one.premium(asset) == one.context(asset, now_ms).premium
    assert one.premium(0)
    assert one.premium(3) is None

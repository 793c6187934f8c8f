"""Coins come and go while the market runs; minutes are held back (M1, F45)."""

import pytest

from hlsim.core.intervals import MINUTE_MS
from hlsim.core.market import Changes, Trade
from hlsim.core.universe import Instrument, flat_table
from hlsim.market.catalogue import listings
from hlsim.market.synthetic import SyntheticMarket
from tests.unit.hlsim.market.living import lived

START = 1_760_000_040_123
MINUTE = START - START % MINUTE_MS + MINUTE_MS


def market() -> SyntheticMarket:
    return SyntheticMarket(listings(10, 7), seed=7, start_ms=START, history_days=1)


def instrument(name: str = "NEW") -> Instrument:
    return Instrument(
        name=name, sz_decimals=2, max_leverage=5, margin_table=flat_table(5)
    )


def of_coin(blocks: list[Changes], asset: int) -> list[Trade]:
    return [t for one in blocks for a, ts in one.trades if a == asset for t in ts]


def test_a_delisted_coin_keeps_its_place_and_falls_silent() -> None:
    one = market()
    before = one.universe
    mark = one.mark_px(1, START)
    one.delist(1)
    assert before[1].is_delisted is False
    assert one.universe[1].is_delisted
    assert [row.name for row in one.universe.instruments] == [
        row.name for row in before.instruments
    ]
    first, *later = lived(one, START + 30_000)
    assert first.listed == [1]
    assert not any(block.listed for block in later)
    assert not any(1 in block.quoted for block in (first, *later))
    assert of_coin([first, *later], 1) == []
    assert (one.best_px(1), one.mid_halves(1)) == ((0, 0), None)
    assert one.book(1).best == (None, None)
    assert one.mark_px(1, START + 30_000) == mark


def test_a_new_coin_comes_last_and_trades_near_its_price() -> None:
    one = market()
    asset = one.enlist(instrument(), 190_000)
    assert asset == 10
    assert one.universe.asset("NEW") == asset
    assert one.universe.asset_id(asset) == 10
    bid, ask = one.best_px(asset)
    assert 0 <= 190_000 - bid < 100 > ask - 190_000
    assert one.maker(asset) in one.participants
    first, *later = blocks = lived(one, START + 60_000)
    assert first.listed == [asset]
    assert not any(block.listed for block in later)
    trades = of_coin(blocks, asset)
    assert trades
    assert all(abs(trade.px - 190_000) < 4000 for trade in trades)
    rows = one.minutes(asset, 0, START + 60_000)
    assert sum(row.n for row in rows) == len(trades)
    context = one.context(asset, START + 60_000)
    assert context.prev_day_px == 190_000
    assert context.day_base_vlm == sum(trade.sz for trade in trades)


def test_the_other_coins_do_not_feel_a_listing() -> None:
    plain, changed = market(), market()
    lived(plain, START + 5000)
    lived(changed, START + 5000)
    changed.enlist(instrument(), 190_000)
    changed.delist(9)
    untouched = lived(plain, START + 30_000)
    beside = lived(changed, START + 30_000)
    for asset in range(9):
        assert of_coin(beside, asset) == of_coin(untouched, asset)
        assert changed.minutes(asset, 0, START) == plain.minutes(asset, 0, START)


def test_when_history_is_looked_at_does_not_change_it() -> None:
    early, late = market(), market()
    rows = early.minutes(0, 0, START)
    late.enlist(instrument(), 190_000)
    assert late.minutes(0, 0, START) == rows
    assert late.minutes(10, 0, START) == []


@pytest.mark.parametrize(
    ("listed", "px", "sentence"),
    [
        (instrument("BTC"), 190_000, "same name"),
        (instrument(), 0, "cannot trade"),
        (instrument(), 10**9, "cannot trade"),
        (
            Instrument(
                name="x:Y",
                sz_decimals=2,
                max_leverage=5,
                margin_table=flat_table(5),
                dex="x",
            ),
            190_000,
            "does not exist",
        ),
    ],
)
def test_what_cannot_be_listed_changes_nothing(
    listed: Instrument, px: int, sentence: str
) -> None:
    one = market()
    with pytest.raises(ValueError, match=sentence):
        one.enlist(listed, px)
    assert len(one.universe) == 10
    assert not any(block.listed for block in lived(one, START + 1000))


def test_a_coin_is_delisted_once() -> None:
    one = market()
    one.delist(3)
    with pytest.raises(ValueError, match="already"):
        one.delist(3)


def test_minutes_held_back_have_no_candles_until_they_are_published() -> None:
    one = market()
    one.hold_back(0, 2)
    blocks = lived(one, MINUTE + 4 * MINUTE_MS)
    held = range(MINUTE, MINUTE + 2 * MINUTE_MS)
    assert not any(trade.time_ms in held for trade in of_coin(blocks, 0))
    rows = one.minutes(0, MINUTE - MINUTE_MS, MINUTE + 3 * MINUTE_MS)
    starts = [(row.t - MINUTE) // MINUTE_MS for row in rows]
    assert starts == [-1, 2, 3]

    one.publish_flat(0)
    filled = one.minutes(0, MINUTE - MINUTE_MS, MINUTE + 3 * MINUTE_MS)
    assert [(row.t - MINUTE) // MINUTE_MS for row in filled] == [-1, 0, 1, 2, 3]
    for row in filled[1:3]:
        assert row.o == row.h == row.l == row.c == rows[0].c
        assert (row.v, row.n) == (0, 0)
    assert [filled[0], *filled[3:]] == rows


def test_publishing_early_leaves_the_rest_for_later() -> None:
    one = market()
    one.hold_back(0, 3)
    lived(one, MINUTE + 2 * MINUTE_MS + 1000)
    one.publish_flat(0)
    assert len(one.minutes(0, MINUTE, MINUTE + 3 * MINUTE_MS)) == 2
    lived(one, MINUTE + 3 * MINUTE_MS + 30_000)
    one.publish_flat(0)
    one.publish_flat(0)
    assert len(one.minutes(0, MINUTE, MINUTE + 3 * MINUTE_MS - 1)) == 3


def test_a_coin_is_held_back_for_at_least_a_minute() -> None:
    with pytest.raises(ValueError, match="at least one"):
        market().hold_back(0, 0)

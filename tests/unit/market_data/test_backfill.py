"""What a backfill asks for, and that it ends, goes on and keeps to the budget."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fake_exchange import FakeExchange
from threet.adapters.memory.clock import ManualClock
from threet.adapters.memory.fetch_state import MemoryFetchSlots, MemoryRateBudget
from threet.adapters.sql.backfill_store import SqlBackfillStore
from threet.adapters.sql.candle_store import SqlCandleStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.gap_store import SqlGapStore
from threet.adapters.sql.migrate import migrate
from threet.market_data.backfill import Span, least_weight, part_for, spans
from threet.market_data.backfilling import Backfilling, BackfillParts
from threet.market_data.schedule import Pair
from threet.model.candles import Timeframe
from threet.model.errors import (
    DependencyError,
    RateLimitedError,
    UnreachableError,
)
from threet.ports.backfill_store import Held

T0 = 1_700_006_400_000
MINUTE = 60_000
M1 = Timeframe.M1
NOW = T0 + 30_000
FIRST = T0 - 4_999 * MINUTE


class World:
    def __init__(self, folder: Path) -> None:
        engine = make_engine(f"sqlite:///{folder / '3t.db'}")
        migrate(engine)
        self.database = Database(engine)
        self.clock = ManualClock(NOW)
        self.exchange = FakeExchange(self.clock)
        self.gaps = SqlGapStore(self.database)
        self.parts = BackfillParts(
            clock=self.clock,
            candles=SqlCandleStore(self.database, hot_candles=50),
            gaps=self.gaps,
            backfills=SqlBackfillStore(self.database),
            slots=MemoryFetchSlots(10),
            budget=MemoryRateBudget(self.clock),
            exchange=self.exchange,
        )

    def backfilling(self, *pairs: Pair, reserve: int = 0) -> Backfilling:
        return Backfilling(self.parts, pairs, reserve=reserve)

    def run(self, one: Backfilling) -> float:
        """To its end, by the clock; returns the seconds it waited."""
        waited = 0.0
        while not one.is_done:
            secs = one.step()
            self.clock.advance(secs)
            waited += secs
        return waited

    def opens(self, symbol: str = "BTC") -> list[int]:
        return list(self.parts.backfills.opens(symbol, M1))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.database.close()


def test_an_empty_pair_is_one_request_of_5000_bars() -> None:
    (span,) = spans("BTC", M1, Held(oldest_ms=None, newest_ms=None, since_ms=None), NOW)
    assert (span.bars, span.weight, span.since_ms) == (5_000, 104, FIRST)


def test_what_is_held_is_not_asked_for_again() -> None:
    held = Held(oldest_ms=T0 - 499 * MINUTE, newest_ms=T0 - MINUTE, since_ms=None)
    (span,) = spans("BTC", M1, held, NOW)
    assert (span.start_ms, span.end_ms) == (FIRST, held.oldest_ms)
    assert span.bars == 4_501


def test_a_pair_left_behind_is_brought_up_to_date_first() -> None:
    held = Held(oldest_ms=FIRST, newest_ms=T0 - 90 * MINUTE, since_ms=FIRST)
    (span,) = spans("BTC", M1, held, NOW)
    assert (span.start_ms, span.end_ms) == (T0 - 89 * MINUTE, NOW)
    assert span.expected_ms == T0 - 89 * MINUTE


@given(weight=st.integers(1, 130), held_bars=st.integers(0, 4_990))
def test_a_part_costs_what_it_may_and_leaves_the_rest(
    weight: int, held_bars: int
) -> None:
    """Law: the part is within the weight, the newest of it, and nothing is between."""
    oldest_ms = T0 - held_bars * MINUTE
    span = Span(
        symbol="BTC", timeframe=M1, start_ms=FIRST, end_ms=oldest_ms, since_ms=FIRST
    )
    part = part_for(span, weight)
    if part is None:
        assert weight <= 20
        return
    assert part.weight <= weight
    assert part.end_ms == span.end_ms
    assert part.since_ms == part.start_ms >= span.start_ms
    left = part.bars + (part.start_ms - span.start_ms) // MINUTE
    assert left == span.bars


def test_a_backfill_stores_all_the_exchange_has_and_a_second_asks_nothing(
    world: World,
) -> None:
    world.run(world.backfilling(("BTC", M1), ("ETH", M1)))
    assert world.opens() == list(range(FIRST, T0, MINUTE))
    requests = world.exchange.requests
    assert world.backfilling(("BTC", M1), ("ETH", M1)).is_done
    world.clock.advance(60)
    again = world.backfilling(("BTC", M1), ("ETH", M1))
    world.run(again)
    assert world.exchange.requests == requests


def test_f45_holes_are_noted_and_listing_is_not_one(world: World) -> None:
    silent = {T0 - 700 * MINUTE}
    listed = set(range(FIRST, FIRST + 1_000 * MINUTE, MINUTE))
    world.exchange.silent = silent | listed
    world.run(world.backfilling(("BTC", M1)))
    assert len(world.opens()) == 3_998
    assert [gap.start_ms for gap in world.gaps.known(10)] == sorted(silent)
    assert world.backfilling(("BTC", M1)).is_done


def test_a_pair_without_newer_bars_ends(world: World) -> None:
    world.run(world.backfilling(("BTC", M1)))
    world.exchange.silent = set(range(T0, T0 + 60 * MINUTE, MINUTE))
    world.clock.advance(20 * 60)
    world.run(world.backfilling(("BTC", M1)))
    assert len(world.opens()) == 4_999


@pytest.mark.parametrize("killed_at", ["save", "note", "filled"])
def test_a_killed_backfill_goes_on_where_it_was(
    world: World, killed_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.exchange.silent = {T0 - 700 * MINUTE}
    targets = {
        "save": (world.parts.candles, "save"),
        "note": (world.parts.gaps, "note"),
        "filled": (world.parts.backfills, "filled_since"),
    }

    def die(*_: object) -> None:
        raise DependencyError("test", "killed here")

    with monkeypatch.context() as patched:
        patched.setattr(*targets[killed_at], die)
        with pytest.raises(DependencyError):
            world.run(world.backfilling(("BTC", M1), ("ETH", M1)))
    world.run(world.backfilling(("BTC", M1), ("ETH", M1)))
    assert len(world.opens()) == len(world.opens("ETH")) == 4_998
    assert len(world.gaps.known(10)) == 2


def test_f36_a_refusal_for_the_rate_is_waited_out_and_counted(world: World) -> None:
    one = world.backfilling(("BTC", M1))
    world.exchange.fault = RateLimitedError("candleSnapshot", 7.0)
    assert one.step() == 7.0
    world.exchange.fault = None
    world.run(one)
    assert one.progress.rate_limited == 1
    assert len(world.opens()) == 4_999


def test_a_pair_that_fails_is_left_and_the_others_are_filled(world: World) -> None:
    one = world.backfilling(("SOL", M1), ("BTC", M1))
    world.run(one)
    assert list(one.progress.failed) == [("SOL", M1)]
    assert len(world.opens()) == 4_999


def test_an_exchange_that_is_away_for_a_while_is_asked_again(world: World) -> None:
    one = world.backfilling(("BTC", M1))
    world.exchange.fault = UnreachableError("candleSnapshot", "timed out")
    assert one.step() == 5.0
    world.exchange.fault = None
    world.run(one)
    assert not one.progress.failed


@pytest.mark.parametrize("reserve", [0, 120])
def test_the_budget_is_used_up_to_the_reserve_and_nearly_whole(
    world: World, reserve: int
) -> None:
    frames = [frame for frame in Timeframe if frame.millis <= 8 * 3_600_000]
    pairs = [(symbol, frame) for frame in frames for symbol in ("BTC", "ETH")]
    one = world.backfilling(*pairs, reserve=reserve)
    least = one.progress.weight_left
    assert least == 18 * 104
    waited = world.run(one)
    assert one.progress.weight <= least * 1.05
    assert waited <= 61  # 1872 are two minutes of 1104 or 1080: one wait
    assert not world.exchange.fault


def test_least_weight_is_a_request_for_each_pair() -> None:
    held = Held(oldest_ms=None, newest_ms=None, since_ms=None)
    wanted = [*spans("BTC", M1, held, NOW), *spans("ETH", M1, held, NOW)]
    assert least_weight(wanted) == 208

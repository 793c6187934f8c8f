"""Fetching once what is due, whatever fails, repeats or runs at once."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from tests.fake_exchange import FakeExchange
from threet.adapters.memory.clock import ManualClock
from threet.adapters.memory.fetch_state import (
    MemoryFetchMemory,
    MemoryFetchSlots,
    MemoryRateBudget,
)
from threet.adapters.sql.candle_store import SqlCandleStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.gap_store import SqlGapStore
from threet.adapters.sql.migrate import migrate
from threet.adapters.sql.product_store import SqlProductStore
from threet.market_data.fetching import (
    Fetching,
    FetchParts,
    Outcome,
    kept_for_trading,
)
from threet.model.candles import Candle, Timeframe
from threet.model.errors import (
    DependencyError,
    MalformedAnswerError,
    RateLimitedError,
    UnreachableError,
)
from threet.model.products import Product
from threet.ports.rate_budget import Priority

T0 = 1_700_006_400_000
MINUTE = 60_000
M1 = Timeframe.M1


@dataclass
class World:
    clock: ManualClock
    exchange: FakeExchange
    parts: FetchParts
    fetching: Fetching = field(init=False)

    def __post_init__(self) -> None:
        self.fetching = Fetching(self.parts)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    engine = make_engine(f"sqlite:///{tmp_path / '3t.db'}")
    migrate(engine)
    database = Database(engine)
    clock = ManualClock(T0 + 100 * MINUTE + 5_000)
    exchange = FakeExchange(clock)
    yield World(
        clock=clock,
        exchange=exchange,
        parts=FetchParts(
            clock=clock,
            products=SqlProductStore(database),
            candles=SqlCandleStore(database, hot_candles=50),
            gaps=SqlGapStore(database),
            memory=MemoryFetchMemory(clock),
            slots=MemoryFetchSlots(10),
            budget=MemoryRateBudget(clock),
            exchange=exchange,
            timeframes=[M1, Timeframe.H1],
            hot_candles=50,
        ),
    )
    database.close()


def test_a_first_fetch_stores_the_window_and_remembers_it(world: World) -> None:
    report = world.fetching.fetch("BTC", M1)
    assert report.outcome is Outcome.FETCHED
    assert report.rows == 50
    # 100:05 in: minute 99 is closed, minute 100 is forming.
    assert world.parts.memory.newest_closed_ms("BTC", M1) == T0 + 99 * MINUTE
    newest = world.parts.candles.newest("BTC", M1, 100)
    assert [bar.is_closed for bar in newest] == [True] * 49 + [False]


def test_nothing_is_fetched_twice(world: World) -> None:
    for _ in range(3):
        for _ in range(2):
            world.fetching.fetch("BTC", M1)
        world.clock.advance(60)
    assert set(world.exchange.asked.values()) == {1}
    assert world.exchange.requests == 3


def test_many_at_once_fetch_once(world: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        reports = list(pool.map(lambda _: world.fetching.fetch("BTC", M1), range(8)))
    assert sum(one.outcome is Outcome.FETCHED for one in reports) == 1
    assert world.exchange.requests == 1


def test_f58_what_is_queued_is_not_queued_again(world: World) -> None:
    first = world.fetching.claim_due()
    second = world.fetching.claim_due()
    pairs = [(one.symbol, one.timeframe) for one in [*first, *second]]
    assert len(set(pairs)) == len(pairs)
    # 21 for each of 50 bars: 29 of them reach the 600 of one schedule.
    assert len(first) == 29
    assert [one.timeframe for one in first] == [M1] * 25 + [Timeframe.H1] * 4


def test_a_lost_queue_is_queued_again_after_its_claims_lapse(world: World) -> None:
    first = world.fetching.claim_due()
    world.clock.advance(31)
    again = world.fetching.claim_due()
    assert [one.symbol for one in again] == [one.symbol for one in first]


def test_delisted_products_are_not_fetched(world: World) -> None:
    world.parts.products.add(
        [replace(one, is_delisted=True) for one in world.parts.products.products()]
    )
    assert world.fetching.claim_due() == []


def test_f45_a_silent_minute_is_noted_and_not_invented(world: World) -> None:
    world.fetching.fetch("BTC", M1)
    world.exchange.silent = {T0 + 101 * MINUTE}
    world.clock.advance(180)
    report = world.fetching.fetch("BTC", M1)
    assert report.holes == 1
    gap = world.parts.gaps.known(10)[0]
    assert (gap.start_ms, gap.end_ms) == (T0 + 101 * MINUTE, T0 + 102 * MINUTE)
    opens = [bar.open_ms for bar in world.parts.candles.newest("BTC", M1, 5)]
    assert T0 + 101 * MINUTE not in opens
    assert T0 + 102 * MINUTE in opens


def test_bars_the_exchange_no_longer_has_are_noted_as_a_gap(world: World) -> None:
    world.fetching.fetch("BTC", M1)
    five_days = 5 * 24 * 60
    world.clock.advance(five_days * 60)
    report = world.fetching.fetch("BTC", M1)
    assert report.holes == 1
    gap = world.parts.gaps.known(10)[0]
    # Minute 100 was forming; of what followed the exchange has the newest 5000 bars.
    oldest_ms = T0 + (100 + five_days - 4999) * MINUTE
    assert (gap.start_ms, gap.end_ms) == (T0 + 100 * MINUTE, oldest_ms)


class SkewedExchange(FakeExchange):
    """Its bars grow while they form, and are judged by our clock, which is ahead."""

    def __init__(self, real: ManualClock, ours: ManualClock) -> None:
        super().__init__(real)
        self._real, self._ours = real, ours

    def candles(
        self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int
    ) -> Sequence[Candle]:
        end_ms = min(end_ms, self._real.now_ms())
        return super().candles(symbol, timeframe, start_ms, end_ms)

    def bar(self, symbol: str, timeframe: Timeframe, open_ms: int) -> Candle:
        bar = super().bar(symbol, timeframe, open_ms)
        secs = min(self._real.now_ms() - open_ms, timeframe.millis) // 1000
        return msgspec.structs.replace(
            bar, trades=secs, is_closed=bar.end_ms <= self._ours.now_ms()
        )


def skewed(world: World, secs: float) -> ManualClock:
    """Our clock runs ahead from now on; returns the real one."""
    real = ManualClock(world.clock.now_ms())
    world.clock.advance(secs)
    exchange = SkewedExchange(real, world.clock)
    world.fetching = Fetching(replace(world.parts, exchange=exchange))
    return real


@pytest.mark.parametrize("ahead_secs", [0, 30, 59])
def test_a_clock_ahead_by_less_than_a_minute_closes_no_forming_bar(
    world: World, ahead_secs: int
) -> None:
    real = skewed(world, ahead_secs)
    for _ in range(60):
        world.fetching.fetch("BTC", M1)
        for bar in world.parts.candles.newest("BTC", M1, 100):
            assert not bar.is_closed or bar.end_ms <= real.now_ms()
        for clock in (real, world.clock):
            clock.advance(7)


@pytest.mark.parametrize("ahead_secs", [60, 120, 600])
def test_a_forming_bar_wrongly_closed_is_replaced(
    world: World, ahead_secs: int
) -> None:
    real = skewed(world, ahead_secs)
    for _ in range(60):
        world.fetching.fetch("BTC", M1)
        newest_ms = world.parts.memory.newest_closed_ms("BTC", M1)
        assert newest_ms is not None
        assert newest_ms + MINUTE <= real.now_ms()
        for bar in world.parts.candles.newest("BTC", M1, 100):
            assert bar.open_ms > newest_ms or bar.trades == 60
        for clock in (real, world.clock):
            clock.advance(7)


def test_a_bar_that_nothing_confirms_costs_nine_questions_an_hour(
    world: World,
) -> None:
    hour = Timeframe.H1.millis
    next_ms = Timeframe.H1.open_of(world.clock.now_ms()) + hour
    world.fetching.fetch("BTC", Timeframe.H1)
    world.exchange.silent = set(range(next_ms, next_ms + 9 * hour, hour))
    world.clock.advance((next_ms - world.clock.now_ms()) / 1000)
    asked = world.exchange.requests
    for _ in range(720):
        world.clock.advance(5)
        world.fetching.fetch("BTC", Timeframe.H1)
    assert world.exchange.requests - asked <= 9


def test_f48_a_pair_without_trades_is_left_alone_for_a_while(world: World) -> None:
    world.fetching.fetch("BTC", M1)
    world.exchange.silent = set(range(T0 + 100 * MINUTE, T0 + 500 * MINUTE, MINUTE))
    world.clock.advance(60)
    assert world.fetching.fetch("BTC", M1).again_secs == 30
    assert world.fetching.fetch("BTC", M1).outcome is Outcome.BUSY
    world.clock.advance(31)
    assert world.fetching.fetch("BTC", M1).outcome is Outcome.FETCHED


@pytest.mark.parametrize(
    ("fault", "pause"),
    [
        (UnreachableError("candles BTC", "timeout"), 15),
        (MalformedAnswerError("candles BTC", "no list"), 15),
        (RateLimitedError("candles BTC", 42.0), 42),
    ],
)
def test_a_failing_exchange_is_paused_and_asked_again(
    world: World, fault: Exception, pause: float
) -> None:
    world.exchange.fault = fault
    report = world.fetching.fetch("BTC", M1)
    assert (report.outcome, report.again_secs) == (Outcome.FAILED, pause)
    assert "candles BTC" in report.reason
    world.exchange.fault = None
    world.clock.advance(pause - 1)
    assert world.fetching.fetch("BTC", M1).outcome is Outcome.BUSY
    world.clock.advance(2)
    assert world.fetching.fetch("BTC", M1).outcome is Outcome.FETCHED


@pytest.mark.parametrize("symbol", ["NOPE", "'; DROP TABLE candles; --", "btc", "é"])
def test_an_unknown_symbol_is_refused_and_rests(world: World, symbol: str) -> None:
    report = world.fetching.fetch(symbol, M1)
    assert report.outcome is Outcome.REFUSED
    assert world.fetching.fetch(symbol, M1).outcome is Outcome.BUSY
    assert world.fetching.fetch("BTC", M1).outcome is Outcome.FETCHED


def test_a_product_the_exchange_does_not_have_is_refused(world: World) -> None:
    gone = Product(exchange="hyperliquid", symbol="GONE", pair="G", max_leverage=1)
    world.parts.products.add([gone])
    assert world.fetching.fetch("GONE", M1).outcome is Outcome.REFUSED


def test_without_a_slot_or_weight_the_claim_is_given_back(world: World) -> None:
    no_slots = Fetching(replace(world.parts, slots=MemoryFetchSlots(0)))
    assert no_slots.fetch("BTC", M1).outcome is Outcome.NO_SLOT
    while world.parts.budget.take(1) == 0:
        pass
    report = world.fetching.fetch("BTC", M1)
    assert report.outcome is Outcome.NO_BUDGET
    world.clock.advance(report.again_secs + 0.01)
    assert world.fetching.fetch("BTC", M1).outcome is Outcome.FETCHED


class BrokenStore:
    """Fails on ``save`` before or after the rows are in."""

    def __init__(self, store: SqlCandleStore, *, is_stored: bool) -> None:
        self._store = store
        self._is_stored = is_stored

    def save(self, candles: Sequence[Candle]) -> int:
        if self._is_stored:
            self._store.save(candles)
        raise DependencyError("database", "killed")

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


@pytest.mark.parametrize("is_stored", [False, True])
def test_killed_at_the_commit_nothing_is_lost_or_doubled(
    world: World, is_stored: bool
) -> None:
    candles = world.parts.candles
    assert isinstance(candles, SqlCandleStore)
    broken = BrokenStore(candles, is_stored=is_stored)
    killed = Fetching(replace(world.parts, candles=broken))  # type: ignore[arg-type]  # by __getattr__
    with pytest.raises(DependencyError):
        killed.fetch("BTC", M1)
    assert world.parts.memory.newest_closed_ms("BTC", M1) is None
    report = world.fetching.fetch("BTC", M1)
    assert report.outcome is Outcome.FETCHED
    assert report.rows == (0 if is_stored else 50)
    assert len(candles.newest("BTC", M1, 100)) == 50


def test_the_slot_is_free_again_after_an_unexpected_fault(world: World) -> None:
    only = MemoryFetchSlots(1)
    world.fetching = Fetching(replace(world.parts, slots=only))
    world.exchange.fault = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        world.fetching.fetch("BTC", M1)
    with only.slot() as is_free:
        assert is_free


def test_prices_stay_exact_on_the_way(world: World) -> None:
    world.fetching.fetch("kPEPE", M1)
    newest = world.parts.candles.newest("kPEPE", M1, 1)[0]
    assert newest.volume == Decimal("2.5")
    assert newest == world.exchange.bar("kPEPE", M1, T0 + 100 * MINUTE)


def test_a_first_fill_of_candles_leaves_trading_its_readings(world: World) -> None:
    parts = replace(world.parts, kept_for_others=kept_for_trading(1200))
    symbols = [one.symbol for one in parts.products.products()]
    pairs = [(symbol, frame) for frame in parts.timeframes for symbol in symbols]
    reports = [Fetching(parts).fetch(*pair) for pair in pairs]
    assert reports[-1].outcome is Outcome.NO_BUDGET
    # A start of the price streams, and seven whole readings of the account.
    assert not parts.budget.take(20, priority=Priority.ACCOUNT)
    assert not any(parts.budget.take(42, priority=Priority.ORDER) for _ in range(7))

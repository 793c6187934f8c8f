"""Known gaps are asked for again until their bars come, and never invented."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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
from threet.market_data.fetching import Fetching, FetchParts
from threet.market_data.gap_repair import GapRepair, batches
from threet.model.candles import Candle, Timeframe
from threet.model.errors import (
    DependencyError,
    RefusedByExchangeError,
    UnreachableError,
)
from threet.model.events import CandlesClosed, Envelope
from threet.ports.gap_store import CandleGap

T0 = 1_700_006_400_000
MINUTE = 60_000
M1 = Timeframe.M1
BEAT_SECS = 10


class World:
    """A platform whose exchange has everything up to minute 100."""

    def __init__(self, folder: Path) -> None:
        engine = make_engine(f"sqlite:///{folder / '3t.db'}")
        migrate(engine)
        self.database = Database(engine)
        self.clock = ManualClock(T0 + 100 * MINUTE + 5_000)
        self.exchange = FakeExchange(self.clock)
        self.parts = FetchParts(
            clock=self.clock,
            products=SqlProductStore(self.database),
            candles=SqlCandleStore(self.database, hot_candles=50),
            gaps=SqlGapStore(self.database),
            memory=MemoryFetchMemory(self.clock),
            slots=MemoryFetchSlots(10),
            budget=MemoryRateBudget(self.clock),
            exchange=self.exchange,
            timeframes=[M1],
            hot_candles=50,
        )
        self.told: list[Envelope] = []
        self.fault: Exception | None = None
        self.fetching = Fetching(self.parts)
        self.repair = GapRepair(self.parts, self._publish).repair

    def _publish(self, envelopes: Sequence[Envelope]) -> None:
        if self.fault is not None:
            raise self.fault
        self.told.extend(envelopes)

    def mark(self, first: int, end: int, symbol: str = "BTC") -> None:
        """What a stream says after a reconnect: these minutes may be missing."""
        gap = CandleGap(
            symbol=symbol,
            timeframe=M1,
            start_ms=T0 + first * MINUTE,
            end_ms=T0 + end * MINUTE,
            found_ms=self.clock.now_ms(),
            asked_ms=0,
        )
        self.parts.gaps.note([gap])

    def stored(self) -> list[int]:
        newest = self.parts.candles.newest("BTC", M1, 10_000)
        return [(bar.open_ms - T0) // MINUTE for bar in newest]

    def news(self) -> list[Candle]:
        events = [one.event for one in self.told]
        return [
            bar
            for event in events
            if isinstance(event, CandlesClosed)
            for bar in event.candles
        ]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.database.close()


def test_w9_a_gap_marked_after_a_reconnect_is_repaired_within_60_secs_of_the_fault(
    world: World,
) -> None:
    world.fetching.fetch("BTC", M1)
    world.exchange.fault = UnreachableError("candleSnapshot", "timed out")
    world.mark(20, 45)
    for _ in range(16):  # 160 s of outage
        world.repair()
        world.clock.advance(BEAT_SECS)
    world.exchange.fault = None
    waited = 0
    while world.parts.gaps.known(10) and waited <= 60:
        world.repair()
        world.clock.advance(BEAT_SECS)
        waited += BEAT_SECS
    assert waited <= 60
    assert world.stored()[:25] == list(range(20, 45))
    assert [bar.open_ms for bar in world.news()] == [
        T0 + minute * MINUTE for minute in range(20, 45)
    ]


def test_f45_a_minute_published_flat_later_is_taken_then_and_not_invented(
    world: World,
) -> None:
    world.exchange.silent = {T0 + 90 * MINUTE}
    world.fetching.fetch("BTC", M1)
    for _ in range(60):
        world.clock.advance(BEAT_SECS)
        world.repair()
    assert 90 not in world.stored()
    assert world.exchange.requests < 8  # ever more rarely
    assert len(world.parts.gaps.known(10)) == 1
    world.exchange.silent = set()
    world.clock.advance(20 * 60)
    report = world.repair()
    assert (report.rows, report.closed) == (1, 1)
    assert 90 in world.stored()
    assert world.parts.gaps.known(10) == []


def test_f45_a_gap_is_given_up_only_behind_the_5000_bars_and_after_a_last_question(
    world: World,
) -> None:
    world.exchange.silent = {T0 + 90 * MINUTE}
    world.mark(90, 91)
    world.clock.advance(4_900 * 60)
    assert world.repair().given_up == 0
    world.clock.advance(400 * 60)
    asked = world.exchange.requests
    assert world.repair().given_up == 1
    assert world.exchange.requests == asked + 1
    assert [gap.given_up for gap in world.parts.gaps.known(10)] == [True]
    world.clock.advance(10 * 86_400)
    assert world.repair().requests == 0


def test_a_symbol_the_exchange_refuses_is_given_up_by_age_only(world: World) -> None:
    world.mark(90, 91)
    world.exchange.fault = RefusedByExchangeError("candleSnapshot", "delisted")
    assert world.repair().given_up == 0
    world.clock.advance(5_100 * 60)
    assert world.repair().given_up == 1


def test_neighboring_gaps_share_a_request_and_distant_ones_do_not(
    world: World,
) -> None:
    for first in (0, 7, 1_000, 3_000):
        world.mark(first, first + 1)
    world.mark(3, 4, symbol="ETH")
    made = batches(world.parts.gaps.due(world.clock.now_ms(), 100))
    assert [(one.symbol, len(one.gaps), one.weight) for one in made] == [
        ("BTC", 3, 20 + 17),
        ("ETH", 1, 21),
        ("BTC", 1, 21),
    ]


def test_f54_two_passes_at_once_ask_and_tell_once(world: World) -> None:
    world.mark(20, 45)
    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(lambda _: world.repair(), range(4)))
    assert sum(one.requests for one in reports) == 1
    assert sum(one.closed for one in reports) == 1
    assert len(world.told) == 1


def test_news_that_could_not_be_told_is_told_by_the_next_who_asks(
    world: World,
) -> None:
    world.mark(20, 22)
    world.fault = DependencyError("redis", "does not answer")
    with pytest.raises(DependencyError):
        world.repair()
    world.fault = None
    world.clock.advance(46)
    assert world.repair().closed == 1
    assert len(world.news()) == 2


def test_repairs_leave_the_budget_that_others_need(world: World) -> None:
    while not world.parts.budget.take(20, keep=240):
        pass
    world.mark(20, 22)
    report = world.repair()
    assert (report.requests, report.reason) == (0, "no request weight left")
    world.clock.advance(61)
    assert world.repair().closed == 1


def test_a_late_row_replaces_what_is_stored_and_reaches_the_cache(
    world: World,
) -> None:
    world.fetching.fetch("BTC", M1)
    wrong = world.parts.candles.newest("BTC", M1, 3)[0]
    flat = type(wrong)(
        **{name: getattr(wrong, name) for name in wrong.__struct_fields__}
        | {"high": wrong.high + 5}
    )
    world.parts.candles.save([flat])
    minute = (wrong.open_ms - T0) // MINUTE
    world.mark(minute, minute + 1)
    world.repair()
    assert world.parts.candles.newest("BTC", M1, 3)[0] == wrong

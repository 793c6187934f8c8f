"""A backfill against hlsim with its limiter on, over a socket, in virtual time."""

from pathlib import Path

from hlsim.server.manual_clock import ManualClock as ExchangeClock
from hlsim.server.settings import Settings
from hlsim.testing import serving
from threet.adapters.hyperliquid.rest import HyperliquidReader
from threet.adapters.memory.clock import ManualClock
from threet.adapters.memory.fetch_state import MemoryFetchSlots, MemoryRateBudget
from threet.adapters.sql.backfill_store import SqlBackfillStore
from threet.adapters.sql.candle_store import SqlCandleStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.gap_store import SqlGapStore
from threet.adapters.sql.migrate import migrate
from threet.adapters.sql.product_store import SqlProductStore
from threet.market_data.backfill import least_secs
from threet.market_data.backfilling import Backfilling, BackfillParts
from threet.model.candles import Timeframe

START_MS = 1_760_000_000_000
PAIRS = 24


def test_f36_a_backfill_is_never_refused_and_near_the_least_time(
    tmp_path: Path,
) -> None:
    ours, theirs = ManualClock(START_MS), ExchangeClock(START_MS)
    database = Database(make_engine(f"sqlite:///{tmp_path / '3t.db'}"))
    migrate(database.engine)
    settings = Settings(symbols=PAIRS + 10, history_days=4, block_ms=1000)
    with serving(settings, theirs) as served:
        reader = HyperliquidReader(url=served.url, clock=ours, timeout_secs=30)
        budget = MemoryRateBudget(ours)
        budget.take(20)  # the catalogue
        listed = [one for one in reader.products() if not one.is_delisted][:PAIRS]
        SqlProductStore(database).add(listed)
        parts = BackfillParts(
            clock=ours,
            candles=SqlCandleStore(database, hot_candles=50),
            gaps=SqlGapStore(database),
            backfills=SqlBackfillStore(database),
            slots=MemoryFetchSlots(10),
            budget=budget,
            exchange=reader,
        )
        pairs = [(one.symbol, Timeframe.M1) for one in listed]
        backfilling = Backfilling(parts, pairs, reserve=0)
        least = backfilling.progress.weight_left
        while not backfilling.is_done:
            secs = backfilling.step()
            ours.advance(secs)
            served.advance(int(secs * 1000))
        reader.close()
    done = backfilling.progress
    database.close()
    assert least == PAIRS * 104
    assert (done.rate_limited, done.failed, done.done) == (0, {}, PAIRS)
    assert done.weight <= least * 1.05
    # 1104 a minute is what data may take of 1200.
    assert ours.now_ms() - START_MS <= least_secs(least, 1104) * 1000 * 1.05

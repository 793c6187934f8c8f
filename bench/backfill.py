"""How near a backfill comes to the least time its budget allows; exits 1 if it misses.

hlsim serves with its limiter on, over a socket, by a clock that is moved by hand where
3T waits (``--virtual``, the whole run of 200 pairs in a minute or so), or by the real
one (``--real``, fewer pairs, minutes long).
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hlsim.server.manual_clock import ManualClock as ExchangeClock
from hlsim.server.settings import Settings
from hlsim.testing import Served, serving
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
from threet.adapters.system_clock import SystemClock
from threet.market_data.backfill import least_secs
from threet.market_data.backfilling import Backfilling, BackfillParts
from threet.model.candles import Timeframe
from threet.ports.clock import Clock
from threet.ports.rate_budget import Priority
from threet.resilience.weight_window import kept_by

_START_MS = 1_760_000_000_000
_PER_MINUTE = 1200
# What data may take of a minute; the rest is for who matters more.
_SHARE = _PER_MINUTE - kept_by(Priority.DATA, _PER_MINUTE)
_MOST_OVER = 1.05


@dataclass(frozen=True, slots=True)
class Times:
    """3T's clock, and how to wait by it."""

    clock: Clock
    wait: Callable[[float], None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--virtual", type=int, default=200, help="pairs; 0 is none")
    parser.add_argument("--real", type=int, default=24, help="pairs; 0 is none")
    asked = parser.parse_args()
    is_good = True
    if asked.virtual:
        is_good &= _virtual(asked.virtual)
    if asked.real:
        is_good &= _real(asked.real)
    sys.exit(0 if is_good else 1)


def _virtual(pairs: int) -> bool:
    ours, theirs = ManualClock(_START_MS), ExchangeClock(_START_MS)
    with serving(_settings(pairs), theirs) as served:

        def wait(secs: float) -> None:
            ours.advance(secs)
            served.advance(int(secs * 1000))

        return _run("virtual clock", pairs, served, Times(ours, wait))


def _real(pairs: int) -> bool:
    with serving(_settings(pairs)) as served:
        return _run("real clock", pairs, served, Times(SystemClock(), time.sleep))


def _settings(pairs: int) -> Settings:
    return Settings(symbols=pairs + 30, history_days=4, block_ms=1000)


def _run(name: str, pairs: int, served: Served, times: Times) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(make_engine(f"sqlite:///{Path(folder) / '3t.db'}"))
        migrate(database.engine)
        reader = HyperliquidReader(url=served.url, clock=times.clock, timeout_secs=30)
        symbols = _kept(database, reader, pairs)
        backfilling = _backfilling(database, reader, symbols, times.clock)
        least = backfilling.progress.weight_left
        began, real = times.clock.monotonic(), time.perf_counter()
        while not backfilling.is_done:
            times.wait(backfilling.step())
        secs = times.clock.monotonic() - began
        took = time.perf_counter() - real
        missing = _missing(SqlBackfillStore(database), served, symbols)
        database.close()
    print(f"backfill, {name}: {pairs} pairs of 5000 bars, {took:.0f} s of work")
    print(f"  bars the exchange has and the database does not: {missing}")
    return _is_good(backfilling, least, secs) and not missing


def _missing(store: SqlBackfillStore, served: Served, symbols: Sequence[str]) -> int:
    """Of the bars between the start of the backfill and the newest stored one."""
    missing = 0
    for symbol in symbols:
        asset = served.call(lambda one, symbol=symbol: one.universe.asset(symbol))
        held = store.held(symbol, Timeframe.M1)
        if held.since_ms is None or held.newest_ms is None:
            return 5_000
        start_ms, end_ms = held.since_ms, held.newest_ms
        there = served.call(
            lambda one, asset=asset, start_ms=start_ms, end_ms=end_ms: (
                one.charts.candles(asset, "1m", start_ms, end_ms, one.now_ms)
            )
        )
        stored = set(store.opens(symbol, Timeframe.M1))
        missing += sum(bar.t not in stored for bar in there)
    return missing


def _kept(database: Database, reader: HyperliquidReader, pairs: int) -> Sequence[str]:
    listed = [one for one in reader.products() if not one.is_delisted][:pairs]
    SqlProductStore(database).add(listed)
    return [one.symbol for one in listed]


def _backfilling(
    database: Database,
    reader: HyperliquidReader,
    symbols: Sequence[str],
    clock: Clock,
) -> Backfilling:
    budget = MemoryRateBudget(clock, per_minute=_PER_MINUTE)
    budget.take(20)  # the catalogue
    parts = BackfillParts(
        clock=clock,
        candles=SqlCandleStore(database, hot_candles=500),
        gaps=SqlGapStore(database),
        backfills=SqlBackfillStore(database),
        slots=MemoryFetchSlots(10),
        budget=budget,
        exchange=reader,
    )
    wanted = [(symbol, Timeframe.M1) for symbol in symbols]
    return Backfilling(parts, wanted, reserve=0)


def _is_good(done: Backfilling, least: int, secs: float) -> bool:
    now = done.progress
    of_share = least_secs(least, _SHARE)
    print(f"  bars {now.bars}, requests {now.requests}, failed {len(now.failed)}")
    print(f"  refused with 429: {now.rate_limited}")
    print(f"  weight {now.weight} of {least} at least: {now.weight / least:.3f}")
    print(
        f"  time {secs:.0f} s; least at {_SHARE} a minute {of_share:.0f} s: "
        f"{secs / of_share:.3f}; at {_PER_MINUTE} "
        f"{secs / least_secs(least, _PER_MINUTE):.3f}"
    )
    is_near = secs <= of_share * _MOST_OVER
    return is_near and not now.rate_limited and not now.failed


if __name__ == "__main__":
    main()

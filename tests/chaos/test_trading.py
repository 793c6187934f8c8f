"""Trading under kills and faults: no order doubled, no fill lost, every cent explained.

make chaos-trading SEEDS="1" MINUTES=30 DATABASE=mariadb
"""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.books import CENT, Books
from tests.chaos.grounds import GROUNDS
from tests.chaos.storm import TRADERS, TRADING_FAULTS, storm
from tests.chaos.weathered import Weathered
from tests.demonstration import PLATFORM

SEEDS = [int(seed) for seed in os.environ.get("SEEDS", "1").split()]
STORM_SECS = 60 * float(os.environ.get("MINUTES", "0.7"))
GROUND = GROUNDS[os.environ.get("DATABASE", "sqlite")]
START_SECS = 120.0
# An order that nobody knows of is settled within its expiry, by a process that begins
# anew after pauses that have grown; a check is kept a minute.
SETTLED_SECS = 180.0
CHECKED_SECS = 240.0
# Wants something else nearly every minute, of ten products.
SYMBOLS = ["SOL", "XRP", "DOGE", "SUI", "AVAX", "LINK", "ADA", "LTC", "BCH", "TON"]
RUNS = [
    {
        "name": f"nervous-{symbol.lower()}",
        "strategy": "rsi_reversion",
        "parameters": {
            "symbol": symbol,
            "timeframe": "1m",
            "period": 2,
            "low": 45,
            "high": 55,
            "weight": 0.05,
        },
    }
    for symbol in SYMBOLS
]
ENVIRONMENT = {
    "THREET_STRATEGIES": json.dumps(RUNS),
    "THREET_MARKET_DATA__TIMEFRAMES": '["1m"]',
}


@pytest.fixture
def weathered(tmp_path: Path) -> Iterator[Weathered]:
    ground = GROUND(tmp_path, ENVIRONMENT)
    one = Weathered(ground)
    try:
        ground.start()
        yield one
    finally:
        ground.stop()


@pytest.mark.parametrize("seed", SEEDS)
def test_i1_i2_i3_o6_whatever_is_killed_the_account_is_what_the_database_says(
    weathered: Weathered, seed: int
) -> None:
    one, demo = weathered, weathered.demo
    demo.until(lambda: demo.pids().keys() >= PLATFORM, "all of it", START_SECS)
    books = Books(one.ledger, one.ground.exchange_url)
    demo.until(lambda: bool(books.fills_here()), "a first fill", START_SECS)
    for blow in storm(seed, STORM_SECS, victims(one), TRADING_FAULTS):
        one.suffer(blow)
    calm_ms = int(time.time() * 1000)
    demo.until(lambda: demo.pids().keys() >= PLATFORM, "all of it again", SETTLED_SECS)
    demo.until(lambda: agree(books), f"settled, seed {seed}", SETTLED_SECS)
    demo.until(lambda: books.equity_gap(calm_ms) is not None, "a check", CHECKED_SECS)
    gap = books.equity_gap(calm_ms)
    told(one, books, seed)
    assert gap is not None
    assert abs(gap) < CENT
    orders = books.orders_by_cloid()
    doubled = {cloid: oids for cloid, oids in orders.items() if len(oids) > 1}
    assert doubled == {}
    assert orders.keys() <= books.cloids()
    code, said = demo.stop()
    assert code == 0, said


def victims(one: Weathered) -> list[str]:
    has_mariadb = "mariadb" in one.ground.victims
    return [*TRADERS, "mariadb"] if has_mariadb else list(TRADERS)


def agree(books: Books) -> bool:
    """Nothing is unknown, and both sides say the same: each fill once, every position
    their sum. The strategies trade on meanwhile, so it is looked at again and again."""
    if books.open_intents():
        return False
    here = books.fills_here()
    if here != books.fills_there():
        return False
    sums = dict.fromkeys(SYMBOLS, CENT * 0)
    for (symbol, _), change in here.items():
        sums[symbol] = sums.get(symbol, CENT * 0) + change
    held = books.positions()
    return all(held.get(symbol, 0) == total for symbol, total in sums.items())


def told(one: Weathered, books: Books, seed: int) -> None:
    """Print the figures; a target runs this with ``-s``."""
    orders, fills = books.orders_by_cloid(), books.fills_here()
    rows = one.ledger.rows("SELECT state, count(*) FROM order_intents GROUP BY state")
    print(f"\nseed {seed}: {sum(one.injected.values())} faults")  # noqa: T201
    for kind, times in sorted(one.injected.items()):
        print(f"  {times:3} {kind}")  # noqa: T201
    print(  # noqa: T201
        f"  intents {sorted(rows)}; orders at the exchange {len(orders)} (its newest "
        f"2000 words), fills {len(fills)}"
    )

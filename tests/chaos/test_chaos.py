"""The platform under kills, stops and faults by seed: nothing is lost.

make chaos SEEDS="1 2 3" MINUTES=5 DATABASE=mariadb
"""

import os
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest

from tests.chaos import streams
from tests.chaos.grounds import GROUNDS
from tests.chaos.storm import LAST, storm
from tests.chaos.streams import MONEY, Streams
from tests.chaos.weathered import Weathered

SEEDS = [int(seed) for seed in os.environ.get("SEEDS", "1").split()]
STORM_SECS = 60 * float(os.environ.get("MINUTES", "0.4"))
GROUND = GROUNDS[os.environ.get("DATABASE", "sqlite")]
# From the end of the last fault until every price is fresh again.
MOST_FRESH_SECS = 5.0
FRESH_TRIES = 3
# Processes begin anew, breakers try again, pauses between tries have grown.
RECOVERY_SECS = 60.0
ENVIRONMENT = {
    "THREET_CELERY__SCHEDULES__UPDATE_BALANCE": "1",
    "THREET_CELERY__SCHEDULES__SCHEDULE_MARKET_DATA": "2",
    "THREET_CELERY__SCHEDULES__RELAY_OUTBOX": "1",
    # Short, so that it is trimmed in the storm as it is in a week.
    "THREET_REDIS__STREAMS__PRICES_UPDATED": "5000",
}
PRICES = "prices:updated"


def now_ms() -> int:
    return int(time.time() * 1000)


@pytest.fixture(params=SEEDS)
def seed(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


@pytest.fixture
def weathered(tmp_path: Path) -> Iterator[Weathered]:
    ground = GROUND(tmp_path, ENVIRONMENT)
    one = Weathered(ground)
    try:
        ground.start()
        yield one
    finally:
        print(f"  what was not well at last: {one.last_reasons}")  # noqa: T201
        ground.stop()


def test_nothing_is_lost_and_all_is_well_again(weathered: Weathered, seed: int) -> None:
    one, demo, ledger = weathered, weathered.demo, weathered.ledger
    demo.until(one.is_well, f"well before the storm of seed {seed}", RECOVERY_SECS)
    demo.until(lambda: ledger.readings() > 0, "a first reading", RECOVERY_SECS)
    redis = streams.of_run(demo.folder / "simulator")
    began_ms = now_ms()
    for blow in storm(seed, STORM_SECS, one.ground.victims):
        one.suffer(blow)
    one.reasons.clear()
    calm_ms = now_ms()
    well_secs = demo.until(
        lambda: one.is_well() and one.is_fresh(calm_ms),
        f"well after seed {seed}",
        RECOVERY_SECS,
    )
    fresh_secs = least_fresh_secs(one, seed)
    demo.until(
        lambda: not ledger.unknown_minutes(began_ms, now_ms()),
        f"every minute stored or noted, seed {seed}",
        RECOVERY_SECS,
    )
    settled_ms = settle(one, redis, seed)
    of_streams = judged_streams(redis)
    told(one, seed, well_secs, fresh_secs)
    told_streams(one, redis)
    code, said = demo.stop()
    assert code == 0, said
    assert fresh_secs <= MOST_FRESH_SECS, f"seed {seed}"
    found = {**judged(one, settled_ms), **of_streams}
    assert not any(found.values()), (seed, found)
    assert ledger.readings() > 1


def least_fresh_secs(one: Weathered, seed: int) -> float:
    """From a last close until every price is fresh: the least of some tries, for what
    else the machine does only adds to it."""
    found = float("inf")
    for _ in range(FRESH_TRIES):
        one.suffer(LAST)
        struck_ms = now_ms()
        took = one.demo.until(partial(one.is_fresh, struck_ms), f"fresh, seed {seed}")
        found = min(found, took)
        if found <= MOST_FRESH_SECS:
            break
    return found


def settle(one: Weathered, redis: Streams, seed: int) -> int:
    """Until every reading's news took effect and is acknowledged; returns of when the
    newest of them is. Others are read until the platform has stopped."""
    ledger = one.ledger
    newest_ms = ledger.newest_reading_ms()

    def is_settled() -> bool:
        waits = ledger.waiting_news() + ledger.lost_balances()
        return waits + redis.money_behind() == 0

    one.demo.until(is_settled, f"every reading's news applied, seed {seed}")
    return newest_ms


def judged(one: Weathered, settled_ms: int) -> Mapping[str, int]:
    """What must be 0 of the database."""
    ledger = one.ledger
    found = {
        "candles doubled": ledger.doubled_candles(),
        "effects doubled": ledger.invented_balances(),
        "balances lost": ledger.lost_balances(settled_ms),
    }
    if one.ground.numbers_rows:
        found["readings out of order"] = ledger.readings_out_of_order()
    return found


def judged_streams(redis: Streams) -> Mapping[str, int]:
    """What must be 0 of Redis, asked while it runs."""
    return {
        "money trimmed": redis.money_trimmed(),
        "balances told out of order": redis.told_out_of_order(),
        "dead letters": redis.dead_letters(),
    }


def told(one: Weathered, seed: int, well_secs: float, fresh_secs: float) -> None:
    """Print the figures; a target runs this with ``-s``."""
    ledger = one.ledger
    print(f"\nseed {seed}: {sum(one.injected.values())} faults")  # noqa: T201
    for kind, times in sorted(one.injected.items()):
        print(f"  {times:3} {kind}")  # noqa: T201
    print(  # noqa: T201
        f"  balances read {ledger.readings()}, lost {ledger.lost_balances()}; "
        f"well after {well_secs:.1f} s, "
        f"fresh after the last close in {fresh_secs:.2f} s"
    )
    for reason, looks in one.reasons.most_common(8):
        print(f"  not well in {looks} looks: {reason}")  # noqa: T201


def told_streams(one: Weathered, redis: Streams) -> None:
    for stream in (PRICES, *MONEY):
        tally = redis.tally(stream)
        if tally is not None:
            print(  # noqa: T201
                f"  {stream}: {tally.added} entries, {tally.trimmed} trimmed, "
                f"unread by a group {sum(tally.unread.values())}"
            )
    print(f"  counted as lost by who runs now: {one.lost_on_the_way()}")  # noqa: T201

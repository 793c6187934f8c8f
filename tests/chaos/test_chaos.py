"""The demonstration under kills, stops and faults by seed: nothing is lost.

make chaos SEEDS="1 2 3" MINUTES=5
"""

import json
import os
import signal
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.ledger import Ledger
from tests.chaos.storm import LAST, Act, Blow, storm
from tests.demonstration import Demo
from tests.servers import free_port

SEEDS = [int(seed) for seed in os.environ.get("SEEDS", "1").split()]
STORM_SECS = 60 * float(os.environ.get("MINUTES", "0.4"))
# From the end of the last fault until every price is fresh again.
MOST_FRESH_SECS = 5.0
# Processes begin anew, breakers try again, pauses between tries have grown.
RECOVERY_SECS = 60.0
SCHEDULES = {
    "THREET_CELERY__SCHEDULES__UPDATE_BALANCE": "1",
    "THREET_CELERY__SCHEDULES__SCHEDULE_MARKET_DATA": "2",
    "THREET_CELERY__SCHEDULES__RELAY_OUTBOX": "1",
}


class Weathered:
    """A demonstration, and the means to harm it."""

    def __init__(self, folder: Path) -> None:
        self.control_port = free_port()
        option = ("--control-port", str(self.control_port))
        self.demo = Demo(folder, *option, environment=SCHEDULES)
        self.ledger = Ledger(folder / "simulator" / "threet.db")
        self.injected: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()

    def suffer(self, blow: Blow) -> None:
        """Strike, hold, lift, and wait out the calm."""
        self.injected[blow.kind] += 1
        if blow.act is Act.FAULT:
            self._control("POST", blow.fault)
            time.sleep(blow.secs)
            self._control("DELETE")
        elif blow.act is Act.KILL:
            self._signal(blow.victim, signal.SIGKILL)
        else:
            pids = self._signal(blow.victim, signal.SIGSTOP)
            time.sleep(blow.secs)
            _tell(pids, signal.SIGCONT)
        time.sleep(blow.calm_secs)

    def _signal(self, victim: str, sign: signal.Signals) -> list[int]:
        """Nothing is signaled while the victim is away, from the blow before."""
        named = {"valkey": "-server 127.0.0.1", "celery_worker": "services.worker"}
        program = named.get(victim, victim.replace("celery_", "celery_services."))
        pids = self.demo.running(program)
        _tell(pids, sign)
        return pids

    def _control(self, method: str, body: object = None) -> None:
        request = urllib.request.Request(  # loopback
            f"http://127.0.0.1:{self.control_port}/faults",
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json"},
            method=method,
        )
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310

    def is_well(self) -> bool:
        health = self.demo.api("health")
        is_ok: bool = health["status"] == "ok"
        self.reasons.update(health["reasons"])
        return is_ok and self.demo.is_complete()

    def is_fresh(self, since_ms: int) -> bool:
        """Whether every mid price was told after that moment."""
        told = self.demo.api("prices")
        mids = [row for row in told["prices"] if row["kind"] == "mid"]
        new = [row for row in mids if told["now_ms"] - row["age_ms"] > since_ms]
        return not told["missing"] and len(new) == len(mids) > 0


def _tell(pids: list[int], sign: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            continue


def now_ms() -> int:
    return int(time.time() * 1000)


@pytest.fixture(params=SEEDS)
def seed(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


@pytest.fixture
def weathered(tmp_path: Path) -> Iterator[Weathered]:
    one = Weathered(tmp_path)
    one.demo.start()
    try:
        yield one
    finally:
        if one.demo.process is not None and one.demo.process.poll() is None:
            one.demo.stop()


def test_nothing_is_lost_and_all_is_well_again(weathered: Weathered, seed: int) -> None:
    one, demo, ledger = weathered, weathered.demo, weathered.ledger
    demo.until(one.is_well, f"well before the storm of seed {seed}", RECOVERY_SECS)
    demo.until(lambda: ledger.readings() > 0, "a first reading", RECOVERY_SECS)
    began_ms = now_ms()
    for blow in storm(seed, STORM_SECS):
        one.suffer(blow)
    one.reasons.clear()
    calm_ms = now_ms()
    well_secs = demo.until(
        lambda: one.is_well() and one.is_fresh(calm_ms),
        f"well after seed {seed}",
        RECOVERY_SECS,
    )
    one.suffer(LAST)
    struck_ms = now_ms()
    fresh_secs = demo.until(lambda: one.is_fresh(struck_ms), f"fresh, seed {seed}")
    demo.until(
        lambda: not ledger.unknown_minutes(began_ms, now_ms()),
        f"every minute stored or noted, seed {seed}",
        RECOVERY_SECS,
    )
    settle_and_stop(one, seed)
    told(one, seed, well_secs, fresh_secs)
    assert fresh_secs <= MOST_FRESH_SECS, f"seed {seed}"
    found = {
        "candles doubled": ledger.doubled_candles(),
        "readings out of order": ledger.readings_out_of_order(),
        "effects doubled": ledger.invented_balances(),
        "balances lost": ledger.lost_balances(),
    }
    assert not any(found.values()), (seed, found)
    assert ledger.readings() > 1


def settle_and_stop(one: Weathered, seed: int) -> None:
    """Until every reading's news took effect; then end in order."""
    ledger = one.ledger

    def is_settled() -> bool:
        return ledger.waiting_news() == ledger.lost_balances() == 0

    one.demo.until(is_settled, f"every reading's news applied, seed {seed}")
    code, said = one.demo.stop()
    assert code == 0, said


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

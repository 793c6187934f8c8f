"""A platform in a storm: harmed blow by blow, looked at as its user would look."""

import http.client
import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Sequence

from tests.chaos.grounds import Ground
from tests.chaos.storm import Act, Blow
from tests.servers import wait_until

# The exchange may be away, from the blow before.
_CONTROL_SECS = 30.0
# Of an outage longer than the exchange remembers trades: lost for good, and told for
# as long as the process lives. No time mends it.
_TOLD_LOSS = "gaps in trades not closed"


class Weathered:
    """A platform on its ground, and the means to harm it."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.demo = ground.demo
        self.ledger = ground.ledger
        self.injected: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.last_reasons: list[str] = []

    def suffer(self, blow: Blow) -> None:
        """Strike, hold, lift, and wait out the calm."""
        self.injected[blow.kind] += 1
        if blow.act is Act.FAULT:
            self._control("POST", blow.fault)
            time.sleep(blow.secs)
            self._control("DELETE")
        elif blow.act is Act.KILL:
            _tell(self.ground.pids(blow.victim), signal.SIGKILL)
            self.ground.revive(blow.victim)
        else:
            pids = self.ground.pids(blow.victim)
            _tell(pids, signal.SIGSTOP)
            time.sleep(blow.secs)
            _tell(pids, signal.SIGCONT)
        time.sleep(blow.calm_secs)

    def _control(self, method: str, body: object = None) -> None:
        request = urllib.request.Request(  # loopback
            f"http://127.0.0.1:{self.ground.control_port}/faults",
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json"},
            method=method,
        )

        def is_told() -> bool:
            try:
                urllib.request.urlopen(request, timeout=10).close()  # noqa: S310
            except urllib.error.HTTPError:
                raise  # it is there, and the fault is wrong
            except (OSError, http.client.HTTPException):
                return False
            return True

        wait_until(is_told, "the exchange's control API", _CONTROL_SECS)

    def is_well(self) -> bool:
        health = self.demo.api("health")
        self.last_reasons = list(health["reasons"])
        self.reasons.update(self.last_reasons)
        mendable = [one for one in self.last_reasons if not one.endswith(_TOLD_LOSS)]
        is_ready: bool = health["is_ready"]
        return is_ready and not mendable and self.demo.is_complete()

    def is_fresh(self, since_ms: int) -> bool:
        """Whether every mid price was told after that moment."""
        told = self.demo.api("prices")
        mids = [row for row in told["prices"] if row["kind"] == "mid"]
        new = [row for row in mids if told["now_ms"] - row["age_ms"] > since_ms]
        return not told["missing"] and len(new) == len(mids) > 0

    def lost_on_the_way(self) -> dict[str, int]:
        """What the processes that live now say they lost, counted since they began."""
        figures = {
            one["name"]: one["figures"] for one in self.demo.api("health")["processes"]
        }
        return {
            f"{process} {name}": count
            for process, counted in figures.items()
            for name in ("lost", "dropped", "dead_lettered", "trade_gaps_unclosed")
            if (count := counted.get(name, 0))
        }


def _tell(pids: Sequence[int], sign: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            continue

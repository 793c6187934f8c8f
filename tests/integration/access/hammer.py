"""A process of its own that asks as fast as it may; run by the tests.

`python -m tests.integration.access.hammer TIMES` is wired by the environment, as every
process of the platform is. It says that it is ready, begins when it is told a line,
asks on until it was told so often that the budget is spent, however slow the machine
is, and prints what became of its requests as JSON.
"""

import json
import sys
from collections import Counter

from threet.adapters.system_clock import SystemClock
from threet.adapters.telemetry import logs
from threet.bootstrap import access, config
from threet.model.errors import BudgetSpentError, RateLimitedError


def main(times: int) -> None:
    settings, clock = config(), SystemClock()
    logs.configure(process="hammer", level="INFO", as_json=False)
    budget = access.budget(settings, clock)
    manager = access.exchange_manager(settings, clock, budget, source="hammer")
    exchange, outcomes = manager.get_exchange(), Counter[str]()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    while outcomes["spent"] < times:
        try:
            exchange.products()
        except BudgetSpentError:
            outcomes["spent"] += 1
        except RateLimitedError:
            outcomes["refused"] += 1
        else:
            outcomes["answered"] += 1
    outcomes["seen_429"] = int(manager.figures().get("errors_rate_limit", 0))
    sys.stdout.write(json.dumps(outcomes) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))

"""What was traded: as the database has it, and as the simulated exchange does."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tests.stack.engine import Project
from threet.bootstrap.embedded import DEMO_ADDRESS

Fills = Mapping[tuple[str, int], Decimal]

# Asked in its own container: nothing publishes its port.
_ASK = """
import sys
import urllib.request as ask

answer = ask.urlopen(
    ask.Request(
        "http://127.0.0.1:3001/info",
        sys.argv[1].encode(),
        {"content-type": "application/json"},
    ),
    timeout=8,
)
print(answer.read().decode())
"""


def asked(project: Project, kind: str) -> Any:
    question = json.dumps({"type": kind, "user": DEMO_ADDRESS})
    return json.loads(project.execute("hlsim", "python", "-c", _ASK, question))


def positions_there(project: Project) -> Mapping[str, Decimal]:
    state = asked(project, "clearinghouseState")
    held = [one["position"] for one in state["assetPositions"]]
    return {one["coin"]: Decimal(one["szi"]) for one in held}


def fills_there(project: Project) -> Fills:
    """Its newest 2000; a sale counts negative."""
    signs = {"B": 1, "A": -1}
    return {
        (one["coin"], one["tid"]): signs[one["side"]] * Decimal(one["sz"])
        for one in asked(project, "userFills")
    }


def orders_by_cloid(project: Project) -> Mapping[str, set[int]]:
    found: dict[str, set[int]] = {}
    for one in asked(project, "historicalOrders"):
        cloid = one["order"]["cloid"]
        if cloid is not None:
            found.setdefault(cloid, set()).add(one["order"]["oid"])
    return found


def fills_here(project: Project) -> Fills:
    signs = {"buy": 1, "sell": -1}
    rows = project.sql("SELECT symbol, tid, side, quantity FROM fills")
    return {
        (symbol, int(tid)): signs[side] * Decimal(quantity)
        for symbol, tid, side, quantity in rows
    }


def intents(project: Project) -> Sequence[tuple[str, str]]:
    """Cloid and state of each."""
    rows = project.sql("SELECT cloid, state FROM order_intents")
    return [(cloid, state) for cloid, state in rows]


def sums(fills: Fills) -> Mapping[str, Decimal]:
    """Of each product that is not flat."""
    found: dict[str, Decimal] = {}
    for (symbol, _), change in fills.items():
        found[symbol] = found.get(symbol, Decimal(0)) + change
    return {symbol: total for symbol, total in found.items() if total}


def targets(project: Project) -> Mapping[str, Decimal]:
    rows = project.sql("SELECT symbol, quantity FROM targets")
    return {symbol: Decimal(quantity) for symbol, quantity in rows}


def readers_of_secrets(project: Project) -> set[str]:
    """Services whose containers have secrets.yml mounted."""
    return {
        name
        for name, one in project.containers().items()
        if "/app/secrets.yml" in {mount["Destination"] for mount in one["Mounts"]}
    }

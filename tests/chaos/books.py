"""What must hold between the platform's database and the exchange's own account."""

import json
import urllib.request
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tests.chaos.ledger import Ledger
from threet.bootstrap.embedded import DEMO_ADDRESS

CENT = Decimal("0.01")


class Books:
    """Both sides, each read by itself; nothing of 3T's code is asked."""

    def __init__(self, ledger: Ledger, exchange_url: str) -> None:
        self._ledger = ledger
        self._url = f"{exchange_url}/info"

    def ask(self, question: str, **more: object) -> Any:
        body = {"type": question, "user": DEMO_ADDRESS, **more}
        request = urllib.request.Request(  # noqa: S310  # loopback
            self._url,
            data=json.dumps(body).encode(),
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.load(answer)

    def positions(self) -> Mapping[str, Decimal]:
        """By the exchange."""
        held = self.ask("clearinghouseState")["assetPositions"]
        rows = [one["position"] for one in held]
        return {row["coin"]: Decimal(row["szi"]) for row in rows}

    def fills_there(self) -> dict[tuple[str, int], Decimal]:
        found = {}
        for row in self.ask("userFillsByTime", startTime=0):
            sign = 1 if row["side"] == "B" else -1
            found[row["coin"], row["tid"]] = sign * Decimal(row["sz"])
        return found

    def fills_here(self) -> dict[tuple[str, int], Decimal]:
        rows = self._ledger.rows("SELECT symbol, tid, side, quantity FROM fills")
        return {
            (str(symbol), int(tid)): (1 if side == "buy" else -1) * Decimal(quantity)
            for symbol, tid, side, quantity in rows
        }

    def open_intents(self) -> int:
        return self._ledger.count(
            "SELECT count(*) FROM order_intents WHERE state = 'open'"
        )

    def orders_by_cloid(self) -> Mapping[str, set[int]]:
        found = defaultdict(set)
        for row in self.ask("historicalOrders"):
            order = row["order"]
            if order["cloid"] is not None:
                found[order["cloid"]].add(order["oid"])
        return found

    def cloids(self) -> set[str]:
        return {
            str(one) for (one,) in self._ledger.rows("SELECT cloid FROM order_intents")
        }

    def equity_gap(self, since_ms: int) -> Decimal | None:
        """Of the newest check of the account since then; None before there is one. One
        odd reading is no fact: what differs in earnest is said by the next one, too."""
        query = (
            "SELECT account_value, deposits, realized, funding, fees, unrealized "
            "FROM equity_checks WHERE account_ms > ? AND verdict <> 'suspect' "
            "ORDER BY account_ms DESC LIMIT 1"
        )
        rows = self._ledger.rows(query, since_ms)
        if not rows:
            return None
        value, deposits, realized, funding, fees, unrealized = map(Decimal, rows[0])
        return value - (deposits + realized + funding - fees + unrealized)

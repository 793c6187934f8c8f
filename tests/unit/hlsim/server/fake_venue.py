"""A small exchange behind the wire that executes actions and lets faults intervene.

Its bodies carry ``user`` and ``agent`` in plain text where real ones are signed.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from hlsim.core.accounts import Accounts
from hlsim.core.candles import Candle
from hlsim.core.exchange import Exchange
from hlsim.core.intervals import MINUTE_MS
from hlsim.core.universe import Instrument, Universe, flat_table
from hlsim.faults.interventions import InterventionError
from hlsim.wire.trading import decode_envelope

NEVER_PLACED = "Order was never placed, already canceled, or filled."
POST_ONLY = "Only post-only orders are allowed"
DAY_MS = 86_400_000


class AmendedMarket:
    """A market whose coins come and go, and whose candles may be late."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.universe: Universe = inner.universe
        self.now_ms = inner.next_ms(0)
        self.missing: dict[int, tuple[int, int]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def advance(self, now_ms: int) -> Any:
        self.now_ms = now_ms
        return self._inner.advance(now_ms)

    def minutes(self, asset: int, first_ms: int, last_ms: int) -> Sequence[Candle]:
        """A late minute is missing while it lasts and the next one, and flat then."""
        rows = self._inner.minutes(asset, first_ms, last_ms)
        since, until = self.missing.get(asset, (0, 0))
        kept: list[Candle] = []
        for row in rows:
            if not since <= row.t < until:
                kept.append(row)
            elif self.now_ms >= until + MINUTE_MS:
                flat = {"o": row.c, "h": row.c, "l": row.c, "v": 0, "n": 0}
                kept.append(msgspec.structs.replace(row, **flat))
        return kept


class FakeVenue:
    """Backend and interventions in one: resting orders by cloid, agents by name."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._market = AmendedMarket(exchange.market)
        exchange.market = self._market  # type: ignore[assignment] # it delegates
        self._orders: dict[str, dict[str, Any]] = {}
        self._expired: set[str] = set()
        self._post_only_until_ms = 0

    @property
    def interventions(self) -> "FakeVenue":
        return self

    def user_of(self, body: bytes) -> str | None:
        user: str | None = msgspec.json.decode(body).get("user")
        return None if user is None else user.lower()

    async def execute(self, body: bytes, now_ms: int, skew_ms: int) -> object:
        decode_envelope(body)
        asked = msgspec.json.decode(body)
        if asked.get("agent") in self._expired:
            return _err("User or API Wallet 0x0 does not exist.")
        if abs(asked["nonce"] - now_ms - skew_ms) > DAY_MS:
            return _err("Invalid nonce")
        action = asked["action"]
        if action["type"] == "order":
            statuses = [
                self._place(asked["user"], leg, now_ms) for leg in action["orders"]
            ]
            return _ok("order", statuses)
        statuses = [self._cancel(leg["cloid"]) for leg in action["cancels"]]
        return _ok("cancel", statuses)

    def _place(self, user: str, leg: dict[str, Any], now_ms: int) -> object:
        is_alo = leg["t"].get("limit", {}).get("tif") == "Alo"
        if now_ms < self._post_only_until_ms and not is_alo:
            return {"error": POST_ONLY}
        self._orders[leg["c"]] = {"user": user, "leg": leg}
        return {"resting": {"oid": len(self._orders), "cloid": leg["c"]}}

    def _cancel(self, cloid: str) -> object:
        found = self._orders.pop(cloid, None)
        return {"error": NEVER_PLACED} if found is None else "success"

    def delist(self, coin: str) -> None:
        asset = self._exchange.asset(coin)
        listed = list(self._market.universe.instruments)
        listed[asset] = replace(listed[asset], is_delisted=True)
        self._market.universe = Universe(tuple(listed))

    def enlist(self, name: str, sz_decimals: int, max_leverage: int, px: str) -> None:
        if self._market.universe.asset(name) is not None:
            raise InterventionError(f"{name} is listed already")
        one = Instrument(
            name=name,
            sz_decimals=sz_decimals,
            max_leverage=max_leverage,
            margin_table=flat_table(max_leverage),
        )
        self._market.universe = Universe((*self._market.universe.instruments, one))

    def liquidate(self, user: str) -> None:
        account = self._exchange.account(user)
        self._exchange.accounts = Accounts([replace(account, positions=())])

    def expire_agent(self, user: str, agent: str) -> None:
        self._expired.add(agent)

    def set_post_only(self, until_ms: int) -> None:
        self._post_only_until_ms = until_ms

    def skip_minutes(self, coin: str, minutes: int) -> None:
        now_ms = self._market.now_ms
        first = now_ms - now_ms % MINUTE_MS + MINUTE_MS
        asset = self._exchange.asset(coin)
        self._market.missing[asset] = (first, first + minutes * MINUTE_MS)

    def drop_orders(self, user: str, coin: str | None, *, only_triggers: bool) -> None:
        self._orders = {
            cloid: order
            for cloid, order in self._orders.items()
            if order["user"] != user or (only_triggers and "limit" in order["leg"]["t"])
        }


def _err(text: str) -> object:
    return {"status": "err", "response": text}


def _ok(kind: str, statuses: list[object]) -> object:
    return {"status": "ok", "response": {"type": kind, "data": {"statuses": statuses}}}

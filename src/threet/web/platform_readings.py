"""The platform's health and account as readings for metrics; what is unknown is none.

Amounts become floats here: they are for graphs, and nothing reckons with them.
"""

from collections.abc import Iterator, Sequence

from threet.ports.gap_store import GapCounts
from threet.ports.telemetry import Reading
from threet.web.answers import (
    AccountAnswer,
    HealthAnswer,
    PositionAnswer,
    RateBudgetAnswer,
)

_STATUS = {"ok": 0, "degraded": 1, "down": 2}


def platform_readings(
    health: HealthAnswer, account: AccountAnswer | None, gaps: GapCounts | None
) -> Sequence[Reading]:
    """``account`` and ``gaps`` are None while nobody knows them."""
    found = [*_platform(health), *_streams(health), *_budget(health.rate_budget)]
    if gaps is not None:
        found.append(Reading("threet.candle_gaps", gaps.open, {"state": "open"}))
        given_up = {"state": "given_up"}
        found.append(Reading("threet.candle_gaps", gaps.given_up, given_up))
    if account is not None:
        found += _account(account, health.now_ms)
    return found


def _platform(health: HealthAnswer) -> Iterator[Reading]:
    yield Reading("threet.platform.status", _STATUS[health.status])
    yield Reading("threet.platform.reasons", len(health.reasons))
    for process in health.processes:
        name = {"process": process.name}
        yield Reading("threet.process.alive", process.state == "alive", name)
        if process.age_ms is not None:
            yield Reading("threet.process.silence", process.age_ms / 1000, name)
    for one in health.dependencies:
        if one.state != "unknown":
            named = {"dependency": one.name}
            yield Reading("threet.dependency.up", one.state == "up", named)
    if health.prices is not None:
        for state in ("fresh", "stale", "missing"):
            count: int = getattr(health.prices, state)
            yield Reading("threet.prices", count, {"state": state})


def _streams(health: HealthAnswer) -> Iterator[Reading]:
    for stream in health.streams:
        name = {"stream": stream.stream}
        yield Reading("threet.stream.length", stream.length, name)
        if stream.age_ms is not None:
            yield Reading("threet.stream.age", stream.age_ms / 1000, name)
        for group in stream.groups:
            both = {**name, "group": group.group}
            yield Reading("threet.stream.pending", group.pending, both)
            if group.lag is not None:
                yield Reading("threet.stream.lag", group.lag, both)


def _budget(budget: RateBudgetAnswer | None) -> Iterator[Reading]:
    if budget is None:
        return
    yield Reading("threet.rate_budget.limit", budget.limit)
    yield Reading("threet.rate_budget.pause", budget.paused_secs)
    yield Reading("threet.rate_budget.shared", budget.is_shared)
    for priority, use in budget.by_priority.items():
        named = {"priority": priority}
        yield Reading("threet.rate_budget.used", use.used, named)
        yield Reading("threet.rate_budget.left", use.left, named)
    if budget.address is not None:
        yield Reading("threet.address_budget.used", budget.address.used)
        yield Reading("threet.address_budget.cap", budget.address.cap)


def _account(account: AccountAnswer, now_ms: int) -> Iterator[Reading]:
    balances = account.balances
    if balances.account_ms is None:
        return
    age_ms = max(0, now_ms - balances.account_ms)
    yield Reading("threet.account.age", age_ms / 1000)
    amounts = (
        ("value", balances.account_value),
        ("withdrawable", balances.withdrawable),
        ("margin_used", balances.total_margin_used),
        ("notional", balances.total_notional),
    )
    for name, amount in amounts:
        if amount is not None:
            yield Reading(f"threet.account.{name}", float(amount))
    positions = account.positions.positions
    yield Reading("threet.account.positions", len(positions))
    for position in positions:
        yield from _position(position)


def _position(position: PositionAnswer) -> Iterator[Reading]:
    symbol = {"symbol": position.symbol}
    yield Reading("threet.position.quantity", float(position.quantity), symbol)
    yield Reading("threet.position.value", float(position.position_value), symbol)
    pnl = float(position.unrealized_pnl)
    yield Reading("threet.position.unrealized_pnl", pnl, symbol)

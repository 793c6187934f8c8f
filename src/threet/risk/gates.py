"""Gates between a wish and an order: each a value, with the numbers it judged by.

An exit passes all of them (B4); for anything else an input that is not known is a
refusal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from threet.model.decisions import Verdict
from threet.model.numbers import ZERO
from threet.risk.limits import Limits
from threet.risk.situation import Proposal, Seen, Situation

_MOST_SKEW_MS = 1_000
Gate = Callable[[Proposal, Situation, Limits], str]  # why not; "" lets it pass


@dataclass(frozen=True, slots=True)
class Judgment:
    """``verdicts`` of every gate that was asked, in order."""

    verdicts: Sequence[Verdict]

    @property
    def is_approved(self) -> bool:
        return all(one.passed for one in self.verdicts)

    @property
    def reason(self) -> str:
        return "; ".join(one.reason for one in self.verdicts if not one.passed)


def judge(proposal: Proposal, situation: Situation, limits: Limits) -> Judgment:
    """Asks every gate, so that all reasons are told at once."""
    if proposal.is_exit(situation):
        return Judgment([Verdict(gate="exit", passed=True, reason="it only reduces")])
    verdicts = []
    for name, gate in GATES.items():
        reason = gate(proposal, situation, limits)
        verdicts.append(Verdict(gate=name, passed=not reason, reason=reason))
    return Judgment(verdicts)


def _halt(_: Proposal, situation: Situation, __: Limits) -> str:
    return f"halted: {situation.halted}" if situation.halted else ""


def _synced(_: Proposal, situation: Situation, __: Limits) -> str:
    return "" if situation.is_synced else "orders and positions are not reconciled"


def _unread(_: Proposal, situation: Situation, __: Limits) -> str:
    """What is there counts in every limit."""
    dexes = ", ".join(sorted(situation.unread))
    return f"the account on {dexes} cannot be read" if dexes else ""


def _clock(_: Proposal, situation: Situation, __: Limits) -> str:
    """What is signed expires by the exchange's clock, and ages are reckoned by ours."""
    if abs(situation.skew_ms) > _MOST_SKEW_MS:
        return f"the clock is {situation.skew_ms} ms off the exchange's"
    return ""


def _listed(proposal: Proposal, situation: Situation, _: Limits) -> str:
    gone = proposal.symbol in situation.delisted
    return f"{proposal.symbol} is delisted: it can only be closed" if gone else ""


def _post_only(_: Proposal, situation: Situation, __: Limits) -> str:
    return "the exchange takes post-only orders only" if situation.is_post_only else ""


def _price(proposal: Proposal, situation: Situation, limits: Limits) -> str:
    seen = situation.prices.get(proposal.symbol)
    if seen is None:
        return f"the price of {proposal.symbol} is not known"
    if seen.age_ms > limits.most_price_age_ms:
        return f"the price of {proposal.symbol} is {seen.age_ms} ms old"
    far = abs(proposal.price - seen.value) / seen.value
    if far > limits.price_band:
        return (
            f"the limit is {far:.2%} from the market, {limits.price_band:.2%} at most"
        )
    return ""


def _order_size(proposal: Proposal, _: Situation, limits: Limits) -> str:
    most = limits.most_order_notional
    if proposal.notional > most:
        return f"an order of {proposal.notional:.2f} USDC, {most} at most"
    return ""


def _day_size(proposal: Proposal, situation: Situation, limits: Limits) -> str:
    total = situation.notional_today + proposal.notional
    if total > limits.most_day_notional:
        most = limits.most_day_notional
        return f"{total:.2f} USDC sent today with this one, {most} at most"
    return ""


def _order_rate(_: Proposal, situation: Situation, limits: Limits) -> str:
    sent = situation.orders_last_minute
    if sent >= limits.most_orders_a_minute:
        return (
            f"{sent} orders in the last minute, {limits.most_orders_a_minute} at most"
        )
    return ""


def _position_size(proposal: Proposal, situation: Situation, limits: Limits) -> str:
    worst = situation.worst(proposal.symbol, proposal.change)
    if worst is None:
        return "the positions are not known"
    notional = abs(worst) * proposal.price
    if notional > limits.most_position_notional:
        most = limits.most_position_notional
        return f"a position of {notional:.2f} USDC with what works, {most} at most"
    return ""


def _exposure(proposal: Proposal, situation: Situation, limits: Limits) -> str:
    equity = _fresh(situation.equity, limits.most_account_age_ms)
    if isinstance(equity, str):
        return equity
    notionals = _notionals(proposal, situation)
    if isinstance(notionals, str):
        return notionals
    gross = sum((abs(one) for one in notionals.values()), ZERO)
    net = abs(sum(notionals.values(), ZERO))
    for name, value, most in (
        ("gross", gross, limits.most_gross * equity),
        ("net", net, limits.most_net * equity),
    ):
        if value > most:
            return f"{name} exposure of {value:.2f} USDC, {most:.2f} at most"
    return _groups(notionals, limits)


def _groups(notionals: dict[str, Decimal], limits: Limits) -> str:
    for name, group in limits.groups.items():
        held = [value for symbol, value in notionals.items() if symbol in group.symbols]
        total = abs(sum(held, ZERO))
        if total > group.most_notional:
            return f"group {name} of {total:.2f} USDC, {group.most_notional} at most"
    return ""


def _daily_loss(_: Proposal, situation: Situation, limits: Limits) -> str:
    return _fallen(
        "today", situation.day_equity, situation, limits, limits.most_daily_loss
    )


def _drawdown(_: Proposal, situation: Situation, limits: Limits) -> str:
    return _fallen(
        "from the peak", situation.peak_equity, situation, limits, limits.most_drawdown
    )


def _fallen(
    what: str,
    before: Decimal | None,
    situation: Situation,
    limits: Limits,
    most: Decimal,
) -> str:
    equity = _fresh(situation.equity, limits.most_account_age_ms)
    if isinstance(equity, str):
        return equity
    if before is None or before <= ZERO:
        return f"the equity to compare with ({what}) is not known"
    lost = (before - equity) / before
    return f"lost {lost:.2%} {what}, {most:.2%} at most" if lost > most else ""


def _liquidation(proposal: Proposal, situation: Situation, limits: Limits) -> str:
    """Nothing is added to a position that is near its end."""
    liquidation = situation.liquidation_prices.get(proposal.symbol)
    seen = situation.prices.get(proposal.symbol)
    if liquidation is None or seen is None:
        return ""  # it cannot be liquidated, or the price gate has refused already
    distance = abs(seen.value - liquidation) / seen.value
    least = limits.least_liquidation_distance
    if distance < least:
        return f"{distance:.2%} from liquidation, {least:.2%} at least"
    return ""


def _fresh(seen: Seen | None, most_age_ms: int) -> Decimal | str:
    if seen is None:
        return "the equity is not known"
    if seen.age_ms > most_age_ms:
        return f"the equity is {seen.age_ms} ms old"
    return seen.value


def _notionals(proposal: Proposal, situation: Situation) -> dict[str, Decimal] | str:
    """Of every position as it may become, signed."""
    if situation.positions is None:
        return "the positions are not known"
    found: dict[str, Decimal] = {}
    for symbol in {proposal.symbol, *situation.positions, *situation.working}:
        change = proposal.change if symbol == proposal.symbol else ZERO
        seen = situation.prices.get(symbol)
        if seen is None:
            return f"the price of {symbol} is not known"
        found[symbol] = situation.largest(symbol, change) * seen.value
    return found


GATES: dict[str, Gate] = {
    "halt": _halt,
    "synced": _synced,
    "unread": _unread,
    "clock": _clock,
    "listed": _listed,
    "post_only": _post_only,
    "price": _price,
    "order_size": _order_size,
    "day_size": _day_size,
    "order_rate": _order_rate,
    "position_size": _position_size,
    "exposure": _exposure,
    "daily_loss": _daily_loss,
    "drawdown": _drawdown,
    "liquidation": _liquidation,
}

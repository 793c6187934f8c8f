"""How much of each limit is used now; what is not known is None, and says why.

The numbers are those the gates judge by, without an order that is thought of.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from threet.model.numbers import ZERO
from threet.risk.limits import Limits
from threet.risk.situation import Seen, Situation


class Unit(Enum):
    USDC = "usdc"
    MULTIPLE = "multiple"  # of the equity
    SHARE = "share"
    MILLIS = "ms"
    ORDERS = "orders"


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """``used`` is None where it is not known: ``reason`` says why not, or whose it is.

    ``is_least``: the limit is what may not be fallen short of. ``applies`` is False
    where it is known that there is nothing now that it would be judged by.
    """

    name: str
    unit: Unit
    limit: Decimal
    used: Decimal | None
    reason: str = ""
    is_least: bool = False
    applies: bool = True

    @property
    def share(self) -> Decimal | None:
        """How much of it is used, 1 for all; more than that is beyond it."""
        if self.used is None:
            return None
        if not self.is_least:
            return self.used / self.limit
        return self.limit / self.used if self.used > ZERO else None


Found = tuple[Decimal | None, str]
"""What is used, None if it is not known; and why, or whose it is."""


def uses(
    situation: Situation, limits: Limits, largest_today: Decimal | None
) -> Sequence[Use]:
    """In the order of the settings; ``largest_today`` is of the orders sent today."""
    notionals = _notionals(situation, limits)
    most, largest = limits.most_position_notional, _largest(notionals)
    return [
        *_sizes_sent(situation, limits, largest_today),
        use_of("most_position_notional", Unit.USDC, most, largest),
        *_exposures(situation, limits, notionals),
        *_inputs(situation, limits),
        *_losses(situation, limits),
        _nearest_liquidation(situation, limits),
        *_groups(limits, notionals),
    ]


def _sizes_sent(
    situation: Situation, limits: Limits, largest_today: Decimal | None
) -> Iterator[Use]:
    is_any = largest_today is not None
    yield Use(
        name="most_order_notional",
        unit=Unit.USDC,
        limit=limits.most_order_notional,
        used=largest_today,
        applies=is_any,
        reason="the largest order sent today" if is_any else "no order was sent today",
    )
    day = situation.notional_today, ""
    yield use_of("most_day_notional", Unit.USDC, limits.most_day_notional, day)


def _inputs(situation: Situation, limits: Limits) -> Iterator[Use]:
    yield Use(
        name="price_band",
        unit=Unit.SHARE,
        limit=limits.price_band,
        used=None,
        reason="judged at each order",
        applies=False,
    )
    yield _price_age(situation, limits)
    most_age = Decimal(limits.most_account_age_ms)
    age = _age(situation.equity)
    yield use_of("most_account_age_ms", Unit.MILLIS, most_age, age)
    most_orders = Decimal(limits.most_orders_a_minute)
    sent = Decimal(situation.orders_last_minute), ""
    yield use_of("most_orders_a_minute", Unit.ORDERS, most_orders, sent)


def _losses(situation: Situation, limits: Limits) -> Iterator[Use]:
    today = _lost(situation, limits, situation.day_equity)
    yield use_of("most_daily_loss", Unit.SHARE, limits.most_daily_loss, today)
    from_peak = _lost(situation, limits, situation.peak_equity)
    yield use_of("most_drawdown", Unit.SHARE, limits.most_drawdown, from_peak)


def use_of(name: str, unit: Unit, limit: Decimal, found: Found) -> Use:
    return Use(name=name, unit=unit, limit=limit, used=found[0], reason=found[1])


def _notionals(situation: Situation, limits: Limits) -> Mapping[str, Decimal] | str:
    """Of every position as it may become, signed; or why they are not known."""
    if situation.positions is None:
        return "the positions are not known"
    if not situation.is_synced:
        return "the working orders are not known"
    found = {}
    for symbol in {*situation.positions, *situation.working}:
        seen = situation.prices.get(symbol)
        if seen is None:
            return f"the price of {symbol} is not known"
        if seen.age_ms > limits.most_price_age_ms:
            return f"the price of {symbol} is {seen.age_ms} ms old"
        found[symbol] = situation.largest(symbol) * seen.value
    return found


def _largest(notionals: Mapping[str, Decimal] | str) -> Found:
    if isinstance(notionals, str):
        return None, notionals
    if not notionals:
        return ZERO, "no position"
    symbol = max(notionals, key=lambda one: abs(notionals[one]))
    return abs(notionals[symbol]), f"{symbol}, with what works"


def _exposures(
    situation: Situation, limits: Limits, notionals: Mapping[str, Decimal] | str
) -> Iterator[Use]:
    sums: tuple[tuple[str, Decimal, Callable[[Sequence[Decimal]], Decimal]], ...] = (
        ("most_gross", limits.most_gross, lambda all_: sum(map(abs, all_), ZERO)),
        ("most_net", limits.most_net, lambda all_: abs(sum(all_, ZERO))),
    )
    equity = _fresh(situation.equity, limits)
    for name, most, total in sums:
        found: Found
        if isinstance(notionals, str):
            found = None, notionals
        elif isinstance(equity, str):
            found = None, equity
        elif equity <= ZERO:
            found = None, "there is no equity to compare with"
        else:
            amount = total(list(notionals.values()))
            found = amount / equity, f"{amount:.2f} USDC"
        yield use_of(name, Unit.MULTIPLE, most, found)


def _groups(limits: Limits, notionals: Mapping[str, Decimal] | str) -> Iterator[Use]:
    for name, group in limits.groups.items():
        found: Found = (None, notionals) if isinstance(notionals, str) else (None, "")
        if not isinstance(notionals, str):
            held = [of for symbol, of in notionals.items() if symbol in group.symbols]
            found = abs(sum(held, ZERO)), ", ".join(sorted(group.symbols))
        yield use_of(f"groups.{name}", Unit.USDC, group.most_notional, found)


def _price_age(situation: Situation, limits: Limits) -> Use:
    """Of the oldest price that positions and working orders are judged by."""
    held = situation.positions
    symbols = {*(held or ()), *situation.working}
    found = _oldest(symbols, situation) if symbols else (None, "no position")
    if held is None:
        found = None, "the positions are not known"
    return Use(
        name="most_price_age_ms",
        unit=Unit.MILLIS,
        limit=Decimal(limits.most_price_age_ms),
        used=found[0],
        reason=found[1],
        applies=bool(symbols) or held is None,
    )


def _oldest(symbols: set[str], situation: Situation) -> Found:
    missing = sorted(symbols - situation.prices.keys())
    if missing:
        return None, f"the price of {missing[0]} is not known"
    symbol = max(symbols, key=lambda one: situation.prices[one].age_ms)
    return Decimal(situation.prices[symbol].age_ms), symbol


def _age(equity: Seen | None) -> Found:
    if equity is None:
        return None, "the account was not read yet"
    return Decimal(equity.age_ms), ""


def _fresh(equity: Seen | None, limits: Limits) -> Decimal | str:
    if equity is None:
        return "the equity is not known"
    if equity.age_ms > limits.most_account_age_ms:
        return f"the equity is {equity.age_ms} ms old"
    return equity.value


def _lost(situation: Situation, limits: Limits, before: Decimal | None) -> Found:
    equity = _fresh(situation.equity, limits)
    if isinstance(equity, str):
        return None, equity
    if before is None or before <= ZERO:
        return None, "the equity to compare with is not known"
    lost = (before - equity) / before
    return max(lost, ZERO), f"from {before:.2f} to {equity:.2f} USDC"


def _nearest_liquidation(situation: Situation, limits: Limits) -> Use:
    found: Found = None, "no position can be liquidated"
    if situation.positions is None:
        found = None, "the positions are not known"
    for symbol, price in situation.liquidation_prices.items():
        seen = situation.prices.get(symbol)
        if seen is None or seen.age_ms > limits.most_price_age_ms:
            found = None, f"no fresh price of {symbol}"
            break
        distance = abs(seen.value - price) / seen.value
        if found[0] is None or distance < found[0]:
            found = distance, symbol
    return Use(
        name="least_liquidation_distance",
        unit=Unit.SHARE,
        limit=limits.least_liquidation_distance,
        used=found[0],
        reason=found[1],
        is_least=True,
        applies=situation.positions is None or bool(situation.liquidation_prices),
    )

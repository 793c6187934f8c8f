"""What all runs together want of a symbol; whose wish it is stays known."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from threet.execution.wishes import Wanted
from threet.model.decisions import Granted
from threet.model.numbers import ZERO
from threet.ports.decision_store import StandingTarget


def net(standing: Sequence[StandingTarget]) -> Mapping[str, Wanted]:
    """By symbol. Where runs disagree on protection the nearer price counts: of a long
    the higher stop and the lower profit, of a short the other way round."""
    by_symbol: dict[str, list[StandingTarget]] = {}
    for one in standing:
        by_symbol.setdefault(one.granted.symbol, []).append(one)
    return {symbol: _netted(symbol, own) for symbol, own in by_symbol.items()}


def _netted(symbol: str, own: Sequence[StandingTarget]) -> Wanted:
    total = sum((one.granted.quantity for one in own), ZERO)
    newest = max(own, key=lambda one: (one.at_ms, one.decision_id))
    is_long = total > ZERO
    stops = [one.granted.stop_loss for one in own if one.granted.stop_loss]
    profits = [one.granted.take_profit for one in own if one.granted.take_profit]
    granted = Granted(
        symbol=symbol,
        quantity=total,
        stop_loss=_nearest(stops, is_higher=is_long),
        take_profit=_nearest(profits, is_higher=not is_long),
    )
    run = own[0].run if len(own) == 1 else ""
    wants = {one.run: one.granted.quantity for one in own}
    return Wanted(granted, newest.decision_id, run, wants)


def _nearest(prices: Sequence[Decimal], *, is_higher: bool) -> Decimal | None:
    if not prices:
        return None
    return max(prices) if is_higher else min(prices)


def flat(
    wanted: Mapping[str, Wanted], held: Mapping[str, Decimal], decision_id: str
) -> Mapping[str, Wanted]:
    """Nothing of anything, whoever wanted it, and of what nobody did: its orders close
    what all of them hold."""
    symbols = {*wanted, *(symbol for symbol, quantity in held.items() if quantity)}
    return {
        symbol: Wanted(Granted(symbol=symbol, quantity=ZERO), decision_id)
        for symbol in sorted(symbols)
    }

"""Whose fill it was: one order may serve several runs, and every digit has an owner.

An intent keeps what each run wanted to hold. A fill goes to those that lack in its
direction, in proportion to what they lack at that moment, in whole lots; what rounding
leaves goes to the one that lacks most. So the parts always add up to the fill, each run
has a position and a profit of its own, and a partial fill needs nothing of its own.
Fills that are no order of ours (by hand, liquidation, deleveraging) are ``OUTSIDE``'s.
"""

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal

from threet.model.numbers import ZERO
from threet.ports.ledger_store import Origin

OUTSIDE = ""
_FINE = Decimal(1).scaleb(-12)


def split(
    change: Decimal, origin: Origin | None, held: Mapping[str, Decimal]
) -> Mapping[str, Decimal]:
    """The signed change of each run's position; ``held`` is what each has now."""
    if origin is None:
        return {OUTSIDE: change}
    if origin.run and not origin.wants:
        return {origin.run: change}
    lacks = {
        run: lack
        for run in sorted({*held, *origin.wants})
        if (lack := origin.wants.get(run, ZERO) - held.get(run, ZERO)) * change > ZERO
    }
    if not lacks:
        return {_wanting(change, origin): change}
    return shared(change, lacks, _lot(change, lacks))


def shared(
    amount: Decimal, weights: Mapping[str, Decimal], step: Decimal = _FINE
) -> Mapping[str, Decimal]:
    """In proportion, in multiples of ``step``; the rest to the heaviest. The sum of
    ``weights`` must not be 0."""
    if len(weights) == 1:
        return dict.fromkeys(weights, amount)
    total = sum(weights.values(), ZERO)
    parts = {
        key: (amount * weight / total).quantize(step, rounding=ROUND_DOWN)
        for key, weight in weights.items()
    }
    heaviest = max(weights, key=lambda key: (abs(weights[key]), key))
    parts[heaviest] += amount - sum(parts.values(), ZERO)
    return {key: part for key, part in parts.items() if part != ZERO} or {
        heaviest: ZERO
    }


def _wanting(change: Decimal, origin: Origin) -> str:
    """Who has it when nobody lacks it: an order that filled when all was there."""
    if not origin.wants:
        return origin.run or OUTSIDE
    return max(origin.wants, key=lambda run: (origin.wants[run] * change, run))


def _lot(change: Decimal, lacks: Mapping[str, Decimal]) -> Decimal:
    """The finest step of all of them: every position is a multiple of the product's."""
    finest = min(_exponent(one) for one in (change, *lacks.values()))
    return Decimal(1).scaleb(min(0, finest))


def _exponent(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0

"""How much a strategy run uses of the limits of its own."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from threet.model.numbers import ZERO
from threet.risk.run_gates import RunLimits
from threet.risk.uses import Found, Unit, Use, use_of


def run_uses(
    notionals: Mapping[str, Decimal | None], profit: Decimal | None, limits: RunLimits
) -> Sequence[Use]:
    """Of a run's own limits those that are set, by what it holds now; the notional of a
    symbol and the profit may be unknown."""
    sizes = _sizes(notionals)
    largest: Found
    gross: Found
    if isinstance(sizes, str):
        largest = gross = None, sizes
    else:
        largest, gross = (max(sizes, default=ZERO), ""), (sum(sizes, ZERO), "")
    lost: Found = (None, "its profit is not known")
    if profit is not None:
        lost = max(-profit, ZERO), ""
    found = (
        ("most_position", limits.most_position, largest),
        ("most_gross", limits.most_gross, gross),
        ("most_loss", limits.most_loss, lost),
    )
    return [
        use_of(name, Unit.USDC, most, used)
        for name, most, used in found
        if most is not None
    ]


def _sizes(notionals: Mapping[str, Decimal | None]) -> Sequence[Decimal] | str:
    found = []
    for symbol, notional in notionals.items():
        if notional is None:
            return f"the price of {symbol} is not known"
        found.append(abs(notional))
    return found

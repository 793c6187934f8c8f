"""Gates of one strategy run, between its wish and its target; exits pass all (B4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from threet.model.decisions import Verdict
from threet.model.numbers import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLimits:
    """In USDC; None is no limit of the run's own, beside those of the account.

    ``most_position`` is of each symbol, ``most_gross`` of all together, ``most_loss``
    what the run may have lost in all before it may only close.
    """

    most_position: Decimal | None = None
    most_gross: Decimal | None = None
    most_loss: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWish:
    """A symbol's position as it is wanted: ``before`` is the run's own, ``notional``
    that of ``after``, ``others`` that of the run's other wishes; None is unknown."""

    symbol: str
    before: Decimal | None
    after: Decimal
    notional: Decimal | None
    others: Decimal | None
    profit: Decimal | None

    @property
    def is_exit(self) -> bool:
        """Smaller than it is, on the same side; or nothing at all."""
        if self.after == ZERO:
            return True
        if self.before is None or self.before * self.after <= ZERO:
            return False
        return abs(self.after) <= abs(self.before)


def judge_run(wish: RunWish, limits: RunLimits) -> Sequence[Verdict]:
    """A word of every gate that has a limit; none for an exit, which needs none."""
    if wish.is_exit:
        return []
    found = []
    if limits.most_position is not None:
        reason = _above("a position", wish.notional, limits.most_position)
        found.append(Verdict(gate="run_position", passed=not reason, reason=reason))
    if limits.most_gross is not None:
        total = _sum(wish.notional, wish.others)
        reason = _above("all positions", total, limits.most_gross)
        found.append(Verdict(gate="run_gross", passed=not reason, reason=reason))
    if limits.most_loss is not None:
        lost = None if wish.profit is None else -wish.profit
        reason = _above("a loss", lost, limits.most_loss)
        found.append(Verdict(gate="run_loss", passed=not reason, reason=reason))
    return found


def _above(what: str, value: Decimal | None, most: Decimal) -> str:
    if value is None:
        return f"{what} of an unknown size, {most} USDC at most"
    return f"{what} of {value:.2f} USDC, {most} at most" if value > most else ""


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other

"""The use of a limit in the words of the API."""

from decimal import Decimal

from threet.risk.uses import Use
from threet.web.answers import exact
from threet.web.trading_answers import LimitAnswer
from threet.web.trading_desk import maybe

# Enough for an eye, and more than a float gives away.
_PLACES = Decimal("0.000001")


def limit_answer(use: Use) -> LimitAnswer:
    used = use.used
    return LimitAnswer(
        name=use.name,
        unit=use.unit.value,
        limit=exact(use.limit),
        used=maybe(None if used is None else _rounded(used)),
        share=None if use.share is None else float(use.share),
        is_least=use.is_least,
        applies=use.applies,
        reason=use.reason,
    )


def _rounded(used: Decimal) -> Decimal:
    """A quotient has no last digit; an amount keeps six."""
    return used.quantize(_PLACES).normalize()

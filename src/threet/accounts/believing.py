"""Whether a reading of an account is believed at once, or only when a second agrees.

The rule: a reading is odd when its equity differs from the one before by more than half
of the larger of the two. It changes nothing; the account is read again a little later,
and what the second reading says is recorded if it agrees with the first odd one. So a
real loss, deposit or withdrawal is recorded a few seconds late, and a glitch of one
answer never becomes the baseline of a drawdown. Changes below half of ``DUST`` are
never odd.
"""

from decimal import Decimal

from threet.model.accounts import AccountState

DUST = Decimal(10)


def is_odd(before: Decimal, after: Decimal) -> bool:
    """Equity in USDC before and after; symmetric, and nothing is odd to itself."""
    larger = max(abs(before), abs(after), DUST)
    return abs(after - before) > larger / 2


def is_believable(
    reading: AccountState, before: AccountState | None, suspected: Decimal | None
) -> bool:
    """``suspected`` is the equity of an odd reading taken shortly before this one."""
    if before is None or not is_odd(before.account_value, reading.account_value):
        return True
    if suspected is None:
        return False
    return not is_odd(suspected, reading.account_value)

"""Reading an account: inputs checked first, facts stored as one, or not at all."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from threet.accounts.believing import is_believable
from threet.accounts.news import news_of
from threet.model.errors import ConfigurationError, ExchangeError, InvalidValueError
from threet.ports.account_store import AccountStore
from threet.ports.clock import Clock
from threet.ports.exchange import ExchangeReader
from threet.ports.rate_budget import Priority, RateBudget

# A second look at an odd reading comes this much later.
CONFIRM_SECS = 5.0
_WEIGHT = 2  # on the first dex alone
# A reading dated outside of this changes nothing: in the future it would make every
# later one look known already.
_MOST_AHEAD_MS = 10_000
_MOST_BEHIND_MS = 3_600_000
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


class BalanceOutcome(Enum):
    RECORDED = "recorded"
    KNOWN = "known already"
    SUSPECT = "odd, to be read again"
    NO_BUDGET = "no request weight left"
    FAILED = "failed"  # the exchange gave no usable answer; nothing changed


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceReport:
    """``equity`` is of the reading; with SUSPECT the caller must have it read again."""

    outcome: BalanceOutcome
    equity: Decimal | None = None
    positions: int = 0
    reason: str = ""


def require_address(address: str | None) -> str:
    """Raises ``ConfigurationError``, before anything is connected to."""
    setting = "exchanges.hyperliquid.wallet_address"
    if not address:
        reason = f"{setting}: is not set; balances need the account's address"
        raise ConfigurationError([reason])
    if not _ADDRESS.fullmatch(address):
        raise ConfigurationError([f"{setting}: must be 0x and 40 hex digits"])
    return address


class BalanceUpdating:
    """Raises ``ConfigurationError`` and ``DependencyError``; then nothing changed."""

    def __init__(
        self,
        *,
        clock: Clock,
        exchange: ExchangeReader,
        accounts: AccountStore,
        budget: RateBudget,
        weight: int = _WEIGHT,
    ) -> None:
        """``weight`` is what a reading takes from ``budget``."""
        self._clock = clock
        self._exchange = exchange
        self._accounts = accounts
        self._budget = budget
        self._weight = weight

    def update(
        self, address: str | None, suspected: Decimal | None = None
    ) -> BalanceReport:
        """``suspected`` is the equity of an odd reading that this one may confirm."""
        address = require_address(address)
        if self._budget.take(self._weight, priority=Priority.ACCOUNT):
            return BalanceReport(outcome=BalanceOutcome.NO_BUDGET)
        try:
            state = self._exchange.account(address)
        except (ExchangeError, InvalidValueError) as error:
            return BalanceReport(outcome=BalanceOutcome.FAILED, reason=str(error))
        if reason := _misdated(state.account_ms, self._clock.now_ms()):
            return BalanceReport(outcome=BalanceOutcome.FAILED, reason=reason)
        equity, positions = state.account_value, len(state.positions)
        if not is_believable(state, self._accounts.current(address), suspected):
            outcome = BalanceOutcome.SUSPECT
        elif self._accounts.record(state, news_of(state, self._clock.now_ns())):
            outcome = BalanceOutcome.RECORDED
        else:
            outcome = BalanceOutcome.KNOWN
        return BalanceReport(outcome=outcome, equity=equity, positions=positions)


def _misdated(account_ms: int, now_ms: int) -> str:
    """What is wrong with the date of a reading, by our clock; empty if nothing."""
    ahead_ms = account_ms - now_ms
    if ahead_ms > _MOST_AHEAD_MS:
        return f"the reading is dated {ahead_ms} ms in the future"
    if -ahead_ms > _MOST_BEHIND_MS:
        return f"the reading is {-ahead_ms} ms old"
    return ""

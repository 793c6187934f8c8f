"""The account as the API shows it: one reading, and how old it is."""

from collections.abc import Sequence
from typing import Literal

from threet.bootstrap import WebParts
from threet.market_data.staleness import age_ms
from threet.model.accounts import AccountPosition, AccountState
from threet.model.errors import DependencyError
from threet.ports.account_store import BalancePoint
from threet.web.answers import (
    AccountAnswer,
    BalancePointAnswer,
    BalancesAnswer,
    PositionAnswer,
    PositionsAnswer,
    exact,
)
from threet.web.waiting import in_thread

HISTORY_POINTS = 200

_State = Literal["fresh", "stale", "missing"]


async def read_account(parts: WebParts) -> AccountAnswer:
    """Raises ``DependencyError``; an account that was never read is 'missing'."""
    address = parts.address
    if address is None:
        return _answer(parts, None, ())
    state = await in_thread("database", lambda: parts.accounts.current(address))
    history = await in_thread(
        "database", lambda: parts.accounts.history(address, HISTORY_POINTS)
    )
    return _answer(parts, state, history)


class AccountBoard:
    """The newest reading for those who are pushed to; read once for all of them."""

    def __init__(self, parts: WebParts) -> None:
        self._parts = parts
        self.version = 0
        self.newest: AccountAnswer | None = None

    async def refresh(self) -> bool:
        """Whether something changed; an outage keeps the last reading, which ages."""
        try:
            newest = await read_account(self._parts)
        except DependencyError:
            return False
        known, self.newest = self.newest, newest
        is_new = (
            known is None or known.balances.account_ms != newest.balances.account_ms
        )
        self.version += is_new
        return is_new


def _answer(
    parts: WebParts, state: AccountState | None, history: Sequence[BalancePoint]
) -> AccountAnswer:
    now_ms = parts.clock.now_ms()
    age = None if state is None else age_ms(state.account_ms, now_ms)
    word = _judge(age, parts.account_stale_after_ms)
    return AccountAnswer(
        balances=_balances(parts.address, state, history, age, word),
        positions=PositionsAnswer(
            address=parts.address,
            state=word,
            account_ms=None if state is None else state.account_ms,
            age_ms=age,
            positions=[] if state is None else [_position(p) for p in state.positions],
        ),
    )


def _judge(age: int | None, stale_after_ms: int) -> _State:
    if age is None:
        return "missing"
    return "stale" if age > stale_after_ms else "fresh"


def _balances(
    address: str | None,
    state: AccountState | None,
    history: Sequence[BalancePoint],
    age: int | None,
    word: _State,
) -> BalancesAnswer:
    return BalancesAnswer(
        address=address,
        state=word,
        account_ms=None if state is None else state.account_ms,
        age_ms=age,
        account_value=None if state is None else exact(state.account_value),
        withdrawable=None if state is None else exact(state.withdrawable),
        total_margin_used=None if state is None else exact(state.total_margin_used),
        total_notional=None if state is None else exact(state.total_notional),
        maintenance_margin=None if state is None else exact(state.maintenance_margin),
        history=[
            BalancePointAnswer(
                account_ms=point.account_ms,
                account_value=exact(point.account_value),
                withdrawable=exact(point.withdrawable),
            )
            for point in history
        ],
    )


def _position(position: AccountPosition) -> PositionAnswer:
    liquidation = position.liquidation_price
    return PositionAnswer(
        symbol=position.symbol,
        side="long" if position.quantity > 0 else "short",
        quantity=exact(position.quantity),
        entry_price=exact(position.entry_price),
        leverage=position.leverage,
        margin_mode=position.margin_mode.value,
        margin_used=exact(position.margin_used),
        position_value=exact(position.position_value),
        unrealized_pnl=exact(position.unrealized_pnl),
        liquidation_price=None if liquidation is None else exact(liquidation),
        funding_since_open=exact(position.funding_since_open),
    )

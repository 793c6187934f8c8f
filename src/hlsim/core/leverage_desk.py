"""Leverage and isolated margin: what a user may change about them (§3.2, §3.4)."""

from hlsim.core import margin
from hlsim.core.accounts import Account, Leverage
from hlsim.core.commands import (
    Done,
    TopUpIsolatedMargin,
    UpdateIsolatedMargin,
    UpdateLeverage,
)
from hlsim.core.pit import Pit
from hlsim.core.positions import Position
from hlsim.core.refusal import Refused

INVALID = Refused("Invalid leverage value")
NO_SWITCH = Refused("Cannot switch leverage type with open position.")
NO_CROSS = Refused("Cross margin is not allowed for this asset.")
CROSS_SHORT = Refused(
    "Cross position does not have sufficient margin available to decrease leverage."
    " To decrease leverage, deposit more collateral."
)
ISOLATED_SHORT = Refused(
    "Isolated position does not have sufficient margin available to decrease leverage."
    " To decrease leverage, add margin to the position."
)
NO_POSITION = Refused("Cannot update margin for empty position.")
NOT_ISOLATED = Refused("Position does not use isolated margin.")
CANNOT_REDUCE = Refused("Position does not have sufficient margin for reduction.")
CANNOT_INCREASE = Refused(
    "Account does not have sufficient margin available for increase."
)
ZERO = Refused("Update to isolated margin cannot be zero.")
# A tenth of the notional has to stay, whatever the leverage is (§2.2).
_LEAST_PART = 10


class LeverageDesk:
    """Changes leverage and margin of accounts."""

    def __init__(self, pit: Pit) -> None:
        """Change the accounts of ``pit``."""
        self._market = pit.market
        self._clearing = pit.clearing

    def update_leverage(
        self, user: str, wish: UpdateLeverage, now_ms: int
    ) -> Done | Refused:
        """Set what the next orders of a coin, and its position, have."""
        instrument = self._market.universe[wish.asset]
        if not 1 <= wish.leverage <= instrument.max_leverage:
            return INVALID
        if wish.is_cross and instrument.only_isolated:
            return NO_CROSS
        account = self._clearing.account(user, wish.asset)
        held = account.positions.get(wish.asset)
        chosen = Leverage(wish.leverage, wish.is_cross)
        if held is not None:
            if held.is_cross != wish.is_cross:
                return NO_SWITCH
            refused = self._relever(account, held, wish.leverage, now_ms)
            if refused is not None:
                return refused
        account.leverages[wish.asset] = chosen
        return Done()

    def _relever(
        self, account: Account, held: Position, leverage: int, now_ms: int
    ) -> Refused | None:
        mark_px = self._market.mark_px(held.asset, now_ms)
        table = self._market.universe[held.asset].margin_table
        most = margin.leverage_at(table, abs(held.szi) * mark_px)
        if held.leverage < leverage > most:
            return INVALID
        if not held.is_cross:
            needed = -(-abs(held.szi) * mark_px // leverage)
            lowers = leverage < held.leverage
            if lowers and margin.position_margin(held, mark_px) < needed:
                return ISOLATED_SHORT
            held.leverage = leverage
            return None
        before, held.leverage = held.leverage, leverage
        if leverage < before:
            universe = self._market.universe
            mark = margin.marks_at(self._market, now_ms)
            if margin.bound(account, universe, mark) > margin.cross_value(
                account, mark
            ):
                held.leverage = before
                return CROSS_SHORT
        return None

    def update_isolated(
        self, user: str, wish: UpdateIsolatedMargin, now_ms: int
    ) -> Done | Refused:
        """Pay into an isolated position, or take out of it if negative."""
        account = self._clearing.account(user, wish.asset)
        held = _isolated(account, wish.asset)
        if isinstance(held, Refused):
            return held
        if not wish.usd:
            return ZERO
        return self._pay(account, held, wish.usd, now_ms)

    def _pay(
        self, account: Account, held: Position, usd: int, now_ms: int
    ) -> Done | Refused:
        mark = margin.marks_at(self._market, now_ms)
        if usd > 0:
            if usd > margin.available(account, self._market.universe, mark):
                return CANNOT_INCREASE
        else:
            notional = abs(held.szi) * mark(held.asset)
            stays = max(-(-notional // held.leverage), -(-notional // _LEAST_PART))
            if margin.position_margin(held, mark(held.asset)) + usd < stays:
                return CANNOT_REDUCE
        held.raw_usd += usd
        account.raw_usd -= usd
        return Done()

    def top_up(
        self, user: str, wish: TopUpIsolatedMargin, now_ms: int
    ) -> Done | Refused:
        """Pay into an isolated position until it has the leverage that was asked."""
        account = self._clearing.account(user, wish.asset)
        held = _isolated(account, wish.asset)
        if isinstance(held, Refused):
            return held
        if wish.numerator <= 0 or wish.denominator <= 0:
            return INVALID
        mark_px = self._market.mark_px(wish.asset, now_ms)
        notional = abs(held.szi) * mark_px
        needed = -(-notional * wish.denominator // wish.numerator)
        missing = needed - margin.position_margin(held, mark_px)
        if missing <= 0:
            return ZERO
        return self._pay(account, held, missing, now_ms)


def _isolated(account: Account, asset: int) -> Position | Refused:
    held = account.positions.get(asset)
    if held is None:
        return NO_POSITION
    return NOT_ISOLATED if held.is_cross else held

"""Liquidation: what happens to an account that no longer has its maintenance margin.

The document's process (§6): below the maintenance margin positions are sold at market,
of a large one a fifth first and the rest after a pause; below two thirds of it the
backstop takes position and margin over. Deleveraging of others is not simulated: the
backstop carries what is lost.
"""

from hlsim.core import margin
from hlsim.core.accounts import Account
from hlsim.core.clearing import Deal, Party
from hlsim.core.execution import Executor, Moment
from hlsim.core.house import BACKSTOP
from hlsim.core.journal import (
    BACKSTOP_METHOD,
    MARKET_METHOD,
    LedgerUpdate,
    Liquidated,
    Liquidation,
)
from hlsim.core.margin import Marks
from hlsim.core.numbers import USD, decimal_string, usd_string
from hlsim.core.orders import Order, Status, Tif
from hlsim.core.pit import Pit
from hlsim.core.positions import Position

_LARGE = 100_000 * USD
_FIRST_PART = 5
_PAUSE_MS = 30_000
_FARTHEST_PCT = 50


class _Fall:
    """The positions that fall together, as they were before."""

    def __init__(self, held: list[Position], mark: Marks) -> None:
        self.held = held
        self.is_cross = all(one.is_cross for one in held)
        self.sizes = {one.asset: one.szi for one in held}
        self.notional = sum(abs(one.szi) * mark(one.asset) for one in held)


class Liquidator:
    """Looks at all accounts after every block."""

    def __init__(self, pit: Pit, executor: Executor) -> None:
        """Watch the accounts of ``pit``."""
        self._market = pit.market
        self._clearing = pit.clearing
        self._journal = pit.journal
        self._open = pit.open
        self._ids = pit.ids
        self._executor = executor
        self._paused_until: dict[tuple[str, int], int] = {}
        self._count = 0

    def check(self, now_ms: int) -> None:
        """Liquidate whoever has to be."""
        mark = margin.marks_at(self._market, now_ms)
        for account in self._clearing.accounts.traders:
            if not account.positions:
                continue
            self._check_cross(account, mark, now_ms)
            for held in list(account.positions.values()):
                if not held.is_cross:
                    self._check_isolated(account, held, mark(held.asset), now_ms)

    def force(self, user: str, now_ms: int) -> bool:
        """Liquidate all positions of a user at market, whatever its margin is.

        The backstop takes what the book has no room for. Tells whether there were any.
        """
        mark = margin.marks_at(self._market, now_ms)
        found = [
            one
            for one in self._clearing.accounts.traders
            if one.user == user and one.positions
        ]
        for account in found:
            self._cancel_orders(account, None, now_ms)
            falls = self._falls(account, mark)
            for held in list(account.positions.values()):
                self._close_out(account, held, mark(held.asset), now_ms)
            for fall, value in falls:
                self._tell(account, fall, value, now_ms)
        return bool(found)

    def _falls(self, account: Account, mark: Marks) -> list[tuple[_Fall, int]]:
        """Return what falls together, with its worth: all cross, each isolated."""
        held = account.positions.values()
        cross = [one for one in held if one.is_cross]
        falls = [
            (_Fall([one], mark), margin.position_margin(one, mark(one.asset)))
            for one in held
            if not one.is_cross
        ]
        if cross:
            falls.insert(0, (_Fall(cross, mark), margin.cross_value(account, mark)))
        return falls

    def _close_out(
        self, account: Account, held: Position, mark_px: int, now_ms: int
    ) -> None:
        self._sell(account, held, abs(held.szi), mark_px, now_ms)
        left = account.positions.get(held.asset)
        if left is not None:
            self._hand_over(account, left, mark_px, now_ms)

    def _check_cross(self, account: Account, mark: Marks, now_ms: int) -> None:
        fall = _Fall([one for one in account.positions.values() if one.is_cross], mark)
        needed = margin.cross_maintenance(account, self._market.universe, mark)
        value = margin.cross_value(account, mark)
        if not fall.held or value >= needed:
            self._recovered(account, fall.held, now_ms)
            return
        self._cancel_orders(account, None, now_ms)
        if value * 3 < needed * 2:
            for one in fall.held:
                self._hand_over(account, one, mark(one.asset), now_ms)
            taken = self._give_up(account, account.raw_usd)
            self._tell(account, fall, value, now_ms, taken=taken)
            return
        sold = [
            self._sell_due(account, one, mark(one.asset), now_ms) for one in fall.held
        ]
        taken = 0
        if not any(one.is_cross for one in account.positions.values()):
            taken = self._give_up(account, min(account.raw_usd, 0))
        if any(sold) or taken:
            self._tell(account, fall, value, now_ms, taken=taken)

    def _check_isolated(
        self, account: Account, held: Position, mark_px: int, now_ms: int
    ) -> None:
        table = self._market.universe[held.asset].margin_table
        needed = margin.maintenance(table, abs(held.szi) * mark_px)
        equity = margin.position_margin(held, mark_px)
        if equity >= needed:
            self._recovered(account, [held], now_ms)
            return
        self._cancel_orders(account, held.asset, now_ms)
        fall = _Fall([held], lambda _: mark_px)
        before = account.raw_usd
        taken = 0
        if equity * 3 < needed * 2:
            self._hand_over(account, held, mark_px, now_ms)
            # What the position still held has come back: it goes with the position.
            taken = self._give_up(account, account.raw_usd - before)
        elif not self._sell_due(account, held, mark_px, now_ms):
            return
        taken += self._give_up(account, min(account.raw_usd - before, 0))
        self._tell(account, fall, equity, now_ms, taken=taken)

    def _cancel_orders(self, account: Account, asset: int | None, now_ms: int) -> None:
        """Cancel the orders of an account, or of one coin."""
        universe = self._market.universe
        for order in self._open.of(account.user):
            if universe[order.asset].dex != account.dex:
                continue
            # One cancel may end others: children go with their parent.
            lives = self._open.get(account.user, order.oid) is not None
            if lives and asset in (None, order.asset):
                self._executor.cancel(order, Status.LIQUIDATED_CANCELED, now_ms)

    def _give_up(self, account: Account, usd: int) -> int:
        """Let the backstop have cash of an account, or carry its debt if negative.

        Returns the same amount.
        """
        account.raw_usd -= usd
        self._clearing.accounts.get(BACKSTOP, account.dex).raw_usd += usd
        return usd

    def _recovered(self, account: Account, held: list[Position], now_ms: int) -> None:
        """Forget the pauses that are over: what falls again falls anew."""
        for one in held if self._paused_until else ():
            key = (account.user, one.asset)
            if self._paused_until.get(key, now_ms + 1) <= now_ms:
                del self._paused_until[key]

    def _sell_due(
        self, account: Account, held: Position, mark_px: int, now_ms: int
    ) -> bool:
        """Sell what is due: of a large position a fifth, after a pause the rest."""
        key = (account.user, held.asset)
        until = self._paused_until.get(key)
        if until is not None and now_ms < until:
            return False
        size = abs(held.szi)
        is_first_part = until is None and size * mark_px > _LARGE
        if is_first_part:
            size = max(size // _FIRST_PART, 1)
        if not self._sell(account, held, size, mark_px, now_ms):
            return False
        if is_first_part:
            self._paused_until[key] = now_ms + _PAUSE_MS
        else:
            self._paused_until.pop(key, None)
        return True

    def _sell(
        self, account: Account, held: Position, size: int, mark_px: int, now_ms: int, /
    ) -> bool:
        """Send a market order; tells whether anybody took any of it."""
        is_buy = held.szi < 0
        away = mark_px * _FARTHEST_PCT // 100
        order = Order(
            oid=self._ids.oid(),
            user=account.user,
            asset=held.asset,
            is_buy=is_buy,
            px=mark_px + away if is_buy else max(mark_px - away, 1),
            sz=size,
            orig_sz=size,
            time_ms=now_ms,
            tif=Tif.LIQUIDATION_MARKET,
            reduce_only=True,
        )
        why = Liquidation(account.user, mark_px, MARKET_METHOD)
        self._executor.run(order, Moment(now_ms, self._ids.tx_hash(), why))
        if order.sz == size:
            return False
        status = Status.CANCELED if order.sz else Status.FILLED
        self._journal.order(order, status, now_ms)
        return True

    def _hand_over(
        self, account: Account, held: Position, mark_px: int, now_ms: int
    ) -> None:
        """Move a position to the backstop at the mark price."""
        self._clearing.settle(
            Deal(
                asset=held.asset,
                px=mark_px,
                sz=abs(held.szi),
                is_buy=held.szi < 0,
                taker=Party(account.user, self._ids.oid()),
                maker=Party(BACKSTOP, self._ids.oid()),
                time_ms=now_ms,
                hash=self._ids.tx_hash(),
                liquidation=Liquidation(account.user, mark_px, BACKSTOP_METHOD),
            )
        )

    def _tell(
        self,
        account: Account,
        fall: _Fall,
        value: int,
        now_ms: int,
        *,
        taken: int = 0,
    ) -> None:
        """Tell of a liquidation; ``taken`` is cash that went to the backstop beside it.

        The real exchange's row is not known to tell that; without it an account could
        not be reckoned up from what its user is told.
        """
        self._count += 1
        liquidated = Liquidated(
            user=account.user,
            lid=self._count,
            liquidator=BACKSTOP,
            notional=fall.notional,
            account_value=value,
        )
        self._journal.tell([liquidated])
        universe = self._market.universe
        delta: dict[str, object] = {
            "type": "liquidation",
            "liquidatedNtlPos": usd_string(fall.notional),
            "accountValue": usd_string(value),
            "takenByBackstop": usd_string(taken),
            "leverageType": "Cross" if fall.is_cross else "Isolated",
            "liquidatedPositions": [
                {
                    "coin": universe[asset].name,
                    "szi": decimal_string(szi, universe[asset].sz_decimals),
                }
                for asset, szi in fall.sizes.items()
            ],
        }
        self._journal.ledger(
            LedgerUpdate(account.user, now_ms, self._ids.tx_hash(), delta)
        )

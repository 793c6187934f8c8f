"""Liquidation: what happens to an account that no longer has its maintenance margin.

The document's process (§6): below the maintenance margin positions are sold at market,
of a large one a fifth first and the rest after a pause; below two thirds of it the
backstop takes position and margin over. Deleveraging of others is not simulated: the
backstop carries what is lost.
"""

from collections.abc import Callable, Sequence

import msgspec

from hlsim.core import margin
from hlsim.core.accounts import Account
from hlsim.core.clearing import Clearing, Deal, Party
from hlsim.core.desk import OrderDesk
from hlsim.core.execution import Executor, Moment
from hlsim.core.house import BACKSTOP
from hlsim.core.ids import Ids
from hlsim.core.journal import Journal, LedgerUpdate, Liquidated, Liquidation
from hlsim.core.market import Market
from hlsim.core.numbers import USD_DECIMALS, decimal_string
from hlsim.core.orders import Order, Status, Tif
from hlsim.core.positions import Position

_LARGE = 100_000 * 10**6
_FIRST_PART = 5
_PAUSE_MS = 30_000
_FARTHEST_PCT = 50


class _Case(msgspec.Struct, frozen=True, kw_only=True):
    """What was liquidated, as it was before; amounts in micro-dollars."""

    notional: int
    value: int
    is_cross: bool
    positions: list[dict[str, str]]


class Liquidator:
    """Looks at all accounts after every block."""

    def __init__(
        self,
        market: Market,
        clearing: Clearing,
        journal: Journal,
        desk: OrderDesk,
        executor: Executor,
        ids: Ids,
    ) -> None:
        """Work on the exchange's accounts."""
        self._market = market
        self._clearing = clearing
        self._journal = journal
        self._desk = desk
        self._executor = executor
        self._ids = ids
        self._paused_until: dict[tuple[str, int], int] = {}
        self._count = 0

    def check(self, now_ms: int) -> None:
        """Liquidate whoever has to be."""

        def mark(asset: int) -> int:
            return self._market.mark_px(asset, now_ms)

        universe = self._market.universe
        for account in self._clearing.accounts.traders:
            if not account.positions:
                continue
            needed = margin.cross_maintenance(account, universe, mark)
            if needed:
                value = margin.cross_value(account, mark)
                if value < needed:
                    self._cross(account, value, needed, mark, now_ms)
            for held in list(account.positions.values()):
                if not held.is_cross:
                    self._check_isolated(account, held, mark(held.asset), now_ms)

    def force(self, user: str, now_ms: int) -> bool:
        """Liquidate all positions of a user at market, whatever its margin is.

        The backstop takes what the book has no room for. Tells whether there were any.
        """

        def mark(asset: int) -> int:
            return self._market.mark_px(asset, now_ms)

        found = [
            one
            for one in self._clearing.accounts.traders
            if one.user == user and one.positions
        ]
        for account in found:
            self._desk.cancel_all(user, Status.LIQUIDATED_CANCELED, now_ms)
            held = list(account.positions.values())
            value = margin.cross_value(account, mark)
            cross = [one for one in held if one.is_cross]
            cases = [self._case(cross, value, mark)] if cross else []
            for one in held:
                if not one.is_cross:
                    equity = margin.position_margin(one, mark(one.asset))
                    cases.append(self._case([one], equity, mark))
                self._close_out(account, one, mark(one.asset), now_ms)
            for case in cases:
                self._tell(account, case, now_ms)
        return bool(found)

    def _close_out(
        self, account: Account, held: Position, mark_px: int, now_ms: int
    ) -> None:
        self._send(account, held, abs(held.szi), mark_px, now_ms)
        left = account.positions.get(held.asset)
        if left is not None:
            self._hand_over(account, left, mark_px, now_ms)

    def _cross(
        self,
        account: Account,
        value: int,
        needed: int,
        mark: Callable[[int], int],
        now_ms: int,
        /,
    ) -> None:
        self._desk.cancel_all(account.user, Status.LIQUIDATED_CANCELED, now_ms)
        held = [one for one in account.positions.values() if one.is_cross]
        case = self._case(held, value, mark)
        if value * 3 < needed * 2:
            for one in held:
                self._hand_over(account, one, mark(one.asset), now_ms)
            self._clearing.accounts.get(
                BACKSTOP, account.dex
            ).raw_usd += account.raw_usd
            account.raw_usd = 0
            self._tell(account, case, now_ms)
            return
        sold = [self._sell(account, one, mark(one.asset), now_ms) for one in held]
        if any(sold):
            self._tell(account, case, now_ms)

    def _check_isolated(
        self, account: Account, held: Position, mark_px: int, now_ms: int
    ) -> None:
        table = self._market.universe[held.asset].margin_table
        notional = abs(held.szi) * mark_px
        needed = margin.maintenance(table, notional)
        equity = margin.position_margin(held, mark_px)
        if equity >= needed:
            return
        case = self._case([held], equity, lambda _: mark_px)
        for order in self._executor.open.of(account.user):
            if order.asset == held.asset:
                self._executor.cancel(order, Status.LIQUIDATED_CANCELED, now_ms)
        if equity * 3 < needed * 2:
            before = account.raw_usd
            self._hand_over(account, held, mark_px, now_ms)
            # What the position still held has come back: it goes with the position.
            taken = account.raw_usd - before
            account.raw_usd -= taken
            self._clearing.accounts.get(BACKSTOP, account.dex).raw_usd += taken
            self._tell(account, case, now_ms)
        elif self._sell(account, held, mark_px, now_ms):
            self._tell(account, case, now_ms)

    def _sell(
        self, account: Account, held: Position, mark_px: int, now_ms: int
    ) -> bool:
        """Send a market order; a large position goes in two parts."""
        key = (account.user, held.asset)
        until = self._paused_until.get(key)
        if until is not None and now_ms < until:
            return False
        size = abs(held.szi)
        if until is None and size * mark_px > _LARGE:
            size = max(size // _FIRST_PART, 1)
            self._paused_until[key] = now_ms + _PAUSE_MS
        else:
            self._paused_until.pop(key, None)
        self._send(account, held, size, mark_px, now_ms)
        return True

    def _send(
        self, account: Account, held: Position, size: int, mark_px: int, now_ms: int, /
    ) -> None:
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
        why = Liquidation(account.user, mark_px, "market")
        self._desk.execute(order, Moment(now_ms, self._ids.tx_hash(), why))

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
                liquidation=Liquidation(account.user, mark_px, "backstop"),
            )
        )

    def _case(
        self, held: Sequence[Position], value: int, mark: Callable[[int], int]
    ) -> _Case:
        universe = self._market.universe
        return _Case(
            notional=sum(abs(one.szi) * mark(one.asset) for one in held),
            value=value,
            is_cross=any(one.is_cross for one in held),
            positions=[
                {
                    "coin": universe[one.asset].name,
                    "szi": decimal_string(one.szi, universe[one.asset].sz_decimals),
                }
                for one in held
            ],
        )

    def _tell(self, account: Account, case: _Case, now_ms: int) -> None:
        self._count += 1
        self._journal.tell(
            [
                Liquidated(
                    user=account.user,
                    lid=self._count,
                    liquidator=BACKSTOP,
                    notional=case.notional,
                    account_value=case.value,
                )
            ]
        )
        delta: dict[str, object] = {
            "type": "liquidation",
            "liquidatedNtlPos": decimal_string(case.notional, USD_DECIMALS),
            "accountValue": decimal_string(case.value, USD_DECIMALS),
            "leverageType": "Cross" if case.is_cross else "Isolated",
            "liquidatedPositions": case.positions,
        }
        self._journal.ledger(
            LedgerUpdate(account.user, now_ms, self._ids.tx_hash(), delta)
        )

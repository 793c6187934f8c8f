"""What is known of the account: read by REST, kept current by what its streams say.

Fills are the money facts: they are stored before anything follows from them, and the
positions are their sum (I2). Each reading compares that sum with what the exchange
says; a symbol for which they differ is not traded until they agree. Of a builder dex
that could not be read nothing is concluded: what was known there is known still.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from threet.execution import partial_reading
from threet.execution.account_news import AccountNews
from threet.execution.exchange_time import ExchangeTime
from threet.execution.wishes import Reading
from threet.model.accounts import AccountRead
from threet.model.errors import DependencyError
from threet.model.numbers import ZERO
from threet.model.orders import Fill, OrderPhase, OrderReport
from threet.model.products import FIRST_DEX, dex_of
from threet.ports.clock import Clock
from threet.ports.fill_store import FillStore
from threet.ports.order_desk import Accepted, OrderDesk

# A page of fills is 2000 at most (F49).
_PAGE = 2_000
_MOST_PAGES = 20
_OVERLAP_MS = 60_000
# What nobody told is seen after so long at the latest; a difference, sooner.
_TRUSTED_SECS = 60.0
_DIFFERENCE_SECS = 5.0
# A reading waits for a dex that hangs, and so does whoever wants out of another one.
_UNREAD_SECS = 10.0
# The stream says what became of an order within a fraction of a second.
_AWAITED_SECS = 3.0
_MOST_REMEMBERED = 5_000  # orders


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureParts:
    """``is_simulated``: the exchange may begin anew, and forget everything. ``follows``
    says of a symbol whether ``read_account`` would tell its position."""

    clock: Clock
    desk: OrderDesk
    fills: FillStore
    read_account: Callable[[], AccountRead]
    news: AccountNews
    is_simulated: bool = False
    follows: Callable[[str], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class _Awaited:
    """Something of an order that was said, and is not yet told in full: that ``total``
    of it is filled, or (None) that it is canceled."""

    symbol: str
    total: Decimal | None
    until: float  # monotonic


class Picture:
    """``difference`` has, by symbol, the sum of the fills and the exchange's position
    where they are not the same; ``unread`` the builder dexes that the newest reading
    could not have, and why."""

    def __init__(self, parts: PictureParts) -> None:
        self._parts = parts
        self._account: AccountRead | None = None
        self._positions: dict[str, Decimal] | None = None  # with a fill
        self._elsewhere: dict[str, Decimal] = {}  # by fills, where nothing is read
        self._whole_ms: int | None = None  # until then no fill is missing
        self._newest_ms: dict[str, int] = {}  # of the fills of each symbol
        self._orders: dict[int, OrderReport] = {}
        self._filled: dict[int, Decimal] = {}  # by the fills, of each order
        self._awaited: dict[int, _Awaited] = {}
        self._sent_at: dict[int, float] = {}  # of orders that rest; monotonic
        self._new: list[Fill] = []
        self._read_at = float("-inf")
        self._skew_ms = 0
        self._exchange_time: ExchangeTime | None = None
        self._is_doubted = True
        self._is_store_doubtful = False
        self._is_fresh = False  # read since the cycle began
        self.difference: Mapping[str, tuple[Decimal, Decimal]] = {}
        self.unread: Mapping[str, str] = {}

    @property
    def is_current(self) -> bool:
        """Whether something may be sent on it. Where it differs news do not tell where
        the exchange stands."""
        is_followed = self._parts.news.is_live and not self._may_agree
        return (self._is_fresh or is_followed) and not self._is_doubted

    @property
    def is_due(self) -> bool:
        """Whether it must be read again before anything follows from it."""
        age_secs = self._parts.clock.monotonic() - self._read_at
        most_secs = _UNREAD_SECS if self.unread else _TRUSTED_SECS
        if self._is_doubted or age_secs > most_secs:
            return True
        return self._may_agree and age_secs > _DIFFERENCE_SECS

    @property
    def _may_agree(self) -> bool:
        """Whether something differs that is read."""
        return partial_reading.may_end(self.difference, self.unread)

    @property
    def awaited(self) -> set[str]:
        """Symbols whose position is about to be told."""
        return {one.symbol for one in self._awaited.values()}

    @property
    def is_partial(self) -> bool:
        """Whether there may be positions and stops that nobody sees: on a dex that is
        not followed and where something is held, or on one that cannot be read."""
        return bool(self.unread) or any(self._elsewhere.values())

    def is_read(self, symbol: str) -> bool:
        """Whether the newest reading has its dex. Before any nothing is known of a
        builder dex; without the first dex there is no reading at all."""
        dex, is_known = dex_of(symbol), self._account is not None
        return dex == FIRST_DEX or (is_known and dex not in self.unread)

    def doubt(self) -> None:
        """Something was done, or heard, that only a reading makes sure of."""
        self._is_doubted = True

    @contextmanager
    def doubted_on_error(self) -> Iterator[None]:
        """Around what leaves orders behind: cut short, nobody knows which."""
        try:
            yield
        except BaseException:
            self.doubt()
            raise

    def now_ms(self) -> int:
        """The time that is signed: ours, unless it leaped away from the exchange's."""
        clock, told = self._parts.clock, self._exchange_time
        ours_ms = clock.now_ms()
        return ours_ms if told is None else told.held(ours_ms, clock.monotonic())

    def now(self) -> Reading:
        """After the first ``read`` only."""
        if self._account is None:
            raise DependencyError("account", "was not read yet")
        read = {one.symbol: one.quantity for one in self._account.positions}
        return Reading(
            account=self._account,
            positions={**read, **(self._positions or {})},
            orders=[self._left_of(one) for one in self._orders.values()],
            skew_ms=self._skew_ms,
            is_synced=not self.difference,
            unread=self.unread,
        )

    @property
    def has_new_fills(self) -> bool:
        """Whether some were stored that nobody was told of yet."""
        return bool(self._new)

    def take_new_fills(self) -> Sequence[Fill]:
        """Those that were stored since this was last asked."""
        found, self._new = self._new, []
        return found

    def hear(self) -> None:
        """Begin a cycle with what the streams said. Raises ``DependencyError``; what
        they said is then read."""
        self._is_fresh = False
        if self._parts.news.take_gap():
            self.doubt()
        told = self._parts.news.drain()
        fills = [one for one in told if isinstance(one, Fill)]
        for report in told:
            if isinstance(report, OrderReport) and self._parts.follows(report.symbol):
                self._hear_order(report)
        try:
            self._whole_until()
            self._keep(fills)
        except DependencyError:
            self.doubt()
            raise
        self._give_up_waiting()

    def read(self) -> None:
        """Orders first and the account last, so that what is filled in between shows
        as a position, never twice as missing."""
        parts = self._parts
        seen = parts.desk.readable_orders()
        account = self._read_account()
        unread = partial_reading.unread(seen, account)
        if partial_reading.may_end(self._differences(account, unread), unread):
            # Filled between the two questions, perhaps: asked again before it counts.
            account = self._read_account()
        orders = partial_reading.standing(seen, self._orders.values())
        self.unread = partial_reading.unread(seen, account)
        self.difference = self._differences(account, self.unread)
        if self.difference and self._has_begun_anew():
            parts.fills.forget()
            self._positions, self.difference, self._whole_ms = None, {}, 0
        self._account = partial_reading.held(account, self._account)
        unlisted = self._unlisted(orders)
        self._orders = {**{one.oid: one for one in orders}, **unlisted}
        self._count_filled(orders)
        self._read_at = parts.clock.monotonic()
        self._is_doubted, self._is_fresh = False, True
        # A server that is behind may have answered: what was said counts for a while.
        self._awaited = {
            oid: one for oid, one in self._awaited.items() if self._is_awaited(oid, one)
        }

    def sent(self, symbol: str, accepted: Accepted, report: OrderReport) -> None:
        """An order was taken; without a stream only a reading tells the rest."""
        if not self._parts.news.is_live:
            self.doubt()
        if accepted.filled is None:
            self._orders[accepted.oid] = report
            self._sent_at[accepted.oid] = self._parts.clock.monotonic()
        else:
            self._await_fills(accepted.oid, symbol, accepted.filled)

    def canceled(self, cloid: str) -> None:
        """What was filled before it went is told together with its end."""
        if not self._parts.news.is_live:
            self.doubt()
        for oid, one in self._orders.items():
            if one.cloid == cloid:
                self._sent_at.pop(oid, None)
                self._awaited[oid] = _Awaited(one.symbol, None, self._patience())

    def _read_account(self) -> AccountRead:
        self._keep_fills()
        clock = self._parts.clock
        before_ms, asked_at = clock.now_ms(), clock.monotonic()
        account = self._parts.read_account()
        after_ms, told_at = clock.now_ms(), clock.monotonic()
        at_ms = account.account_ms
        self._exchange_time = ExchangeTime(at_ms, asked_at, told_at)
        self._skew_ms = max(0, at_ms - after_ms) or min(0, at_ms - before_ms)
        return account

    def _keep_fills(self) -> None:
        parts = self._parts
        since_ms = max(0, self._whole_until() - _OVERLAP_MS)
        for _ in range(_MOST_PAGES):
            told = parts.desk.fills(since_ms)
            self._keep(told)
            if len(told) < _PAGE:
                self._whole_ms = parts.fills.newest_ms() or 0
                return
            self._whole_ms = since_ms = told[-1].time_ms

    def _unlisted(self, listed: Sequence[OrderReport]) -> Mapping[int, OrderReport]:
        """Orders that were taken a moment ago, and are not in this reading: it may be
        of before them. Their products wait until it is told, or read, otherwise."""
        now = self._parts.clock.monotonic()
        young = {
            oid: at for oid, at in self._sent_at.items() if now - at < _AWAITED_SECS
        }
        self._sent_at = young
        oids = young.keys() & self._orders.keys() - {one.oid for one in listed}
        for oid in oids:
            until = young[oid] + _AWAITED_SECS
            self._awaited[oid] = _Awaited(self._orders[oid].symbol, None, until)
        return {oid: self._orders[oid] for oid in oids}

    def _count_filled(self, orders: Sequence[OrderReport]) -> None:
        """By the kept fills, of orders older than this process: what an order says may
        be ahead of them, and would be counted again when they are told."""
        older = {one.oid for one in orders if one.filled} - self._filled.keys()
        if not older:
            return
        kept = self._parts.fills.recent(_PAGE)
        self._filled |= dict.fromkeys(older, ZERO)
        for fill in kept:
            if fill.oid in older:
                self._filled[fill.oid] += fill.quantity

    def _whole_until(self) -> int:
        """Until when no fill is missing: what is heard since may have left some out."""
        if self._whole_ms is None:
            self._whole_ms = self._parts.fills.newest_ms() or 0
        return self._whole_ms

    def _keep(self, told: Sequence[Fill]) -> None:
        new = self._recorded(told)
        self._new += new
        if self._positions is None:
            self._positions = self._expected()
            for one in new:
                self._hear_fill(one)
            return
        is_odd = False
        for one in new:
            if not self._parts.follows(one.symbol):
                held = self._elsewhere.get(one.symbol, one.start_position)
                self._elsewhere[one.symbol] = held + one.change
                continue
            known = self._positions.get(one.symbol, one.start_position)
            is_odd |= known != one.start_position
            is_odd |= one.time_ms < self._newest_ms.get(one.symbol, 0)
            self._hear_fill(one)
            self._positions[one.symbol] = known + one.change
        if is_odd:
            # One may be of before that which was taken for the first.
            self._positions = self._expected()

    def _expected(self) -> dict[str, Decimal]:
        """Fills are told of every dex, positions of those that are followed."""
        found, follows = self._parts.fills.expected(), self._parts.follows
        self._elsewhere = {one: found[one] for one in found if not follows(one)}
        return {one: found[one] for one in found if follows(one)}

    def _recorded(self, told: Sequence[Fill]) -> Sequence[Fill]:
        """Those that are new. A commit that is told as failed may have been done: what
        it kept is then not new to the store, but to everybody else."""
        fills = self._parts.fills
        if self._is_store_doubtful:
            self._positions = None
            self._new += fills.recent(_PAGE)
            self._is_store_doubtful = False
        try:
            return fills.record(told)
        except DependencyError:
            self._is_store_doubtful = True
            raise

    def _hear_fill(self, fill: Fill) -> None:
        newest_ms = self._newest_ms.get(fill.symbol, 0)
        self._newest_ms[fill.symbol] = max(newest_ms, fill.time_ms)
        total = self._filled.get(fill.oid, ZERO) + fill.quantity
        self._filled[fill.oid] = total
        awaited = self._awaited.get(fill.oid)
        if awaited is not None and awaited.total is not None and total >= awaited.total:
            del self._awaited[fill.oid]
        while len(self._filled) > _MOST_REMEMBERED:
            del self._filled[next(iter(self._filled))]

    def _hear_order(self, report: OrderReport) -> None:
        self._awaited.pop(report.oid, None)
        self._await_fills(report.oid, report.symbol, report.filled)
        known = self._orders.pop(report.oid, None)
        if report.phase is not OrderPhase.WORKING:
            return
        if known is None:
            self.doubt()  # somebody else's, or one of which nobody heard the answer
        else:
            # The stream leaves out at which price an order is triggered.
            self._orders[report.oid] = msgspec.structs.replace(
                known,
                remaining=report.remaining,
                status=report.status,
                status_ms=report.status_ms,
            )

    def _await_fills(self, oid: int, symbol: str, total: Decimal) -> None:
        if self._filled.get(oid, ZERO) < total:
            self._awaited[oid] = _Awaited(symbol, total, self._patience())

    def _is_awaited(self, oid: int, one: _Awaited) -> bool:
        """After a reading, which may be of before the order: an answer may be some
        seconds old. Without a stream nobody tells the end of an order."""
        is_told = one.total is not None or self._parts.news.is_live
        is_told = is_told or oid in self._sent_at
        return is_told and one.until > self._parts.clock.monotonic()

    def _patience(self) -> float:
        return self._parts.clock.monotonic() + _AWAITED_SECS

    def _left_of(self, report: OrderReport) -> OrderReport:
        """By whichever says more of it is filled: the order, or its fills."""
        filled = max(report.filled, self._filled.get(report.oid, ZERO))
        left = max(ZERO, report.quantity - filled)
        return msgspec.structs.replace(report, remaining=left)

    def _give_up_waiting(self) -> None:
        now = self._parts.clock.monotonic()
        if any(one.until < now for one in self._awaited.values()):
            self.doubt()

    def _differences(
        self, account: AccountRead, dexes: Mapping[str, str]
    ) -> partial_reading.Differences:
        held, known = self._positions or {}, self.difference
        return partial_reading.differences(held, account, known=known, dexes=dexes)

    def _has_begun_anew(self) -> bool:
        """A simulated exchange that knows not one of the newest fills is another."""
        if not self._parts.is_simulated:
            return False
        known = {one.tid for one in self._parts.fills.recent(_PAGE)}
        return known.isdisjoint(one.tid for one in self._parts.desk.fills(0))

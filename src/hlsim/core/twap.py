"""TWAP orders: one slice every 30 s, each a market order within 3 % (§3.2).

A slice that could not trade whole is caught up with by later ones, of at most three
times the usual size. How the real exchange varies a randomized one is not known: here a
slice is up to a fifth smaller or larger.
"""

from dataclasses import dataclass

import msgspec

from hlsim.core.desk import OrderDesk
from hlsim.core.execution import Moment
from hlsim.core.journal import TwapState, TwapStatus
from hlsim.core.numbers import USD, floor_to_tick
from hlsim.core.orders import E8, Filled, Order, Tif
from hlsim.core.pit import Pit
from hlsim.core.rng import draw, stream

SLICE_MS = 30_000
_SLICES_A_MINUTE = 2
_SHORTEST, _LONGEST = 5, 1440
_PER_MINUTE = 10 * USD
_CATCH_UP = 3
_SLIPPAGE_PCT = 3
_NEVER_PLACED = "TWAP was never placed, already canceled, or filled."


class TwapRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A TWAP as it was asked for; the size in 10**-8."""

    asset: int
    is_buy: bool
    sz_e8: int
    reduce_only: bool
    minutes: int
    randomize: bool


@dataclass(slots=True, kw_only=True)
class Twap:
    """A running TWAP."""

    id: int
    user: str
    request: TwapRequest
    sz: int
    began_ms: int
    slices_done: int = 0
    executed_sz: int = 0
    executed_ntl: int = 0
    status: TwapStatus = TwapStatus.ACTIVATED

    @property
    def slices(self) -> int:
        """How many slices it has."""
        return self.request.minutes * _SLICES_A_MINUTE


class TwapDesk:
    """Takes, runs and ends TWAP orders."""

    def __init__(self, pit: Pit, desk: OrderDesk, seed: int) -> None:
        """Send slices through ``desk``."""
        self._market = pit.market
        self._journal = pit.journal
        self._ids = pit.ids
        self._timers = pit.timers
        self._desk = desk
        self._noise = stream(seed, 0x7A)
        self._running: dict[int, Twap] = {}
        self._last_id = 0

    def place(self, user: str, request: TwapRequest, now_ms: int) -> int | str:
        """Start a TWAP; returns its id, or the wire's error."""
        instrument = self._market.universe[request.asset]
        if not _SHORTEST <= request.minutes <= _LONGEST:
            return f"Invalid TWAP duration: {request.minutes} min(s)"
        lot = 10 ** (E8 - instrument.sz_decimals)
        if request.sz_e8 % lot or not request.sz_e8:
            return "Order has invalid size."
        sz = request.sz_e8 // lot
        least = _PER_MINUTE * request.minutes
        if sz * self._market.mark_px(request.asset, now_ms) < least:
            dollars = least // USD
            return (
                f"TWAP order value too small. Min is ${dollars},"
                " which is $10 per minute."
            )
        self._last_id += 1
        twap = Twap(
            id=self._last_id, user=user, request=request, sz=sz, began_ms=now_ms
        )
        self._running[twap.id] = twap
        self._tell(twap, now_ms)
        self._timers.at(now_ms, lambda due_ms: self._slice(twap, due_ms))
        return twap.id

    def cancel(self, user: str, twap_id: int, now_ms: int) -> str | None:
        """End a TWAP; returns the wire's error if it does not run."""
        twap = self._running.get(twap_id)
        if twap is None or twap.user != user:
            return _NEVER_PLACED
        self._end(twap, TwapStatus.TERMINATED, now_ms)
        return None

    def running(self, user: str) -> list[TwapState]:
        """Return a user's running TWAPs."""
        return [
            _state(one, one.began_ms)
            for one in self._running.values()
            if one.user == user
        ]

    def _slice(self, twap: Twap, due_ms: int) -> None:
        if twap.status is not TwapStatus.ACTIVATED:
            return
        twap.slices_done += 1
        size = self._size(twap)
        if size:
            self._send(twap, size, due_ms)
        if twap.executed_sz >= twap.sz or twap.slices_done >= twap.slices:
            self._end(twap, TwapStatus.FINISHED, due_ms)
            return
        self._timers.at(due_ms + SLICE_MS, lambda at: self._slice(twap, at))

    def _size(self, twap: Twap) -> int:
        usual = -(-twap.sz // twap.slices)
        behind = twap.sz * twap.slices_done // twap.slices - twap.executed_sz
        size = min(max(behind, 0), _CATCH_UP * usual)
        if twap.request.randomize:
            noise = draw(self._noise, twap.id * _LONGEST * 2 + twap.slices_done) % 41
            size = size * (80 + noise) // 100
        if twap.slices_done == twap.slices:
            size = min(twap.sz - twap.executed_sz, _CATCH_UP * usual)
        return min(size, twap.sz - twap.executed_sz)

    def _send(self, twap: Twap, size: int, now_ms: int) -> None:
        request = twap.request
        decimals = self._market.universe[request.asset].px_decimals
        mark = self._market.mark_px(request.asset, now_ms)
        sign = 1 if request.is_buy else -1
        px = floor_to_tick(mark * (100 + sign * _SLIPPAGE_PCT) // 100, decimals)
        order = Order(
            oid=self._ids.oid(),
            user=twap.user,
            asset=request.asset,
            is_buy=request.is_buy,
            px=max(px, 1),
            sz=size,
            orig_sz=size,
            time_ms=now_ms,
            tif=Tif.FRONTEND_MARKET,
            reduce_only=request.reduce_only,
            twap_id=twap.id,
        )
        at = Moment(now_ms, self._ids.tx_hash())
        outcome = self._desk.take(order, at)
        if isinstance(outcome, Filled):
            twap.executed_sz += outcome.total_sz
            twap.executed_ntl += outcome.cost

    def _end(self, twap: Twap, status: TwapStatus, now_ms: int) -> None:
        twap.status = status
        del self._running[twap.id]
        self._tell(twap, now_ms)

    def _tell(self, twap: Twap, now_ms: int) -> None:
        self._journal.twap(_state(twap, now_ms))


def _state(twap: Twap, now_ms: int) -> TwapState:
    request = twap.request
    return TwapState(
        user=twap.user,
        twap_id=twap.id,
        asset=request.asset,
        is_buy=request.is_buy,
        sz=twap.sz,
        executed_sz=twap.executed_sz,
        executed_ntl=twap.executed_ntl,
        minutes=request.minutes,
        reduce_only=request.reduce_only,
        randomize=request.randomize,
        time_ms=twap.began_ms,
        status=twap.status,
        updated_ms=now_ms,
    )

"""Process: the only one that holds a key; one for each account.

Cycle after cycle: what is wanted, against what is there. A halt cancels what rests and
takes no new risk; exits go through.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from threet import bootstrap
from threet.bootstrap import trading
from threet.bootstrap.trading import OrderGatewayParts
from threet.components.lifecycle import live
from threet.execution.netting import net
from threet.model.errors import DependencyError, ExchangeError
from threet.model.money import EquityVerdict
from threet.ports.halt_store import KILL_SWITCH

_log = structlog.get_logger(__name__)
_NOTHING_RESTED_SECS = 60.0


@dataclass(slots=True)
class OrderGateway:
    parts: OrderGatewayParts
    _cycles: int = 0
    _orders: int = 0
    _failures: int = 0
    _refusals: int = 0
    _look_at: float = 0.0
    _state: str = "starting"
    _last: dict[str, str] = field(default_factory=dict)

    async def run(self) -> None:
        clock = self.parts.process.clock
        await self._begin()
        while True:
            if await self._priced():
                await self._try(self._cycle)
            await clock.sleep(self.parts.every_secs)

    def figures(self) -> Mapping[str, int | float | str]:
        return {
            "cycles": self._cycles,
            "orders": self._orders,
            "refusals": self._refusals,
            "cycle_failures": self._failures,
            "mismatches": len(self.parts.gateway.mismatch),
            "state": self._state,
            **self._equity(),
        }

    def _equity(self) -> Mapping[str, float]:
        """Nothing while nobody knows whether the account is explained."""
        check = self.parts.ledger.last
        if check is None:
            return {}
        is_off = check.verdict is EquityVerdict.DIFFERS
        return {"equity_gap": float(check.difference), "equity_off": int(is_off)}

    async def _begin(self) -> None:
        while not await self._try(self.parts.gateway.start):
            await self.parts.process.clock.sleep(self.parts.every_secs)

    async def _priced(self) -> bool:
        try:
            self.parts.quotes.note(await self.parts.live.newest_prices())
        except DependencyError as error:
            self._waits(error)
            return False
        return True

    async def _try(self, work: Callable[[], None]) -> bool:
        try:
            await asyncio.to_thread(work)
        except (DependencyError, ExchangeError) as error:
            self._waits(error)
            return False
        return True

    def _waits(self, error: Exception) -> None:
        self._failures += 1
        self._state = f"waits: {error}"
        _log.warning("gateway_waits", reason=str(error))

    def _cycle(self) -> None:
        halts = self.parts.halts.halts()
        self._state = "; ".join(one.reason for one in halts) or "trading"
        if any(one.cause == KILL_SWITCH for one in halts):
            self._cancel_what_rests()
        else:
            self._look_at = 0.0
        wanted = net(self.parts.decisions.targets())
        for done in self.parts.gateway.cycle(wanted):
            if self._last.get(done.symbol) != done.what:
                self._last[done.symbol] = done.what
                _log.info("reconciled", symbol=done.symbol, what=done.what)
            self._orders += done.is_order
            self._refusals += done.is_refused
            if done.is_refused:
                _log.error("order_refused", symbol=done.symbol, reason=done.what)
        self._cycles += 1

    def _cancel_what_rests(self) -> None:
        """Until nothing does; then looked at once a minute, for a look costs weight."""
        now = self.parts.process.clock.monotonic()
        if now < self._look_at:
            return
        canceled = self.parts.gateway.cancel_all()
        for done in canceled:
            _log.warning("canceled", symbol=done.symbol, what=done.what)
        if not canceled:
            self._look_at = now + _NOTHING_RESTED_SECS


@bootstrap.telling_refusals()
def main() -> None:
    async def process() -> None:
        parts = trading.order_gateway()
        gateway = OrderGateway(parts)
        await live(parts.process, gateway.run(), figures=gateway.figures)

    asyncio.run(process())


if __name__ == "__main__":
    main()

"""Process: the only one that holds a key; one for each account.

Cycle after cycle: what is wanted, against what is there. A halt takes no new risk;
exits go through. It wakes for news of the account and for new targets, and each second.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from threet import bootstrap
from threet.bootstrap.order_gateway import OrderGatewayParts, order_gateway
from threet.components.gateway_journal import GatewayJournal
from threet.components.lifecycle import live
from threet.execution.gateway import Gateway
from threet.execution.netting import flat, net
from threet.execution.wishes import Wanted
from threet.model.errors import ConfigurationError, DependencyError, ExchangeError
from threet.model.events import TargetsDecided
from threet.model.money import EquityVerdict
from threet.model.orders import Fill, OrderReport
from threet.ports.account_feed import ReconcileNow
from threet.ports.halt_store import FLATTEN, KILL_SWITCH, Halt

_log = structlog.get_logger(__name__)
_TARGETS = "targets:decided"
_MOST_PAUSE_SECS = 15.0
_PRICED_EVERY_SECS = 1.0
_SWEEP_AGAIN_SECS = 60.0
# How often it is asked whether the key may trade still, and how soon again if nobody
# answered.
_RIGHTS_EVERY_SECS = 12 * 3_600.0
_RIGHTS_AGAIN_SECS = 60.0


@dataclass(slots=True)
class OrderGateway:
    parts: OrderGatewayParts
    _journal: GatewayJournal = field(init=False)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _nudged: set[str] = field(default_factory=set)  # symbols that are wanted otherwise
    _priced_at: float = float("-inf")
    _gateway: Gateway | None = None
    _killed: frozenset[str] = frozenset()
    _is_swept: bool = False
    _sweep_at: float = float("-inf")
    _cycles: int = 0
    _failures: int = 0
    _state: str = "starting"

    def __post_init__(self) -> None:
        self._journal = GatewayJournal(self.parts)

    async def run(self) -> None:
        # Heard from the beginning on, its first reading need not be made twice.
        beside = [
            asyncio.create_task(self._listen()),
            asyncio.create_task(self._follow_targets()),
        ]
        try:
            gateway = await self._opened()
            beside.append(asyncio.create_task(self._keep_rights()))
            while not any(task.done() for task in beside):
                self._wake.clear()
                await self._price()
                await self._try(lambda: self._cycle(gateway))
                await self._rest()
        finally:
            for task in beside:
                task.cancel()
            endings = await asyncio.gather(*beside, return_exceptions=True)
        for ended in endings:  # none ends by itself: what ended it is told
            if isinstance(ended, Exception):
                raise ended

    def figures(self) -> Mapping[str, int | float | str]:
        gateway = self._gateway
        return {
            "cycles": self._cycles,
            "cycle_failures": self._failures,
            "mismatches": 0 if gateway is None else len(gateway.mismatch),
            "is_live": int(self.parts.news.is_live),
            "state": self._state,
            **self._journal.figures(),
            **self._equity(),
        }

    def _equity(self) -> Mapping[str, float]:
        """Nothing while nobody knows whether the account is explained."""
        check = self.parts.ledger.last
        if check is None:
            return {}
        is_off = check.verdict is EquityVerdict.DIFFERS
        return {"equity_gap": float(check.difference), "equity_off": int(is_off)}

    async def _opened(self) -> Gateway:
        """Raises ``ConfigurationError`` for a key that may not trade (O12)."""
        pause = self.parts.every_secs
        while not await self._try(self._open):
            await self.parts.process.clock.sleep(pause)
            # Each try asks for much: one a second would use up the budget for good.
            pause = min(2 * pause, _MOST_PAUSE_SECS)
        if self._gateway is None:
            raise AssertionError("_open sets it, or raises")
        return self._gateway

    def _open(self) -> None:
        rights = self.parts.rights.at_start()
        if self.parts.rights.is_confirmed:  # else it is told when it is
            self._journal.rights(rights)
        gateway = self.parts.opened(rights)
        gateway.start()
        self._journal.stopped(self.parts.fills.recent(1_000))
        self._gateway = gateway

    async def _keep_rights(self) -> None:
        """Who began by memory is refused as its start would have been, if it comes to
        that; later it is told, and the exchange refuses the orders."""
        clock, rights = self.parts.process.clock, self.parts.rights
        pause = _RIGHTS_EVERY_SECS if rights.is_confirmed else 0.0
        while True:
            await clock.sleep(pause)
            pause = _RIGHTS_EVERY_SECS
            try:
                await asyncio.to_thread(self._confirm)
            except (DependencyError, ExchangeError) as error:
                _log.info("rights_unconfirmed", reason=str(error))
                pause = _RIGHTS_AGAIN_SECS

    def _confirm(self) -> None:
        is_told = self.parts.rights.is_confirmed
        try:
            self._journal.rights(self.parts.rights.confirmed())
        except ConfigurationError as error:
            self._journal.refused_key("; ".join(error.reasons))
            if not is_told:
                raise

    async def _listen(self) -> None:
        await self.parts.feed.run(self.parts.address, self._hear, self._reconcile)

    def _hear(self, told: Sequence[OrderReport | Fill]) -> None:
        self.parts.news.hear(told)
        self._wake.set()

    def _reconcile(self, asked: ReconcileNow) -> None:
        del asked
        self.parts.news.missed()
        self._wake.set()

    async def _follow_targets(self) -> None:
        """A nudge that is lost costs a second: targets are read in every cycle."""
        while True:
            with suppress(DependencyError):
                async with self.parts.live.follow([_TARGETS]) as batches:
                    async for batch in batches:
                        for one in batch:
                            if isinstance(one.event, TargetsDecided):
                                self._nudged |= set(one.event.symbols)
                        self._wake.set()
            await self.parts.process.clock.sleep(1.0)

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self.parts.every_secs):
                await self._wake.wait()

    async def _price(self) -> None:
        """Every price each second; between, those of what is wanted otherwise.

        Without, what is known grows old until nothing is added on it; fills, cancels,
        stops and ways out go on.
        """
        live, quotes = self.parts.live, self.parts.quotes
        now = self.parts.process.clock.monotonic()
        nudged, self._nudged = self._nudged, set()
        try:
            if now - self._priced_at < _PRICED_EVERY_SECS:
                quotes.update(await live.prices_of(nudged))
            else:
                quotes.note(await live.newest_prices())
                self._priced_at = now
        except DependencyError as error:
            self._waits(error)

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

    def _cycle(self, gateway: Gateway) -> None:
        halts = self.parts.halts.halts()
        reasons = dict.fromkeys(one.reason for one in halts)
        self._state = "; ".join(reasons) or "trading"
        self._heed(halts, gateway)
        self._journal.stopped(gateway.observe())
        if self._killed:
            self._journal.note(gateway.cancel_quotes())
        if self._journal.note(gateway.act(self._wanted(halts, gateway))):
            self._journal.note(gateway.act(self._wanted(halts, gateway)))
        for one in halts:
            if one.cause == FLATTEN:
                self._journal.flattened(one.reason)
                self._sweep(gateway)
        if not gateway.unread:  # what stands on the page grows old, and says so
            self._journal.seen(gateway.reading.orders)
        self._journal.unread(gateway.unread)
        self._journal.differences(gateway.mismatch)
        self._journal.strangers(gateway.strangers)
        self._cycles += 1

    def _sweep(self, gateway: Gateway) -> None:
        """Once it is flat; where too little was ever traded the exchange refuses."""
        now = self.parts.process.clock.monotonic()
        if self._is_swept or now < self._sweep_at or not gateway.is_flat:
            return
        self._is_swept = gateway.sweep()
        self._sweep_at = now + _SWEEP_AGAIN_SECS
        if self._is_swept:
            _log.warning("swept", what="the exchange cancels what may still arrive")

    def _heed(self, halts: Sequence[Halt], gateway: Gateway) -> None:
        """What is killed now is looked at as it is now."""
        causes = {one.cause for one in halts}
        killed = frozenset(causes & {KILL_SWITCH, FLATTEN})
        if killed - self._killed:
            gateway.doubt()
            self._is_swept, self._sweep_at = False, float("-inf")
        self._killed = killed

    def _wanted(self, halts: Sequence[Halt], gateway: Gateway) -> Mapping[str, Wanted]:
        wanted = net(self.parts.decisions.targets())
        for one in halts:
            if one.cause == FLATTEN:
                held = gateway.reading.positions
                return flat(wanted, held, f"flatten/{one.since_ms}")
        return wanted


@bootstrap.telling_refusals()
def main() -> None:
    async def process() -> None:
        parts = order_gateway()
        gateway = OrderGateway(parts)
        await live(parts.process, gateway.run(), figures=gateway.figures)

    asyncio.run(process())


if __name__ == "__main__":
    main()

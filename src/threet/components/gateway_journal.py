"""What the gateway did, for whoever asks why: journal, log, page, alerts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import structlog

from threet.accounts.authority import Authority
from threet.bootstrap.order_gateway import OrderGatewayParts
from threet.execution.stop_outs import RUN, closed, stop_outs, stopped_out
from threet.execution.wishes import Done
from threet.model.decisions import Decision
from threet.model.events import AlertRaised
from threet.model.orders import Fill, OrderReport
from threet.ports.halt_store import LIQUIDATION

_log = structlog.get_logger(__name__)
_SEEN_AGAIN_MS = 30_000


@dataclass(slots=True)
class GatewayJournal:
    """Writes in the gateway's thread, except for what the key may do. Each method
    raises ``DependencyError``.

    ``said`` is by symbol what became of it in the last cycle that had a word of it.
    """

    parts: OrderGatewayParts
    said: dict[str, str] = field(default_factory=dict)
    _last: dict[str, str] = field(default_factory=dict)
    _seen: Sequence[OrderReport] | None = None
    _seen_ms: int = 0
    _differing: frozenset[str] = frozenset()
    _strangers: frozenset[str] = frozenset()
    _unread: frozenset[str] = frozenset()
    _orders: int = 0
    _fills: int = 0
    _untold: list[Fill] = field(default_factory=list)
    _refusals: int = 0

    def figures(self) -> Mapping[str, int | float | str]:
        return {
            "orders": self._orders,
            "fills": self._fills,
            "refusals": self._refusals,
        }

    def note(self, done: Sequence[Done]) -> bool:
        """What is news: the same word about a symbol is written once. Whether a wish
        ended, which the next cycle has to act on."""
        has_ended = False
        for one in done:
            has_ended |= one.ends_wish and self._end(one)
            self._orders += one.is_order
            self._refusals += one.is_refused
            if one.is_refused:
                _log.error("order_refused", symbol=one.symbol, reason=one.what)
            if one.is_vanished:
                self.alert("order_vanished", f"{one.symbol}: {one.what}")
            self.said[one.symbol] = one.what
            if self._last.get(one.symbol) == (word := _word(one)):
                continue
            self._last[one.symbol] = word
            _log.info("reconciled", symbol=one.symbol, what=one.what)
            if one.is_order or one.verdicts:
                self._record(one)
        return has_ended

    def stopped(self, fills: Sequence[Fill]) -> None:
        """New fills: those that end a wish end it, here and over a restart. What is cut
        short is done by the next call: nobody else is told of them."""
        self._fills += len(fills)
        self._untold += fills
        for fill, because in stop_outs(self._untold, self.parts.intents.by_cloid):
            self._stop_out(fill, because)
        self._untold.clear()
        if fills:
            self.parts.relay()

    def _stop_out(self, fill: Fill, because: str) -> None:
        """The halt first: what is known of the fill is not looked at again."""
        now_ms = self.parts.process.clock.now_ms()
        decision = stopped_out(fill, because, now_ms)
        if self.parts.decisions.knows(decision.decision_id):
            return
        if fill.is_liquidation:
            reason = f"{fill.symbol} was liquidated: {fill.quantity} at {fill.price}"
            self.parts.halts.halt(LIQUIDATION, reason, now_ms)
            self.alert("liquidated", reason)
        self.parts.decisions.stop_out(fill.symbol, fill.time_ms, decision)
        _log.warning("stopped_out", symbol=fill.symbol, because=because)

    def rights(self, found: Authority) -> None:
        """What the exchange says that the key may do."""
        if found.expires_soon(self.parts.process.clock.now_ms()):
            self.alert("agent_expires", "the agent's approval ends within 14 days")

    def refused_key(self, reason: str) -> None:
        """While it trades: positions and stops stand, and nothing more is taken."""
        _log.error("key_refused", reason=reason)
        self.alert("key_refused", reason)

    def flattened(self, because: str) -> None:
        """Nobody wants any longer what he wanted before all was closed: whoever resumes
        waits for what is decided then."""
        standing = self.parts.decisions.targets()
        for symbol in sorted(
            {one.granted.symbol for one in standing if one.granted.quantity}
        ):
            now_ms = self.parts.process.clock.now_ms()
            decision = closed(symbol, f"everything is closed: {because}", now_ms)
            self.parts.decisions.stop_out(symbol, now_ms, decision)

    def seen(self, orders: Sequence[OrderReport]) -> None:
        """For the page; written when something changed, and before it looks old."""
        now = sorted(orders, key=lambda one: one.oid)
        now_ms = self.parts.process.clock.now_ms()
        if now != self._seen or now_ms - self._seen_ms > _SEEN_AGAIN_MS:
            self.parts.orders.replace(now, now_ms)
            self._seen, self._seen_ms = now, now_ms

    def differences(self, found: Mapping[str, tuple[Decimal, Decimal]]) -> None:
        """Each once, when it appears (I2)."""
        for symbol in found.keys() - self._differing:
            fills, position = found[symbol]
            reason = (
                f"{symbol}: the fills sum up to {fills}, the position is {position}"
            )
            _log.error("positions_differ", symbol=symbol, reason=reason)
            self.alert("positions_differ", reason)
        self._differing = frozenset(found)

    def unread(self, found: Mapping[str, str]) -> None:
        """Each builder dex once, when it begins."""
        for dex in found.keys() - self._unread:
            reason = (
                f"the account on {dex} cannot be read ({found[dex]}): nothing is sent"
                " there, and nothing is added anywhere; ways out of other dexes go on"
            )
            _log.warning("dex_unread", dex=dex, reason=reason)
            self.alert("dex_unread", reason)
        for dex in self._unread - found.keys():
            _log.info("dex_read_again", dex=dex)
        self._unread = frozenset(found)

    def strangers(self, found: Mapping[str, str]) -> None:
        """Each once, when it appears."""
        for symbol in found.keys() - self._strangers:
            reason = (
                f"{symbol}: an order works that 3T cannot cancel ({found[symbol]}):"
                " cancel it by hand; what adds waits for it, what reduces does not"
            )
            _log.warning("foreign_order", symbol=symbol, reason=reason)
            self.alert("foreign_order", reason)
        self._strangers = frozenset(found)

    def _end(self, one: Done) -> bool:
        now_ms = self.parts.process.clock.now_ms()
        decision = closed(one.symbol, one.what, now_ms)
        return self.parts.decisions.stop_out(one.symbol, now_ms, decision)

    def _record(self, one: Done) -> None:
        now_ms = self.parts.process.clock.now_ms()
        event = f"gateway {one.symbol} {now_ms}"
        decision = Decision(
            decision_id=f"{RUN}/{event}",
            run=RUN,
            event=event,
            at_ms=now_ms,
            because=one.what,
            values={"decision": one.decision_id} if one.decision_id else {},
            verdicts=tuple(one.verdicts),
        )
        self.parts.decisions.record(decision, {})

    def alert(self, name: str, message: str) -> None:
        self.parts.alert(
            AlertRaised(
                received_ns=self.parts.process.clock.now_ns(),
                name=name,
                source="order_gateway",
                message=message,
                count=1,
                window_secs=0,
            )
        )


def _word(done: Done) -> str:
    """What makes it another one: of a gate's refusal its numbers move with each price,
    which is no news of the same wish."""
    gates = [one.gate for one in done.verdicts if not one.passed]
    return f"{done.decision_id} {gates}" if gates else done.what

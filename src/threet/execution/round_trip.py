"""A safe order there and back: it rests far from the market, and is taken away again.

It goes the way of every order: committed as an intent, its nonce from the database,
settled by evidence. It is post-only at half the price, so nothing is bought unless the
market falls by half within the second.
"""

from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from threet.execution.rounding import LEAST_NOTIONAL, price_for
from threet.execution.settling import Settling
from threet.model.errors import ThreeTError
from threet.model.findings import Finding, fail, ok, unknown
from threet.model.intents import IntentState, OrderIntent
from threet.model.orders import OrderPhase, OrderSpec, Side, TimeInForce
from threet.ports.clock import Clock
from threet.ports.intent_store import Draft, IntentStore
from threet.ports.order_desk import Accepted, Found, OrderDesk, Ticket

_NAME = "round trip"
_LIVES_MS = 15_000
# Within the 80 % of the reference that the exchange allows, and far from the market.
_FAR = Decimal("0.5")
# Above the least, so that rounding and a moving price do not undercut it.
_NOTIONAL = LEAST_NOTIONAL * Decimal("1.1")
_QUESTIONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrip:
    clock: Clock
    desk: OrderDesk
    intents: IntentStore

    def travel(self, symbol: str, mark: Decimal, decimals: int) -> Finding:
        """Raises ``DependencyError`` before anything is sent."""
        spec = far_order(symbol, mark, decimals)
        now_ms = self.clock.now_ms()
        draft = Draft(intent_id=f"doctor/{symbol}/{now_ms}", run="doctor", spec=spec)
        (intent,) = self.intents.prepare([draft], now_ms=now_ms, lives_ms=_LIVES_MS)
        began = self.clock.monotonic()
        settled = self._settled(intent)
        placed_ms = (self.clock.monotonic() - began) * 1000
        what = f"{spec.quantity:f} {symbol} at {spec.limit_price:f}"
        match settled.state:
            case IntentState.LANDED:
                return self._taken_away(
                    settled, f"{what}: rested in {placed_ms:.0f} ms"
                )
            case IntentState.OPEN:
                words = f"{what}: it is not known whether it landed; asked often"
                return unknown(_NAME, words, "the gateway settles it at its start")
            case _:
                reason = f"{what}: {settled.reason}"
                return fail(_NAME, reason, "see collateral, agent and product above")

    def _settled(self, intent: OrderIntent) -> OrderIntent:
        settling = Settling(self.desk, self.intents)
        ticket = Ticket(
            spec=intent.spec,
            cloid=intent.cloid,
            nonce=intent.nonce,
            expires_ms=intent.expires_ms,
        )
        (outcome,) = self.desk.place([ticket])
        known = settling.sent(intent, outcome)
        for _ in range(_QUESTIONS):
            if known.state.is_settled:
                break
            for one in settling.advance():
                known = one
        return known

    def _taken_away(self, intent: OrderIntent, what: str) -> Finding:
        symbol, cloid = intent.spec.symbol, intent.cloid
        remedy = f"cancel it by hand at the exchange: {symbol}, cloid {cloid}"
        try:
            found = self.desk.look_up(cloid)
            began = self.clock.monotonic()
            nonce = self.intents.next_nonce(self.clock.now_ms())
            (outcome,) = self.desk.cancel([(symbol, cloid)], nonce)
            took_ms = (self.clock.monotonic() - began) * 1000
            after = self.desk.look_up(cloid)
        except ThreeTError as error:
            return unknown(_NAME, f"{what}; then {error}", remedy)
        if not isinstance(found, Found):
            return fail(_NAME, f"{what}, but is not found by its cloid", remedy)
        if not isinstance(after, Found) or after.report.phase is OrderPhase.WORKING:
            words = f"{what}, but its cancel did not end it"
            reason = "" if isinstance(outcome, Accepted) else f": {outcome.reason}"
            return fail(_NAME, words + reason, remedy)
        if after.report.filled:
            words = f"{what}, and was filled: {after.report.filled:f}"
            return fail(_NAME, words, f"close the position of {symbol}")
        return ok(_NAME, f"{what}, found, canceled in {took_ms:.0f} ms, gone")


def far_order(symbol: str, mark: Decimal, decimals: int) -> OrderSpec:
    """The least that may be sent, bought at half the price, post-only."""
    price = price_for(Side.BUY, mark * _FAR, decimals, is_bound=False)
    step = Decimal(1).scaleb(-decimals)
    return OrderSpec(
        symbol=symbol,
        side=Side.BUY,
        quantity=(_NOTIONAL / price).quantize(step, rounding=ROUND_UP),
        limit_price=price,
        time_in_force=TimeInForce.ALO,
    )

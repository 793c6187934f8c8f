"""What a card works with: an order desk, nonces, time, and ears for the account."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal

from threet.execution.round_trip import far_order
from threet.execution.rounding import LEAST_NOTIONAL, price_for
from threet.model.intents import cloid_of
from threet.model.orders import OrderPhase, OrderSpec, Side, TimeInForce
from threet.ports.clock import Clock
from threet.ports.identity import Agent
from threet.ports.order_desk import Accepted, Found, OrderDesk, Outcome, Ticket

LIVES_MS = 15_000
_BOUND = Decimal("0.03")


@dataclass(frozen=True, slots=True)
class Seen:
    """``is_passed`` is None where the card only looks, and a person judges."""

    is_passed: bool | None
    lines: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """``stranger`` is a desk for the same account by a key that nobody approved;
    ``reconnect`` gives up every connection there is; ``heard`` does something while
    the account's streams are listened to, and returns what they told, in order."""

    clock: Clock
    desk: OrderDesk
    stranger: OrderDesk
    next_nonce: Callable[[], int]
    server_ms: Callable[[], int]
    agents: Callable[[], Sequence[Agent]]
    mark: Callable[[], Decimal]
    wait: Callable[[float], None]
    reconnect: Callable[[], None]
    cancel_number: Callable[[int], Outcome]
    heard: Callable[[Callable[[], None]], Sequence[str]]
    symbol: str
    decimals: int
    _cloids: list[str] = field(default_factory=list)

    def far(self) -> OrderSpec:
        return far_order(self.symbol, self.mark(), self.decimals)

    def crossing(self, side: Side, *, reduce_only: bool = False) -> OrderSpec:
        """The least that trades at once."""
        mark, step = self.mark(), Decimal(1).scaleb(-self.decimals)
        worst = mark * (1 + _BOUND * side.sign)
        notional = LEAST_NOTIONAL * Decimal("1.2")
        return OrderSpec(
            symbol=self.symbol,
            side=side,
            quantity=(notional / mark).quantize(step, rounding=ROUND_UP),
            limit_price=price_for(side, worst, self.decimals, is_bound=True),
            time_in_force=TimeInForce.IOC,
            reduce_only=reduce_only,
        )

    def ticket(
        self,
        spec: OrderSpec,
        *,
        nonce: int | None = None,
        cloid: str | None = None,
        expires_ms: int | None = None,
    ) -> Ticket:
        nonce = self.next_nonce() if nonce is None else nonce
        cloid = cloid or cloid_of(f"acceptance/{self.next_nonce()}")
        self._cloids.append(cloid)
        expires_ms = expires_ms or self.clock.now_ms() + LIVES_MS
        return Ticket(spec=spec, cloid=cloid, nonce=nonce, expires_ms=expires_ms)

    def place(self, ticket: Ticket, desk: OrderDesk | None = None) -> Outcome:
        (outcome,) = (desk or self.desk).place([ticket])
        return outcome

    def cancel(self, cloid: str) -> Outcome:
        (outcome,) = self.desk.cancel([(self.symbol, cloid)], self.next_nonce())
        return outcome

    def status(self, cloid: str) -> str | None:
        """The exchange's word for the order; None if it knows none."""
        found = self.desk.look_up(cloid)
        return found.report.status if isinstance(found, Found) else None

    def rests(self, cloid: str) -> bool:
        found = self.desk.look_up(cloid)
        if not isinstance(found, Found):
            return False
        return found.report.phase is OrderPhase.WORKING

    def resting(self, cloid: str) -> Sequence[int]:
        """The numbers of all orders of this cloid that rest."""
        found = self.desk.open_orders()
        return [one.oid for one in found if one.cloid == cloid]

    def tidy(self) -> Sequence[int]:
        """Cancel what a card left, by its number: a cloid may name several. Returns
        what could not be canceled."""
        resting = self.desk.open_orders()
        mine = [one.oid for one in resting if one.cloid in set(self._cloids)]
        return [
            oid for oid in mine if not isinstance(self.cancel_number(oid), Accepted)
        ]


def told(outcome: Outcome) -> str:
    """An answer in words."""
    if isinstance(outcome, Accepted):
        return f"accepted, oid {outcome.oid}"
    return f"{type(outcome).__name__.lower()}: {outcome.reason}"

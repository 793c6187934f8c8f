"""The one writer of an account: what is wanted becomes orders, and nothing doubles.

One cycle after the other: settle what is open, read the account, compare, act. Each
product has one order under way at most, and the next only after a reading that began
when the one before was settled.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from threet.execution.reconciling import (
    Book,
    Cancel,
    Case,
    Manner,
    Place,
    Rest,
    Working,
    next_actions,
)
from threet.execution.settling import Settling
from threet.model.accounts import AccountState
from threet.model.decisions import Granted, Verdict
from threet.model.errors import DependencyError
from threet.model.numbers import ZERO
from threet.model.orders import OrderReport, OrderSpec, Side
from threet.ports.clock import Clock
from threet.ports.fill_store import FillStore
from threet.ports.intent_store import Draft, IntentStore
from threet.ports.order_desk import Accepted, OrderDesk, Refused, Ticket

# A page of fills is 2000 at most (F49).
_PAGE = 2_000
_MOST_PAGES = 20
_OVERLAP_MS = 60_000
# What nobody told is seen after so long at the latest.
_TRUSTED_MS = 60_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """By symbol: what all runs together may have, and by which decision."""

    granted: Granted
    decision_id: str
    run: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """Whether an order may be sent, with every gate's word."""

    is_approved: bool
    verdicts: Sequence[Verdict] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What a cycle did for one symbol, or why nothing."""

    symbol: str
    what: str
    is_order: bool = False
    is_refused: bool = False  # by the exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The account at one moment, as the exchange tells it."""

    account: AccountState
    orders: Sequence[OrderReport]

    def position(self, symbol: str) -> Decimal:
        for one in self.account.positions:
            if one.symbol == symbol:
                return one.quantity
        return ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayParts:
    """``approve`` is the account's risk gate; ``book`` and ``decimals`` are None where
    they are not known now."""

    clock: Clock
    desk: OrderDesk
    intents: IntentStore
    fills: FillStore
    read_account: Callable[[], AccountState]
    book: Callable[[str], Book | None]
    decimals: Callable[[str], int | None]
    approve: Callable[[OrderSpec, Reading], Approval]
    manner: Manner = field(default_factory=Manner)
    lives_ms: int = 15_000
    is_simulated: bool = False  # the exchange may begin anew, and forget everything


class Gateway:
    def __init__(self, parts: GatewayParts) -> None:
        self._parts = parts
        self._settling = Settling(parts.desk, parts.intents)
        self._last_ms: dict[str, int] = {}
        self._reading: Reading | None = None
        self._read_ms = 0
        self.mismatch: Mapping[str, tuple[Decimal, Decimal]] = {}

    def start(self) -> None:
        """Before anything else: what an earlier process left open (O6)."""
        self._settling.begin()

    def cycle(self, wanted: Mapping[str, Wanted]) -> Sequence[Done]:
        """Raises ``DependencyError`` and ``ExchangeError``; then nothing new was sent,
        and the next cycle begins anew.

        A reading costs the budget what an order does not: while the last one leaves
        nothing to do it is trusted for a minute, but nothing is sent on it.
        """
        if self._settling.advance():
            self._reading = None
        resting = self._at_rest(wanted)
        if resting is not None:
            return resting
        reading = self._read()
        self._compare(reading)
        self._reading, self._read_ms = reading, self._parts.clock.now_ms()
        return [self._act(symbol, one, reading) for symbol, one in wanted.items()]

    def _at_rest(self, wanted: Mapping[str, Wanted]) -> Sequence[Done] | None:
        """Why there is nothing to do by the last reading; None if there is."""
        reading = self._reading
        if reading is None or self._parts.clock.now_ms() - self._read_ms > _TRUSTED_MS:
            return None
        found = []
        for symbol, one in wanted.items():
            case = self._case(symbol, one, reading)
            for action in next_actions(case, self._parts.manner):
                if not isinstance(action, Rest):
                    return None
                found.append(Done(symbol, action.because))
        return found

    def cancel_all(self) -> Sequence[Done]:
        """Every order of ours that rests; what cannot be canceled is told."""
        return [
            self._cancel(one.symbol, one.cloid)
            for one in self._parts.desk.open_orders()
            if one.cloid is not None
        ]

    def _read(self) -> Reading:
        """Orders first and the account last, so that what is filled in between shows
        as a position, never twice as missing."""
        parts = self._parts
        orders = parts.desk.open_orders()
        self._keep_fills()
        return Reading(account=parts.read_account(), orders=orders)

    def _keep_fills(self) -> None:
        fills = self._parts.fills
        newest_ms = fills.newest_ms()
        since_ms = 0 if newest_ms is None else max(0, newest_ms - _OVERLAP_MS)
        for _ in range(_MOST_PAGES):
            told = self._parts.desk.fills(since_ms)
            fills.record(told)
            if len(told) < _PAGE:
                return
            since_ms = told[-1].time_ms

    def _compare(self, reading: Reading) -> None:
        """I2: the sum of fills is the position, or that product is not traded."""
        expected = self._parts.fills.expected()
        self.mismatch = {
            symbol: (quantity, reading.position(symbol))
            for symbol, quantity in expected.items()
            if quantity != reading.position(symbol)
        }
        if self.mismatch and self._has_begun_anew():
            self._parts.fills.forget()
            self.mismatch = {}

    def _has_begun_anew(self) -> bool:
        """A simulated exchange that knows not one of the newest fills is another."""
        if not self._parts.is_simulated:
            return False
        known = {one.tid for one in self._parts.fills.recent(_PAGE)}
        return known.isdisjoint(one.tid for one in self._parts.desk.fills(0))

    def _act(self, symbol: str, wanted: Wanted, reading: Reading) -> Done:
        case = self._case(symbol, wanted, reading)
        for action in next_actions(case, self._parts.manner):
            match action:
                case Rest(because):
                    return Done(symbol, because)
                case Cancel(cloid):
                    done = self._cancel(symbol, cloid)
                case Place(spec):
                    done = self._place(spec, wanted, reading)
        return done

    def _case(self, symbol: str, wanted: Wanted, reading: Reading) -> Case:
        parts, now_ms = self._parts, self._parts.clock.now_ms()
        last_ms = self._last_ms.get(symbol)
        is_known = symbol not in self.mismatch
        return Case(
            symbol=symbol,
            wanted=wanted.granted.quantity,
            position=reading.position(symbol) if is_known else None,
            book=parts.book(symbol),
            quantity_decimals=parts.decimals(symbol),
            working=[
                _working(one, now_ms) for one in reading.orders if one.symbol == symbol
            ],
            is_unsettled=symbol in self._settling.open_symbols,
            since_last_ms=None if last_ms is None else now_ms - last_ms,
        )

    def _cancel(self, symbol: str, cloid: str) -> Done:
        self._reading = None
        parts = self._parts
        nonce = parts.intents.next_nonce(parts.clock.now_ms())
        outcome = parts.desk.cancel(symbol, cloid, nonce)
        return Done(symbol, f"canceled {cloid}: {type(outcome).__name__}")

    def _place(self, spec: OrderSpec, wanted: Wanted, reading: Reading) -> Done:
        approval = self._parts.approve(spec, reading)
        if not approval.is_approved:
            return Done(spec.symbol, f"refused: {approval.reason}")
        intent_id = self._next_leg(spec.symbol, wanted.decision_id)
        draft = Draft(intent_id=intent_id, run=wanted.run, spec=spec)
        now_ms = self._parts.clock.now_ms()
        try:
            prepared = self._parts.intents.prepare(
                [draft], now_ms=now_ms, lives_ms=self._parts.lives_ms
            )
        except DependencyError:
            self._settling.doubt()
            raise
        if not prepared:
            return Done(spec.symbol, f"{intent_id} had its order already")
        (intent,) = prepared
        self._reading = None
        ticket = Ticket(
            spec=spec,
            cloid=intent.cloid,
            nonce=intent.nonce,
            expires_ms=intent.expires_ms,
        )
        (outcome,) = self._parts.desk.place([ticket])
        self._last_ms[spec.symbol] = now_ms
        self._settling.sent(intent, outcome)
        word = "accepted" if isinstance(outcome, Accepted) else outcome.reason
        what = f"{spec.side.value} {spec.quantity}: {word}"
        is_refused = isinstance(outcome, Refused)
        return Done(spec.symbol, what, is_order=True, is_refused=is_refused)

    def _next_leg(self, symbol: str, decision_id: str) -> str:
        """Unlike every earlier leg's, also of a process before this one."""
        key = f"{decision_id}/{symbol}"
        return f"{key}/{self._parts.intents.legs_of(key)}"


def _working(one: OrderReport, now_ms: int) -> Working:
    """An order that is not ours has no cloid: it is counted, and cannot be canceled."""
    sign = 1 if one.side is Side.BUY else -1
    return Working(
        cloid=one.cloid or f"oid {one.oid}",
        change=one.remaining * sign,
        price=one.limit_price,
        age_ms=now_ms - one.status_ms,
        is_protective=one.trigger_price is not None,
    )

"""The steps of the order intent that leave something behind: commit, send, remember."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from threet.execution.picture import Picture
from threet.execution.refusals import Kind, Refusals, kind_of
from threet.execution.settling import Settling
from threet.execution.wishes import Approval, Done, Wanted
from threet.model.intents import OrderIntent
from threet.model.orders import OrderReport, OrderSpec
from threet.ports.clock import Clock
from threet.ports.intent_store import Draft, IntentStore
from threet.ports.order_desk import (
    Accepted,
    NotSent,
    OrderDesk,
    Outcome,
    Refused,
    Ticket,
)

# Told three times to go, an order that is still read is not going.
_STUCK_AFTER = 3

Approved = tuple[OrderSpec, Wanted, Approval]


@dataclass(slots=True, kw_only=True)
class Sending:
    clock: Clock
    desk: OrderDesk
    intents: IntentStore
    settling: Settling
    picture: Picture
    refusals: Refusals
    lives_ms: int
    _last_at: dict[str, float] = field(default_factory=dict)  # monotonic, seconds
    _uncanceled: dict[str, int] = field(default_factory=dict)  # tries, by cloid

    def since_last_ms(self, symbol: str) -> int | None:
        """How long ago the last order of this symbol was sent."""
        last_at = self._last_at.get(symbol)
        if last_at is None:
            return None
        return int((self.clock.monotonic() - last_at) * 1000)

    def is_stuck(self, cloid: str | None) -> bool:
        """Whether an order of ours stands though it was canceled again and again."""
        return self._uncanceled.get(cloid or "", 0) >= _STUCK_AFTER

    def place(self, approved: Sequence[Approved]) -> Sequence[Done]:
        """In one action: committed as intents first, settled by what the answer proves.

        Raises ``DependencyError`` when nothing was sent.
        """
        if not approved:
            return []
        now_ms = self.picture.now_ms()
        drafts = self._drafts(approved)
        with self.settling.doubted_on_error():
            prepared = self.intents.prepare(
                drafts, now_ms=now_ms, lives_ms=self.lives_ms
            )
        by_id = {one.intent_id: one for one in prepared}
        sent = [
            (by_id[draft.intent_id], one)
            for draft, one in zip(drafts, approved, strict=True)
            if draft.intent_id in by_id
        ]
        if not sent:
            return []
        with self.picture.doubted_on_error(), self.settling.doubted_on_error():
            outcomes = self.desk.place([_ticket(intent) for intent, _ in sent])
            return [
                self._sent(intent, outcome, one)
                for (intent, one), outcome in zip(sent, outcomes, strict=True)
            ]

    def cancel(self, orders: Sequence[tuple[str, str]]) -> Sequence[Done]:
        if not orders:
            return []
        nonce = self._next_nonce()
        self._forget_gone()
        done = []
        outcomes = self.desk.cancel(orders, nonce)
        for (symbol, cloid), outcome in zip(orders, outcomes, strict=True):
            if isinstance(outcome, Accepted):
                self.picture.canceled(cloid)
            elif not isinstance(outcome, NotSent):
                self.picture.doubt()
            if not isinstance(outcome, NotSent):
                self._uncanceled[cloid] = self._uncanceled.get(cloid, 0) + 1
            what = f"canceled {cloid}: {type(outcome).__name__}"
            done.append(Done(symbol=symbol, what=what))
        return done

    def _next_nonce(self) -> int:
        return self.intents.next_nonce(self.picture.now_ms())

    def _forget_gone(self) -> None:
        here = {one.cloid for one in self.picture.now().orders}
        self._uncanceled = {
            cloid: tries for cloid, tries in self._uncanceled.items() if cloid in here
        }

    def schedule_cancel(self, at_ms: int | None) -> Outcome:
        nonce = self._next_nonce()
        return self.desk.schedule_cancel(at_ms, nonce)

    def lever(self, symbol: str, leverage: int, *, is_cross: bool) -> str:
        """Why the exchange did not set it; "" if it did."""
        nonce = self._next_nonce()
        outcome = self.desk.set_leverage(symbol, leverage, nonce, is_cross=is_cross)
        if isinstance(outcome, Accepted):
            return ""
        self.refusals.refused(symbol, Kind.ADDS, self.clock.monotonic())
        return f"its leverage of {leverage} was not set: {outcome.reason}"

    def _drafts(self, approved: Sequence[Approved]) -> Sequence[Draft]:
        """Each leg unlike every earlier one's, also of a process before this one."""
        legs: dict[str, int] = {}
        found = []
        for spec, wanted, _ in approved:
            key = f"{wanted.decision_id}/{spec.symbol}"
            leg = legs[key] if key in legs else self.intents.legs_of(key)
            legs[key] = leg + 1
            name = f"{key}/{leg}"
            if spec.trigger is None:
                draft = Draft(
                    intent_id=name, run=wanted.run, spec=spec, wants=wanted.wants
                )
            else:  # a stop closes what all of them hold
                draft = Draft(intent_id=name, run="", spec=spec)
            found.append(draft)
        return found

    def _sent(self, intent: OrderIntent, outcome: Outcome, one: Approved) -> Done:
        spec, wanted, approval = one
        now_ms = self.clock.now_ms()
        self._last_at[spec.symbol] = self.clock.monotonic()
        known = self.settling.sent(intent, outcome)
        is_refused = isinstance(outcome, Refused)
        if isinstance(outcome, Accepted):
            # One of a builder dex is believed when it is seen (F43).
            if known.state.is_settled:
                self.refusals.accepted(spec.symbol, kind_of(spec))
            self.picture.sent(spec.symbol, outcome, _resting(intent, outcome, now_ms))
            word = "accepted"
        else:
            self.picture.doubt()
            word = outcome.reason
        if is_refused:
            now = self.clock.monotonic()
            self.refusals.refused(spec.symbol, kind_of(spec), now)
        return Done(
            symbol=spec.symbol,
            what=f"{_words(spec)}: {word}",
            decision_id=wanted.decision_id,
            verdicts=approval.verdicts,
            is_order=True,
            is_refused=is_refused,
        )


def _ticket(intent: OrderIntent) -> Ticket:
    return Ticket(
        spec=intent.spec,
        cloid=intent.cloid,
        nonce=intent.nonce,
        expires_ms=intent.expires_ms,
    )


def _resting(intent: OrderIntent, accepted: Accepted, now_ms: int) -> OrderReport:
    spec = intent.spec
    return OrderReport(
        symbol=spec.symbol,
        oid=accepted.oid,
        cloid=intent.cloid,
        side=spec.side,
        quantity=spec.quantity,
        remaining=spec.quantity,
        limit_price=spec.limit_price,
        status="open",
        status_ms=now_ms,
        reduce_only=spec.reduce_only,
        trigger_price=None if spec.trigger is None else spec.trigger.price,
    )


def _words(spec: OrderSpec) -> str:
    what = f"{spec.side.value} {spec.quantity}"
    if spec.trigger is None:
        return what
    return f"{what} at {spec.trigger.kind.name.lower()} {spec.trigger.price}"

"""The one writer of an account: what is wanted becomes orders, and nothing doubles.

One cycle after the other: settle what is open, know the account, compare, act. Each
product has one order under way at most, and the next only when it is known what became
of the one before.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from threet.execution.account_news import AccountNews
from threet.execution.dead_man import Arm, DeadMan, Disarm
from threet.execution.picture import Picture, PictureParts
from threet.execution.planning import Planner
from threet.execution.reconciling import Book, Manner
from threet.execution.refusals import Refusals, kind_of
from threet.execution.reported import vanished
from threet.execution.sending import Sending
from threet.execution.settling import Settling
from threet.execution.wishes import Approval, Done, Plan, Reading, Wanted
from threet.model.accounts import AccountRead
from threet.model.intents import IntentState, OrderIntent
from threet.model.orders import Fill, OrderSpec
from threet.ports.clock import Clock
from threet.ports.fill_store import FillStore
from threet.ports.intent_store import IntentStore
from threet.ports.order_desk import Accepted, OrderDesk, Refused

# Beyond the expiry of any order that is still on its way.
_SWEEP_MS = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Leverage:
    """With which a symbol is traded; the exchange's own default is left alone unless
    it is given."""

    value: int
    is_cross: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayParts:
    """``approve`` is the account's risk gate; ``book`` and ``decimals`` are None where
    they are not known now; ``leverage`` is None where none is to be set."""

    clock: Clock
    desk: OrderDesk
    intents: IntentStore
    fills: FillStore
    read_account: Callable[[], AccountRead]
    book: Callable[[str], Book | None]
    decimals: Callable[[str], int | None]
    approve: Callable[[OrderSpec, Reading], Approval]
    leverage: Callable[[str], Leverage | None] = lambda _: None
    news: AccountNews = field(default_factory=AccountNews)
    manner: Manner = field(default_factory=Manner)
    lives_ms: int = 15_000
    dead_man_ms: int = 0
    is_simulated: bool = False  # the exchange may begin anew, and forget everything
    follows: Callable[[str], bool] = lambda _: True  # the account is read there, too


class Gateway:
    def __init__(self, parts: GatewayParts) -> None:
        self._parts = parts
        self._settling = Settling(parts.desk, parts.intents)
        self._picture = Picture(
            PictureParts(
                clock=parts.clock,
                desk=parts.desk,
                fills=parts.fills,
                read_account=parts.read_account,
                news=parts.news,
                is_simulated=parts.is_simulated,
                follows=parts.follows,
            )
        )
        self._refusals = Refusals()
        self._sending = Sending(
            clock=parts.clock,
            desk=parts.desk,
            intents=parts.intents,
            settling=self._settling,
            picture=self._picture,
            refusals=self._refusals,
            lives_ms=parts.lives_ms,
        )
        self._planner = Planner(
            clock=parts.clock,
            manner=parts.manner,
            book=parts.book,
            decimals=parts.decimals,
            settling=self._settling,
            picture=self._picture,
            sending=self._sending,
            refusals=self._refusals,
        )
        self._dead_man = DeadMan(parts.dead_man_ms)
        self._levered: dict[str, Leverage] = {}
        self._sweeps_ms = 0  # until then the exchange may cancel what rests
        self._vanished: list[Done] = []

    @property
    def mismatch(self) -> Mapping[str, tuple[Decimal, Decimal]]:
        """Where the sum of fills is not the exchange's position (I2)."""
        return self._picture.difference

    @property
    def strangers(self) -> Mapping[str, str]:
        """By product what works there and cannot be canceled."""
        return self._planner.strangers

    @property
    def unread(self) -> Mapping[str, str]:
        """Builder dexes that cannot be read now, and why: nothing is sent there, and
        nothing is added anywhere."""
        return self._picture.unread

    @property
    def reading(self) -> Reading:
        """The account as it is known now. Raises ``DependencyError`` before the first
        cycle."""
        return self._picture.now()

    def start(self) -> None:
        """Before anything else: what an earlier process left open (O6)."""
        self._settling.begin()

    def observe(self) -> Sequence[Fill]:
        """Settle, listen, and read what is due; returns the fills that are new.

        Raises ``DependencyError`` and ``ExchangeError``; the next call begins anew.
        """
        with self._picture.doubted_on_error():
            settled = self._settling.advance(self._picture.is_read)
        if settled:
            self._picture.doubt()
            self._note_settled(settled)
        self._picture.hear()
        if self._picture.is_due:
            self._picture.read()
        return self._picture.take_new_fills()

    def _note_settled(self, settled: Sequence[OrderIntent]) -> None:
        """Whoever takes orders, and has none, is not given the next one at once."""
        now = self._parts.clock.monotonic()
        for one in settled:
            if one.state is IntentState.LANDED:
                self._refusals.accepted(one.spec.symbol, kind_of(one.spec))
        for one in self._settling.take_vanished():
            self._refusals.refused(one.spec.symbol, kind_of(one.spec), now)
            self._vanished.append(vanished(one))

    def act(self, wanted: Mapping[str, Wanted]) -> Sequence[Done]:
        """After ``observe``; nothing is added while there are fills that it did not
        return. Raises as it does; then nothing new was sent.

        Whoever calls sees to it that a wish ends of which ``Done`` says so: its
        position is then closed as any that nobody wants.
        """
        plan = self._planner.plan(wanted)
        if not plan.is_idle and not self._picture.is_current:
            # A reading costs the budget what an order does not: it is made when there
            # is something to send, and nothing is sent on an old one.
            self._picture.read()
            plan = self._planner.plan(wanted)
            if self._picture.has_new_fills:
                # A stop's, perhaps, which ends a wish: whoever wishes hears it first.
                plan.orders = [one for one in plan.orders if one[0].reduce_only]
        done = [*self._vanished, *plan.rests, *self._sending.cancel(plan.cancels)]
        done += self._send(plan)
        self._watch_over()
        self._vanished.clear()
        return done

    def cycle(self, wanted: Mapping[str, Wanted]) -> Sequence[Done]:
        self.observe()
        return self.act(wanted)

    def doubt(self) -> None:
        """Read the account before anything else."""
        self._picture.doubt()

    def cancel_quotes(self) -> Sequence[Done]:
        """Every order of ours that rests, but no stop: it goes when its position is
        gone, and not when that shall go, which may take its time."""
        reading = self._picture.now()
        return self._sending.cancel(
            [
                (one.symbol, one.cloid)
                for one in reading.orders
                if one.cloid is not None
                and one.trigger_price is None
                and one.symbol not in self._picture.awaited
                and reading.is_read(one.symbol)
            ]
        )

    @property
    def is_flat(self) -> bool:
        """Nothing is held and nothing of ours rests, as far as is known."""
        reading = self._picture.now()
        is_resting = any(one.cloid is not None for one in reading.orders)
        is_held = any(reading.positions.values())
        return not (is_resting or is_held or self._picture.is_partial)

    def sweep(self) -> bool:
        """Let the exchange itself cancel, a little later, whatever may still arrive;
        only where nothing is held, for it cancels stops as well. Whether it will."""
        at_ms = self._picture.now_ms() + _SWEEP_MS
        if not (self.is_flat and self._scheduled(at_ms)):
            return False
        self._sweeps_ms = at_ms
        self._dead_man.disarmed()  # whatever was armed before
        return True

    def _scheduled(self, at_ms: int | None) -> bool:
        return isinstance(self._sending.schedule_cancel(at_ms), Accepted)

    def _send(self, plan: Plan) -> Sequence[Done]:
        """Ways out go first, by themselves: nothing that adds may hold them up."""
        ways_out = [one for one in plan.orders if one[0].reduce_only]
        done, reading = self._sent(ways_out, self._picture.now())
        levered = []
        for one in plan.orders:
            if one[0].reduce_only:
                continue
            if because := self._unlevered(one[0]):
                done.append(Done(symbol=one[0].symbol, what=because))
            else:
                levered.append(one)
        # Judged only now: what was sent before may have taken its time.
        return [*done, *self._sent(levered, reading)[0]]

    def _sent(
        self, orders: Sequence[tuple[OrderSpec, Wanted]], reading: Reading
    ) -> tuple[list[Done], Reading]:
        """What is approved, in one action; with what the next one reckons with."""
        done: list[Done] = []
        approved: list[tuple[OrderSpec, Wanted, Approval]] = []
        for spec, wanted in orders:
            approval = self._parts.approve(spec, reading)
            if approval.is_approved:
                reading = reading.with_sent(spec)
                approved.append((spec, wanted, approval))
                continue
            done.append(
                Done(
                    symbol=spec.symbol,
                    what=f"refused: {approval.reason}",
                    decision_id=wanted.decision_id,
                    verdicts=approval.verdicts,
                )
            )
        done += self._sending.place(approved)
        return done, reading

    def _unlevered(self, spec: OrderSpec) -> str:
        """Why nothing may be added yet; "" once the symbol has its leverage."""
        leverage = self._parts.leverage(spec.symbol)
        if leverage is None:
            return ""
        if self._levered.get(spec.symbol) == leverage:
            return ""
        refused = self._sending.lever(
            spec.symbol, leverage.value, is_cross=leverage.is_cross
        )
        if not refused:
            self._levered[spec.symbol] = leverage
        return refused

    def _watch_over(self) -> None:
        """Arm or disarm the exchange's dead man's switch."""
        orders = self._picture.now().orders
        now_ms = self._picture.now_ms()
        has_stops = any(one.trigger_price is not None for one in orders)
        has_stops = has_stops or self._picture.is_partial
        # Who trades again so soon after a kill keeps his stops.
        if has_stops and self._sweeps_ms > now_ms:
            if self._scheduled(None):
                self._sweeps_ms = 0
            return
        due = self._dead_man.due(
            now_ms,
            has_quotes=any(one.trigger_price is None for one in orders),
            has_stops=has_stops,
        )
        match due:
            case Arm(at_ms) if self._scheduled(at_ms):
                self._dead_man.armed(at_ms)
            case Arm():
                self._dead_man.refused(now_ms)
            case Disarm():
                self._disarm(now_ms)

    def _disarm(self, now_ms: int) -> None:
        """What proves nothing is tried again in the next cycle."""
        match self._sending.schedule_cancel(None):
            case Accepted():
                self._dead_man.disarmed()
            case Refused():
                self._dead_man.not_disarmed(now_ms)

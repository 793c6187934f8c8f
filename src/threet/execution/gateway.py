"""The one writer of an account: what is wanted becomes orders, and nothing doubles.

One cycle after the other: settle what is open, know the account, compare, act. Each
product has one order under way at most, and the next only when it is known what became
of the one before.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from threet.execution.account_news import AccountNews
from threet.execution.dead_man import Arm, DeadMan, Disarm
from threet.execution.picture import Picture, PictureParts
from threet.execution.protecting import Close, Cover, cover_actions
from threet.execution.reconciling import (
    NOT_LISTED,
    Action,
    Book,
    Cancel,
    Case,
    Manner,
    Place,
    Rest,
    next_actions,
)
from threet.execution.refusals import Kind, Refusals, kind_of
from threet.execution.reported import marked, vanished, words_of, working
from threet.execution.sending import Sending
from threet.execution.settling import Settling
from threet.execution.wishes import Approval, Done, Plan, Reading, Wanted
from threet.model.accounts import AccountState
from threet.model.decisions import Granted, Verdict
from threet.model.intents import IntentState, OrderIntent
from threet.model.numbers import ZERO
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
    read_account: Callable[[], AccountState]
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
        self._dead_man = DeadMan(parts.dead_man_ms)
        self._levered: dict[str, Leverage] = {}
        self._strangers: dict[str, str] = {}
        self._sweeps_ms = 0  # until then the exchange may cancel what rests
        self._vanished: list[Done] = []

    @property
    def mismatch(self) -> Mapping[str, tuple[Decimal, Decimal]]:
        """Where the sum of fills is not the exchange's position (I2)."""
        return self._picture.difference

    @property
    def strangers(self) -> Mapping[str, str]:
        """By product: what works there and cannot be canceled, somebody's by hand
        perhaps. What adds waits for it; a way out does not."""
        return self._strangers

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
            settled = self._settling.advance()
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
        plan = self._plan(wanted)
        if not plan.is_idle and not self._picture.is_current:
            # A reading costs the budget what an order does not: it is made when there
            # is something to send, and nothing is sent on an old one.
            self._picture.read()
            plan = self._plan(wanted)
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
        return self._sending.cancel(
            [
                (one.symbol, one.cloid)
                for one in self._picture.now().orders
                if one.cloid is not None
                and one.trigger_price is None
                and one.symbol not in self._picture.awaited
            ]
        )

    @property
    def is_flat(self) -> bool:
        """Nothing is held and nothing of ours rests, as far as is known."""
        reading = self._picture.now()
        is_resting = any(one.cloid is not None for one in reading.orders)
        return not (is_resting or any(reading.positions.values()))

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

    def _plan(self, wanted: Mapping[str, Wanted]) -> Plan:
        reading, plan = self._picture.now(), Plan()
        self._strangers = {}
        for symbol in self._symbols(wanted, reading):
            one = wanted.get(symbol)
            case = self._case(symbol, one, reading)
            self._note_strangers(case)
            actions = self._actions(case, one, reading)
            for action in actions:
                match action:
                    case Rest(because):
                        plan.rests.append(_rested(symbol, because, one))
                    case Close(because):
                        plan.rests.append(
                            Done(symbol=symbol, what=because, ends_wish=True)
                        )
                    case Cancel(cloid):
                        plan.cancels.append((symbol, cloid))
                    case Place(spec):
                        plan.orders.append((spec, one or _nobody(symbol)))
        return plan

    def _note_strangers(self, case: Case) -> None:
        found = [
            words_of(one)
            for one in case.working
            if not (one.is_protective or one.can_go)
        ]
        if found:
            self._strangers[case.symbol] = ", ".join(found)

    def _symbols(self, wanted: Mapping[str, Wanted], reading: Reading) -> Sequence[str]:
        """Those wanted, and those where a protective order of ours is left over."""
        guarded = {
            one.symbol
            for one in reading.orders
            if one.trigger_price is not None and one.cloid is not None
        }
        return list(dict.fromkeys([*wanted, *sorted(guarded)]))

    def _actions(
        self, case: Case, wanted: Wanted | None, reading: Reading
    ) -> Sequence[Action | Close]:
        """What brings the position where it shall be, and what protects it there: that
        waits for nothing else, refused or not yet filled."""
        if case.is_unsettled:
            return next_actions(case, self._parts.manner)
        first = self._patient(case, self._towards(case, wanted))
        covered = self._covered(case, wanted, reading)
        if isinstance(covered, Close):
            return [covered]
        covered = self._patient(case, covered)
        if all(isinstance(one, Rest) for one in first):
            return covered or first
        return [*(one for one in covered if not isinstance(one, Rest)), *first]

    def _towards(self, case: Case, wanted: Wanted | None) -> Sequence[Action]:
        if wanted is None:
            return [Rest("nobody wants it")]
        if case.symbol in self.mismatch and not case.shall_go:
            return [Rest("its fills do not sum up to its position")]
        return next_actions(case, self._parts.manner)

    def _covered(
        self, case: Case, wanted: Wanted | None, reading: Reading
    ) -> Sequence[Action] | Close:
        """A position that shall go, or that nobody wants, keeps the stop it has."""
        if case.shall_go or (wanted is None and case.position):
            return []
        if not case.position:
            self._refusals.accepted(case.symbol, Kind.PROTECTS)
        return cover_actions(self._cover(case, wanted, reading))

    def _patient(self, case: Case, actions: Sequence[Action]) -> Sequence[Action]:
        """An order waits after a refusal of its kind; a cancel does not."""
        now = self._parts.clock.monotonic()
        found: list[Action] = []
        for one in actions:
            if isinstance(one, Place) and self._refusals.wait_secs(
                case.symbol, kind_of(one.spec), now
            ):
                found.append(Rest("refused before; it is tried again later"))
            else:
                found.append(one)
        return found

    def _cover(self, case: Case, wanted: Wanted | None, reading: Reading) -> Cover:
        granted = None if wanted is None else wanted.granted
        liquidation = {
            one.symbol: one.liquidation_price for one in reading.account.positions
        }
        return Cover(
            symbol=case.symbol,
            position=case.position,
            stop_loss=None if granted is None else granted.stop_loss,
            take_profit=None if granted is None else granted.take_profit,
            book=case.book,
            liquidation=liquidation.get(case.symbol),
            quantity_decimals=case.quantity_decimals,
            working=case.working,
            refused=self._refusals.count(case.symbol, Kind.PROTECTS),
        )

    def _case(self, symbol: str, wanted: Wanted | None, reading: Reading) -> Case:
        """Where fills and exchange differ it goes by the exchange, which is protected
        and closed, and added to by nobody."""
        parts, now_ms = self._parts, self._parts.clock.now_ms()
        position = reading.position(symbol)
        if symbol in self.mismatch:
            position = self.mismatch[symbol][1]
        case = Case(
            symbol=symbol,
            wanted=position if wanted is None else wanted.granted.quantity,
            position=position,
            book=parts.book(symbol),
            quantity_decimals=parts.decimals(symbol),
            working=[
                working(one, now_ms, is_stuck=self._sending.is_stuck(one.cloid))
                for one in reading.orders
                if one.symbol == symbol
            ],
            is_unsettled=symbol in self._settling.open_symbols
            or symbol in self._picture.awaited,
            since_last_ms=self._sending.since_last_ms(symbol),
        )
        if case.book is None and case.shall_go:
            return replace(case, book=marked(reading.account, symbol))
        return case

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
        if leverage is None or spec.reduce_only:
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


def _rested(symbol: str, because: str, wanted: Wanted | None) -> Done:
    """What is not listed is refused as by a gate: whoever asks why is told."""
    verdict = Verdict(gate="listed", passed=False, reason=because)
    is_refusal = wanted is not None and because == NOT_LISTED
    return Done(
        symbol=symbol,
        what=because,
        decision_id="" if wanted is None else wanted.decision_id,
        verdicts=(verdict,) if is_refusal else (),
    )


def _nobody(symbol: str) -> Wanted:
    """Whose orders are left over belongs to no run."""
    return Wanted(Granted(symbol=symbol, quantity=ZERO), f"left/{symbol}")

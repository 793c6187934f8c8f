"""What there is to do now, product by product; nothing is sent from here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from threet.execution.picture import Picture
from threet.execution.protecting import Close, Cover, cover_actions
from threet.execution.reconciling import (
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
from threet.execution.reported import marked, words_of, working
from threet.execution.sending import Sending
from threet.execution.settling import Settling
from threet.execution.wishes import Done, Plan, Reading, Wanted
from threet.model.decisions import Granted, Verdict
from threet.model.numbers import ZERO
from threet.model.products import dex_of
from threet.ports.clock import Clock


@dataclass(slots=True, kw_only=True)
class Planner:
    """``book`` and ``decimals`` are None where they are not known now.

    ``strangers`` has by product what works there and cannot be canceled, somebody's by
    hand perhaps. What adds waits for it; a way out does not.
    """

    clock: Clock
    manner: Manner
    book: Callable[[str], Book | None]
    decimals: Callable[[str], int | None]
    settling: Settling
    picture: Picture
    sending: Sending
    refusals: Refusals
    strangers: dict[str, str] = field(default_factory=dict)

    def plan(self, wanted: Mapping[str, Wanted]) -> Plan:
        reading, plan = self.picture.now(), Plan()
        self.strangers = {}
        for symbol in self._symbols(wanted, reading):
            one = wanted.get(symbol)
            case = self._case(symbol, one, reading)
            self._note_strangers(case)
            actions = self._actions(case, one, reading)
            for action in actions:
                match action:
                    case Rest() as rest:
                        plan.rests.append(_rested(symbol, rest, one))
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
            self.strangers[case.symbol] = ", ".join(found)

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
        if not reading.is_read(case.symbol):
            return [_unread(case.symbol)]
        if case.is_unsettled:
            return next_actions(case, self.manner)
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
        if case.symbol in self.picture.difference and not case.shall_go:
            return [Rest("its fills do not sum up to its position")]
        return next_actions(case, self.manner)

    def _covered(
        self, case: Case, wanted: Wanted | None, reading: Reading
    ) -> Sequence[Action] | Close:
        """A position that shall go, or that nobody wants, keeps the stop it has."""
        if case.shall_go or (wanted is None and case.position):
            return []
        if not case.position:
            for kind in (Kind.PROTECTS, Kind.TAKES_PROFIT):
                self.refusals.accepted(case.symbol, kind)
        return cover_actions(self._cover(case, wanted, reading))

    def _patient(self, case: Case, actions: Sequence[Action]) -> Sequence[Action]:
        """An order waits after a refusal of its kind; a cancel does not."""
        now = self.clock.monotonic()
        found: list[Action] = []
        for one in actions:
            if isinstance(one, Place) and self.refusals.wait_secs(
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
            refused=self.refusals.count(case.symbol, Kind.PROTECTS),
        )

    def _case(self, symbol: str, wanted: Wanted | None, reading: Reading) -> Case:
        """Where fills and exchange differ it goes by the exchange, which is protected
        and closed, and added to by nobody."""
        now_ms = self.clock.now_ms()
        position = reading.position(symbol)
        if symbol in self.picture.difference:
            position = self.picture.difference[symbol][1]
        case = Case(
            symbol=symbol,
            wanted=position if wanted is None else wanted.granted.quantity,
            position=position,
            book=self.book(symbol),
            quantity_decimals=self.decimals(symbol),
            working=[
                working(one, now_ms, is_stuck=self.sending.is_stuck(one.cloid))
                for one in reading.orders
                if one.symbol == symbol
            ],
            is_unsettled=symbol in self.settling.open_symbols
            or symbol in self.picture.awaited,
            since_last_ms=self.sending.since_last_ms(symbol),
        )
        if case.book is None and case.shall_go:
            return replace(case, book=marked(reading.account, symbol))
        return case


def _unread(symbol: str) -> Rest:
    """Neither what is held nor what works there is known."""
    because = f"the account on {dex_of(symbol)} cannot be read: nothing is sent there"
    return Rest(because, "unread")


def _rested(symbol: str, rest: Rest, wanted: Wanted | None) -> Done:
    """What a gate bars is refused: whoever asks why is told."""
    verdict = Verdict(gate=rest.gate, passed=False, reason=rest.because)
    is_refusal = wanted is not None and bool(rest.gate)
    return Done(
        symbol=symbol,
        what=rest.because,
        decision_id="" if wanted is None else wanted.decision_id,
        verdicts=(verdict,) if is_refusal else (),
    )


def _nobody(symbol: str) -> Wanted:
    """Whose orders are left over belongs to no run."""
    return Wanted(Granted(symbol=symbol, quantity=ZERO), f"left/{symbol}")

"""Settles open intents by asking, a question at a time, until each is proven."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from threet.execution.resolving import (
    Evidence,
    Resolution,
    Step,
    begin,
    weigh,
)
from threet.model.errors import ExchangeError
from threet.model.intents import IntentState, OrderIntent
from threet.ports.intent_store import IntentStore
from threet.ports.order_desk import OrderDesk, Outcome, Unknown


class Settling:
    """What is known of each open intent; asked again in every cycle, and after a start
    with nothing but the store."""

    def __init__(self, desk: OrderDesk, intents: IntentStore) -> None:
        self._desk = desk
        self._intents = intents
        self._open: dict[str, Resolution] = {}
        self._is_doubtful = False
        self._vanished: list[OrderIntent] = []

    @property
    def open_symbols(self) -> Mapping[str, str]:
        """Symbols with an order of which nobody knows, and its intent."""
        return {
            one.intent.spec.symbol: one.intent.intent_id for one in self._open.values()
        }

    def take_vanished(self) -> Sequence[OrderIntent]:
        """Those settled since this was last asked of which the exchange had said that
        it has an order, and has none (F43)."""
        found, self._vanished = self._vanished, []
        return found

    def begin(self) -> None:
        """Take over what an earlier process left open. Raises ``DependencyError``."""
        for intent in self._intents.unsettled():
            self._open.setdefault(intent.intent_id, begin(intent))
        self._is_doubtful = False

    @contextmanager
    def doubted_on_error(self) -> Iterator[None]:
        """Around what commits, sends and settles several: cut short, the store holds
        open ones that nobody here knows; a commit told as failed may be one, too."""
        try:
            yield
        except BaseException:
            self._is_doubtful = True
            raise

    def sent(self, intent: OrderIntent, outcome: Outcome) -> OrderIntent:
        """What the answer proves; open until the store has it, too."""
        self._open[intent.intent_id] = begin(intent)
        return self._weigh(intent.intent_id, outcome)

    def advance(
        self, is_read: Callable[[str], bool] = lambda _: True
    ) -> Sequence[OrderIntent]:
        """One question for each open intent; returns those that are settled by it.

        Those of symbols that are not read stay as they are: where an exchange cannot
        say what stands, that it knows no order proves nothing.
        """
        if self._is_doubtful:
            self.begin()
        found = []
        for intent_id, one in list(self._open.items()):
            if not is_read(one.intent.spec.symbol):
                continue
            known = self._weigh(intent_id, self._asked(one))
            if known.state.is_settled:
                found.append(known)
        return found

    def _asked(self, resolution: Resolution) -> Evidence:
        intent = resolution.intent
        try:
            if resolution.step is Step.BURN:
                return self._desk.burn(intent.nonce)
            return self._desk.look_up(intent.cloid)
        except ExchangeError as error:
            return Unknown(str(error))

    def _weigh(self, intent_id: str, evidence: Evidence) -> OrderIntent:
        resolution = weigh(self._open[intent_id], evidence)
        self._open[intent_id] = resolution
        if resolution.intent.state.is_settled:
            self._intents.settle(resolution.intent)
            del self._open[intent_id]
            if resolution.claimed and resolution.intent.state is not IntentState.LANDED:
                self._vanished.append(resolution.intent)
        return resolution.intent

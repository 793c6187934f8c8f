"""Five bugs that others have paid for, each a small part in the place of a real one."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from tests.sim.composition import Plants
from tests.sim.kernel import SimClock
from threet.adapters.sql.trading_store import SqlFillStore, SqlIntentStore
from threet.engine.run import StrategyRun
from threet.model.decisions import Granted
from threet.model.numbers import ZERO
from threet.model.orders import Fill
from threet.model.targets import Target
from threet.ports.fill_store import FillStore
from threet.ports.intent_store import IntentStore
from threet.ports.order_desk import OrderDesk, Outcome, Refused, Ticket, Unknown


class _Around:
    """Everything that is not planted is the real one's."""

    def __init__(self, real: object) -> None:
        self._real = real

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)


class _SendsAgain(_Around):
    """Naive retry: no answer, so once more, with a nonce that works."""

    def __init__(self, desk: OrderDesk, intents: IntentStore, clock: SimClock) -> None:
        super().__init__(desk)
        self._desk, self._intents, self._clock = desk, intents, clock

    def place(self, tickets: Sequence[Ticket]) -> Sequence[Outcome]:
        outcomes = self._desk.place(tickets)
        if not any(isinstance(one, Unknown) for one in outcomes):
            return outcomes
        nonce = self._intents.next_nonce(self._clock.now_ms())
        again = [
            Ticket(
                spec=one.spec,
                cloid=one.cloid,
                nonce=nonce,
                expires_ms=one.expires_ms,
            )
            for one in tickets
        ]
        return self._desk.place(again)


class _TakesSilenceForNo(_Around):
    """Timeout treated as rejected."""

    def __init__(self, desk: OrderDesk) -> None:
        super().__init__(desk)
        self._desk = desk

    def place(self, tickets: Sequence[Ticket]) -> Sequence[Outcome]:
        return [
            Refused(one.reason) if isinstance(one, Unknown) else one
            for one in self._desk.place(tickets)
        ]


class _KeyedByOrder(_Around):
    """Fills keyed by oid: of an order's fills only the first is kept."""

    def __init__(self, fills: SqlFillStore) -> None:
        super().__init__(fills)
        self._fills = fills

    def record(self, told: Sequence[Fill]) -> Sequence[Fill]:
        known = {one.oid: one.tid for one in self._fills.recent(2_000)}
        first: dict[int, Fill] = {}
        for one in told:
            if known.get(one.oid, one.tid) == one.tid:
                first.setdefault(one.oid, one)
        return self._fills.record(list(first.values()))


class _ZeroForUnknown(StrategyRun):
    """A missing price is 0, and so is what one may have at it."""

    def _granted(self, target: Target) -> Granted | str:
        found = super()._granted(target)
        if isinstance(found, str):
            return Granted(symbol=target.symbol, quantity=ZERO)
        return found


class _ForgetsNonces(SqlIntentStore):
    """The time will do for a nonce, to the second, and nothing has to be kept."""

    def _take_nonce(self, connection: Connection, now_ms: int) -> int:
        del connection
        return now_ms - now_ms % 1_000


def _desk_that_sends_again(
    desk: OrderDesk, intents: IntentStore, clock: SimClock
) -> OrderDesk:
    return _SendsAgain(desk, intents, clock)  # type: ignore[return-value]


def _desk_without_doubt(
    desk: OrderDesk, _intents: IntentStore, _clock: SimClock
) -> OrderDesk:
    return _TakesSilenceForNo(desk)  # type: ignore[return-value]


def _by_order(fills: SqlFillStore) -> FillStore:
    return _KeyedByOrder(fills)  # type: ignore[return-value]


BUGS: Mapping[str, Plants] = {
    "naive retry of an order": Plants(desk=_desk_that_sends_again),
    "a timeout treated as rejected": Plants(desk=_desk_without_doubt),
    "fills keyed by oid": Plants(fills=_by_order),
    "zero on a missing price": Plants(run=_ZeroForUnknown),
    "nonce reuse": Plants(intents=_ForgetsNonces),
}

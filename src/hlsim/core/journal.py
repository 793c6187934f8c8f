"""What happened to whom: the news for subscribers, and each user's bounded history."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from hlsim.core.orders import Order, OrderRecord, Status
from hlsim.core.positions import Direction

FILLS_KEPT = 10_000
ORDERS_KEPT = 2_000
ROWS_KEPT = 2_000


MARKET_METHOD, BACKSTOP_METHOD = "market", "backstop"


class Liquidation(msgspec.Struct, frozen=True):
    """Why a fill was forced; ``method`` is market or backstop."""

    liquidated_user: str
    mark_px: int
    method: str


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """One user's side of a trade; amounts in micro-dollars, sizes in units (§2.3)."""

    user: str
    asset: int
    px: int
    sz: int
    is_buy: bool
    time_ms: int
    start_szi: int
    dir: Direction
    closed_pnl: int
    hash: str
    oid: int
    crossed: bool
    fee: int
    tid: int
    cloid: str | None = None
    builder_fee: int = 0
    twap_id: int | None = None
    liquidation: Liquidation | None = None


class FundingPaid(msgspec.Struct, frozen=True, kw_only=True):
    """One position's funding; ``usdc`` is its effect on the account."""

    user: str
    asset: int
    time_ms: int
    usdc: int
    szi: int
    rate: int
    samples: int
    hash: str


class LedgerUpdate(msgspec.Struct, frozen=True):
    """A movement of money that is neither trade nor funding; ``delta`` as written."""

    user: str
    time_ms: int
    hash: str
    delta: dict[str, object]


class Liquidated(msgspec.Struct, frozen=True, kw_only=True):
    """An account was liquidated: its notional and its value before it."""

    user: str
    lid: int
    liquidator: str
    notional: int
    account_value: int


class Canceled(msgspec.Struct, frozen=True):
    """An order was canceled by the exchange, not by its user."""

    user: str
    asset: int
    oid: int


class TwapStatus(StrEnum):
    """Where a TWAP is, in the wire's words."""

    ACTIVATED = "activated"
    FINISHED = "finished"
    TERMINATED = "terminated"


class TwapState(msgspec.Struct, frozen=True, kw_only=True):
    """A TWAP order as it stands; sizes in units, amounts in micro-dollars."""

    user: str
    twap_id: int
    asset: int
    is_buy: bool
    sz: int
    executed_sz: int
    executed_ntl: int
    minutes: int
    reduce_only: bool
    randomize: bool
    time_ms: int
    status: TwapStatus
    updated_ms: int


News = (
    OrderRecord | Fill | FundingPaid | LedgerUpdate | Liquidated | Canceled | TwapState
)


@dataclass(slots=True)
class History:
    """What one user may ask for again."""

    fills: deque[Fill] = field(default_factory=lambda: deque(maxlen=FILLS_KEPT))
    orders: deque[OrderRecord] = field(
        default_factory=lambda: deque(maxlen=ORDERS_KEPT)
    )
    last: dict[int, OrderRecord] = field(default_factory=dict)
    by_cloid: dict[str, int] = field(default_factory=dict)
    fundings: deque[FundingPaid] = field(
        default_factory=lambda: deque(maxlen=FILLS_KEPT)
    )
    ledger: deque[LedgerUpdate] = field(default_factory=lambda: deque(maxlen=ROWS_KEPT))
    twaps: deque[TwapState] = field(default_factory=lambda: deque(maxlen=ROWS_KEPT))


class Journal:
    """Takes news down; whoever publishes drains them."""

    def __init__(self) -> None:
        """Begin empty."""
        self._users: dict[str, History] = {}
        self._news: list[News] = []

    def history(self, user: str) -> History:
        """Return a user's history, an empty one if there is none."""
        return self._users.get(user) or History()

    def _own(self, user: str) -> History:
        found = self._users.get(user)
        if found is None:
            found = self._users[user] = History()
        return found

    def drain(self) -> Sequence[News]:
        """Return what happened since the last call."""
        news, self._news = self._news, []
        return news

    def order(self, order: Order, status: Status, now_ms: int) -> None:
        """Take down an order's new status, with the order as it is now."""
        self._news.append(self.keep(order, status, now_ms))

    def keep(self, order: Order, status: Status, now_ms: int) -> OrderRecord:
        """Take down an order's new status for those who ask, and tell nobody."""
        snapshot = msgspec.structs.replace(order)
        record = OrderRecord(order.user, snapshot, status, now_ms)
        history = self._own(order.user)
        if len(history.orders) == ORDERS_KEPT:
            self._forget(history)
        history.orders.append(record)
        history.last[order.oid] = record
        if order.cloid is not None:
            # A client id means the newest order that has it.
            newest = history.by_cloid.get(order.cloid, order.oid)
            history.by_cloid[order.cloid] = max(newest, order.oid)
        return record

    @staticmethod
    def _forget(history: History) -> None:
        """Let go of the oldest record, and of its order if nothing newer is known."""
        oldest = history.orders[0]
        oid, cloid = oldest.order.oid, oldest.order.cloid
        if history.last.get(oid) is oldest and oldest.status is not Status.OPEN:
            del history.last[oid]
            if cloid is not None and history.by_cloid.get(cloid) == oid:
                del history.by_cloid[cloid]

    def fill(self, fill: Fill) -> None:
        """Take down a fill."""
        self._own(fill.user).fills.append(fill)
        self._news.append(fill)

    def funding(self, paid: FundingPaid) -> None:
        """Take down a funding payment."""
        self._own(paid.user).fundings.append(paid)
        self._news.append(paid)

    def ledger(self, update: LedgerUpdate) -> None:
        """Take down a movement of money."""
        self._own(update.user).ledger.append(update)
        self._news.append(update)

    def twap(self, state: TwapState) -> None:
        """Take down a TWAP's new state."""
        self._own(state.user).twaps.append(state)
        self._news.append(state)

    def tell(self, news: Iterable[News]) -> None:
        """Take down what nobody asks for again."""
        self._news.extend(news)

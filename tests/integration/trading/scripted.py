"""An exchange that says what it is told to, and a gateway on it with a database whose
commits may be told as failed though they were done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import Connection

from tests.builders import START_MS
from tests.set_clock import SetClock
from threet.adapters.sql.database import Database
from threet.adapters.sql.trading_store import SqlFillStore, SqlIntentStore
from threet.execution.gateway import Gateway, GatewayParts
from threet.execution.reconciling import Book, Manner
from threet.execution.wishes import Approval, Reading, Wanted
from threet.model.accounts import (
    AccountPart,
    AccountPosition,
    AccountRead,
    AccountState,
    MarginMode,
)
from threet.model.decisions import Granted
from threet.model.errors import DependencyError
from threet.model.numbers import ZERO
from threet.model.orders import Fill, OrderReport, OrderSpec
from threet.model.products import dex_of
from threet.ports.order_desk import (
    Accepted,
    Burned,
    Named,
    NotFound,
    OrdersRead,
    Outcome,
    Refused,
    Ticket,
    Unknown,
)

T = TypeVar("T")
ADDRESS = "0x" + "1" * 40
PRICE = Decimal(100)
GONE = Refused("never placed, already canceled, or filled")


class Doubtful(Database):
    """``loses``: the next commit that changes anything is done, and told as failed.
    ``refuses``: nothing is written."""

    loses = False
    refuses = False

    def write(self, work: Callable[[Connection], T]) -> T:
        if self.refuses:
            raise DependencyError("database", "is away")

        def counted(connection: Connection) -> tuple[T, bool]:
            before = _changes(connection)
            return work(connection), _changes(connection) != before

        done, has_changed = super().write(counted)
        if self.loses and has_changed:
            self.loses = False
            raise DependencyError("database", "lost at the commit")
        return done


def _changes(connection: Connection) -> int:
    count: int = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
    return count


@dataclass
class Desk:
    """Fills what it accepts at once, but a trigger order, which rests."""

    clock: SetClock
    says: Callable[[Ticket], Outcome] = lambda _: Unknown("lost")
    before: Callable[[], None] = lambda: None
    placed: list[list[str]] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    done: list[Fill] = field(default_factory=list)
    resting: list[OrderReport] = field(default_factory=list)
    cancels: bool = True  # else every cancel is refused
    says_of_cancels: Outcome = GONE
    cancels_at: int | None = None  # everything that rests
    swallows: bool = False  # what it accepts is not done
    untold: set[int] = field(default_factory=set)  # fills, by their number
    behind_ms: int = 0  # how old its readings of the account are
    follows: Callable[[str], bool] = lambda _: True  # of whose positions it is asked
    mute: set[str] = field(default_factory=set)  # dexes that do not answer

    def place(self, tickets: Sequence[Ticket]) -> Sequence[Outcome]:
        self.before()
        self.placed.append([one.spec.symbol for one in tickets])
        return [self._placed(one) for one in tickets]

    def schedule_cancel(self, at_ms: int | None, nonce: int) -> Outcome:
        del nonce
        self.cancels_at = at_ms
        return Accepted(0)

    def _placed(self, ticket: Ticket) -> Outcome:
        outcome = self.says(ticket)
        if self.swallows or not isinstance(outcome, Accepted):
            return outcome
        if ticket.spec.trigger is None:
            self.fill(ticket.spec, ticket.cloid)
            return Accepted(self.done[-1].oid, ticket.spec.quantity)
        self.resting.append(_report(ticket))
        return Accepted(ticket.nonce)

    def cancel(self, orders: Sequence[Named], nonce: int) -> Sequence[Outcome]:
        del nonce
        if not self.cancels:
            return [self.says_of_cancels] * len(orders)
        gone = {cloid for _, cloid in orders}
        self.resting = [one for one in self.resting if one.cloid not in gone]
        return [Accepted(0) for _ in orders]

    def fill(self, spec: OrderSpec, cloid: str | None) -> None:
        number = len(self.done) + 1
        self.done.append(
            Fill(
                symbol=spec.symbol,
                tid=number,
                oid=number,
                cloid=cloid,
                side=spec.side,
                price=PRICE,
                quantity=spec.quantity,
                fee=ZERO,
                closed_pnl=ZERO,
                start_position=self.position(spec.symbol),
                time_ms=START_MS + number,
                is_taker=True,
            )
        )

    def position(self, symbol: str) -> Decimal:
        return sum((one.change for one in self.done if one.symbol == symbol), ZERO)

    def look_up(self, cloid: str) -> NotFound:
        self.asked.add(cloid)
        return NotFound(self.clock.now_ms())

    def burn(self, nonce: int) -> Burned:
        del nonce
        return Burned.ACCEPTED

    def readable_orders(self) -> OrdersRead:
        told = [one for one in self.resting if dex_of(one.symbol) not in self.mute]
        return OrdersRead(told, dict.fromkeys(self.mute, "does not answer"))

    def fills(self, since_ms: int) -> Sequence[Fill]:
        told = [one for one in self.done if one.tid not in self.untold]
        return [one for one in told if one.time_ms >= since_ms]

    def account(self) -> AccountRead:
        state = self._account()
        if not self.mute:
            return state
        told = [one for one in state.positions if dex_of(one.symbol) not in self.mute]
        return AccountPart(
            address=ADDRESS,
            account_ms=state.account_ms,
            positions=tuple(told),
            unread=dict.fromkeys(self.mute, "does not answer"),
        )

    def _account(self) -> AccountState:
        symbols = sorted({one.symbol for one in self.done if self.follows(one.symbol)})
        return AccountState(
            address=ADDRESS,
            account_ms=self.clock.now_ms() - self.behind_ms,
            account_value=Decimal(100_000),
            total_margin_used=ZERO,
            total_notional=ZERO,
            withdrawable=ZERO,
            maintenance_margin=ZERO,
            positions=tuple(
                _position(symbol, self.position(symbol))
                for symbol in symbols
                if self.position(symbol)
            ),
        )


def _report(ticket: Ticket) -> OrderReport:
    spec = ticket.spec
    return OrderReport(
        symbol=spec.symbol,
        oid=ticket.nonce,
        cloid=ticket.cloid,
        side=spec.side,
        quantity=spec.quantity,
        remaining=spec.quantity,
        limit_price=spec.limit_price,
        status="open",
        status_ms=START_MS,
        reduce_only=spec.reduce_only,
        trigger_price=None if spec.trigger is None else spec.trigger.price,
    )


def _position(symbol: str, quantity: Decimal) -> AccountPosition:
    return AccountPosition(
        symbol=symbol,
        quantity=quantity,
        entry_price=PRICE,
        leverage=1,
        margin_mode=MarginMode.CROSS,
        margin_used=ZERO,
        position_value=abs(quantity) * PRICE,
        unrealized_pnl=ZERO,
        liquidation_price=None,
        funding_since_open=ZERO,
    )


class World:
    def __init__(self, database: Doubtful) -> None:
        self.database = database
        self.clock = SetClock(START_MS)
        self.desk = Desk(self.clock)
        self.intents = SqlIntentStore(database, account=ADDRESS, signer=ADDRESS)
        self.fills = SqlFillStore(database, account=ADDRESS)
        self.happened: list[str] = []
        self.book: Book | None = Book(bid=PRICE - 1, ask=PRICE + 1)
        self.dead_man_ms = 0
        self.refuses = ""  # why the risk gate lets nothing be added

    def gateway(self, manner: Manner | None = None) -> Gateway:
        made = Gateway(
            GatewayParts(
                clock=self.clock,
                desk=self.desk,  # type: ignore[arg-type]  # as much as is asked of it
                intents=self.intents,
                fills=self.fills,
                read_account=self.desk.account,
                book=lambda _: self.book,
                decimals=lambda _: 2,
                approve=self._approve,
                manner=manner or Manner(),
                dead_man_ms=self.dead_man_ms,
                follows=self.desk.follows,
            )
        )
        made.start()
        return made

    def _approve(self, spec: OrderSpec, _reading: Reading) -> Approval:
        self.happened.append(f"approved {spec.symbol}")
        is_approved = spec.reduce_only or not self.refuses
        return Approval(is_approved=is_approved, reason=self.refuses)


def wanted(**quantities: str) -> Mapping[str, Wanted]:
    return {
        symbol: Wanted(Granted(symbol=symbol, quantity=Decimal(text)), f"run/{text}")
        for symbol, text in quantities.items()
    }


def guarded(quantity: str, stop: str) -> Mapping[str, Wanted]:
    granted = Granted(symbol="BTC", quantity=Decimal(quantity), stop_loss=Decimal(stop))
    return {"BTC": Wanted(granted, f"run/{quantity}/{stop}")}

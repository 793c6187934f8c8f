"""What the simulation found, each in its smallest form: the gateway on a database whose
commits may be told as failed though they were done, and with a clock that is set."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection

from tests.builders import START_MS
from tests.set_clock import SetClock
from threet.adapters.sql.database import Database
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.migrate import migrate
from threet.adapters.sql.trading_store import SqlFillStore, SqlIntentStore
from threet.execution.gateway import Gateway, GatewayParts
from threet.execution.reconciling import Book, Manner, Style
from threet.execution.wishes import Approval, Reading, Wanted
from threet.model.accounts import AccountPosition, AccountState, MarginMode
from threet.model.decisions import Granted
from threet.model.errors import DependencyError
from threet.model.numbers import ZERO
from threet.model.orders import Fill, OrderReport, OrderSpec, Side
from threet.ports.order_desk import (
    Accepted,
    Burned,
    NotFound,
    Outcome,
    Refused,
    Ticket,
    Unknown,
)

T = TypeVar("T")
ADDRESS = "0x" + "1" * 40
PRICE = Decimal(100)


class Doubtful(Database):
    """``loses``: the next commit that changes anything is done, and told as failed."""

    loses = False

    def write(self, work: Callable[[Connection], T]) -> T:
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
    """An exchange that says what it is told to, and fills what it accepts."""

    clock: SetClock
    says: Callable[[Ticket], Outcome] = lambda _: Unknown("lost")
    before: Callable[[], None] = lambda: None
    placed: list[list[str]] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    done: list[Fill] = field(default_factory=list)

    def place(self, tickets: Sequence[Ticket]) -> Sequence[Outcome]:
        self.before()
        self.placed.append([one.spec.symbol for one in tickets])
        return [self._placed(one) for one in tickets]

    def _placed(self, ticket: Ticket) -> Outcome:
        outcome = self.says(ticket)
        if isinstance(outcome, Accepted):
            self.fill(ticket.spec, ticket.cloid)
        return outcome

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

    def open_orders(self) -> Sequence[OrderReport]:
        return []

    def fills(self, since_ms: int) -> Sequence[Fill]:
        return [one for one in self.done if one.time_ms >= since_ms]

    def account(self) -> AccountState:
        symbols = sorted({one.symbol for one in self.done})
        return AccountState(
            address=ADDRESS,
            account_ms=self.clock.now_ms(),
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

    def gateway(self, manner: Manner | None = None) -> Gateway:
        made = Gateway(
            GatewayParts(
                clock=self.clock,
                desk=self.desk,  # type: ignore[arg-type]  # as much as is asked of it
                intents=self.intents,
                fills=self.fills,
                read_account=self.desk.account,
                book=lambda _: Book(bid=PRICE - 1, ask=PRICE + 1),
                decimals=lambda _: 2,
                approve=self._approve,
                manner=manner or Manner(),
            )
        )
        made.start()
        return made

    def _approve(self, spec: OrderSpec, _reading: Reading) -> Approval:
        self.happened.append(f"approved {spec.symbol}")
        return Approval(is_approved=True)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    database = Doubtful(make_engine(f"sqlite:///{tmp_path / '3t.db'}"))
    migrate(database.engine)
    yield World(database)
    database.close()


def wanted(**quantities: str) -> Mapping[str, Wanted]:
    return {
        symbol: Wanted(Granted(symbol=symbol, quantity=Decimal(text)), f"run/{text}")
        for symbol, text in quantities.items()
    }


def test_d1_an_intent_whose_commit_was_told_as_failed_is_settled(world: World) -> None:
    gateway = world.gateway()
    gateway.cycle({})
    world.database.loses = True  # the next is the intent's
    with pytest.raises(DependencyError):
        gateway.cycle(wanted(BTC="1"))
    assert len(world.intents.unsettled()) == 1
    for _ in range(4):
        gateway.observe()
    assert world.intents.unsettled() == []
    assert world.desk.placed == []


def test_d1_o1_of_a_batch_cut_short_every_order_is_asked_after(world: World) -> None:
    """Else the second would be sent anew, while the first of it may still land."""
    gateway = world.gateway()
    gateway.cycle({})

    def lose() -> None:
        world.database.loses = True  # the next is the first order's settling

    world.desk.before = lose
    world.desk.says = lambda one: (
        Refused("no") if one.spec.symbol == "BTC" else Unknown("lost")
    )
    with pytest.raises(DependencyError):
        gateway.cycle(wanted(BTC="1", ETH="2"))
    (eth,) = [one for one in world.intents.unsettled() if one.spec.symbol == "ETH"]
    gateway.observe()
    assert eth.cloid in world.desk.asked
    assert world.desk.placed == [["BTC", "ETH"]]


def test_d1_i2_a_fill_whose_commit_was_told_as_failed_counts_and_is_told(
    world: World,
) -> None:
    gateway = world.gateway()
    world.desk.says = lambda _: Accepted(1)
    gateway.cycle(wanted(BTC="1"))
    world.database.loses = True  # the next is the fill's
    with pytest.raises(DependencyError):
        gateway.observe()
    new = gateway.observe()
    assert [one.tid for one in new] == [1]
    assert gateway.mismatch == {}
    assert gateway.reading.position("BTC") == Decimal(1)


def test_i4_what_adds_is_judged_after_the_ways_out_were_sent(world: World) -> None:
    """They may have taken their time, and the price is older then."""
    bought = OrderSpec(
        symbol="BTC", side=Side.BUY, quantity=Decimal(1), limit_price=PRICE
    )
    world.desk.fill(bought, None)

    def says(one: Ticket) -> Outcome:
        world.happened.append(f"sent {one.spec.symbol}")
        return Accepted(9)

    world.desk.says = says
    world.gateway().cycle(wanted(BTC="0", ETH="1"))
    assert world.happened == [
        "approved BTC",
        "sent BTC",
        "approved ETH",
        "sent ETH",
    ]


def test_o7_a_clock_that_is_set_back_stops_no_twap(world: World) -> None:
    world.desk.says = lambda _: Accepted(1)
    gateway = world.gateway(Manner(style=Style.TWAP, slices=4, slice_ms=30_000))
    target = wanted(BTC="4")
    gateway.cycle(target)
    world.clock.set_by(-3_600_000)
    world.clock.advance(31)
    for _ in range(2):
        gateway.cycle(target)
    assert len(world.desk.placed) == 2


def test_o7_a_clock_that_is_set_back_lets_no_reading_be_trusted_for_longer(
    world: World,
) -> None:
    gateway = world.gateway()
    gateway.cycle({})
    by_hand = OrderSpec(
        symbol="BTC", side=Side.BUY, quantity=Decimal(1), limit_price=PRICE
    )
    world.desk.fill(by_hand, None)
    world.clock.set_by(-3_600_000)
    world.clock.advance(61)
    gateway.observe()
    assert gateway.reading.position("BTC") == Decimal(1)

"""A builder dex that cannot be read: the way out of all others is open, nothing is
added, and of what lies there nothing is concluded (B4)."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.builders import START_MS
from tests.integration.trading.scripted import (
    PRICE,
    Doubtful,
    World,
    wanted,
)
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.migrate import migrate
from threet.execution.gateway import Gateway
from threet.execution.wishes import Done, Wanted
from threet.model.decisions import Granted
from threet.model.orders import OrderReport, OrderSpec, Side
from threet.ports.order_desk import Accepted, Outcome, Ticket, Unknown

AAPL = "xyz:AAPL"
OUT = {**wanted(BTC="0"), **wanted(**{AAPL: "0"})}
STOPPED = {
    AAPL: Wanted(
        Granted(symbol=AAPL, quantity=Decimal(5), stop_loss=Decimal(90)), "run/1"
    )
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    database = Doubtful(make_engine(f"sqlite:///{tmp_path / '3t.db'}"))
    migrate(database.engine)
    made = World(database)
    made.desk.says = takes_all
    yield made
    database.close()


def takes_all(ticket: Ticket) -> Outcome:
    return Accepted(ticket.nonce)


def bought(world: World, symbol: str) -> None:
    spec = OrderSpec(
        symbol=symbol, side=Side.BUY, quantity=Decimal(5), limit_price=PRICE
    )
    world.desk.fill(spec, None)


def quoted(world: World, symbol: str, oid: int) -> None:
    world.desk.resting.append(
        OrderReport(
            symbol=symbol,
            oid=oid,
            cloid=f"0x{oid:032x}",
            side=Side.SELL,
            quantity=Decimal(5),
            remaining=Decimal(5),
            limit_price=PRICE * 2,
            status="open",
            status_ms=START_MS,
        )
    )


def unread(world: World, gateway: Gateway) -> None:
    world.desk.mute = {"xyz"}
    gateway.doubt()


def read_again(world: World) -> None:
    world.desk.mute = set()
    world.clock.advance(11)


def test_b4_the_first_dex_is_left_at_once_and_the_unread_one_when_it_is_read(
    world: World,
) -> None:
    bought(world, "BTC")
    bought(world, AAPL)
    gateway, said = world.gateway(), list[Done]()
    gateway.cycle({})
    unread(world, gateway)
    for _ in range(3):
        said += gateway.cycle(OUT)
    assert world.desk.position("BTC") == 0
    assert world.desk.position(AAPL) == 5
    assert world.desk.placed == [["BTC"]]
    barred = {one.symbol for one in said for gate in one.verdicts if not gate.passed}
    assert barred == {AAPL}
    assert gateway.unread.keys() == {"xyz"}
    assert not gateway.is_flat
    read_again(world)
    for _ in range(8):
        gateway.cycle(OUT)
        world.clock.advance(4)
    assert world.desk.position(AAPL) == 0
    assert gateway.is_flat


def test_o11_a_stop_on_an_unread_dex_stands_and_is_not_placed_again(
    world: World,
) -> None:
    bought(world, AAPL)
    gateway = world.gateway()
    for _ in range(3):
        gateway.cycle(STOPPED)
        world.clock.advance(4)
    (stop,) = world.desk.resting
    unread(world, gateway)
    for _ in range(3):
        gateway.cycle(STOPPED)
    assert [one.oid for one in gateway.reading.orders] == [stop.oid]
    read_again(world)
    for _ in range(3):
        gateway.cycle(STOPPED)
        world.clock.advance(4)
    assert world.desk.resting == [stop]


def test_f44_what_an_intent_of_an_unread_dex_became_is_asked_when_it_is_read(
    world: World,
) -> None:
    """That an exchange knows no order is no proof while it cannot tell what stands."""
    gateway = world.gateway()
    world.desk.says = lambda _: Unknown("lost")
    gateway.cycle(wanted(**{AAPL: "5"}))
    unread(world, gateway)
    for _ in range(4):
        gateway.cycle({})
        world.clock.advance(5)
    assert len(world.intents.unsettled()) == 1
    read_again(world)
    for _ in range(3):
        gateway.cycle({})
    assert world.intents.unsettled() == []


def test_o6_f44_a_start_settles_no_intent_of_a_dex_that_it_has_not_read(
    world: World,
) -> None:
    """It had expired while nothing ran; that it is unknown proves nothing here."""
    world.desk.says = lambda _: Unknown("lost")
    world.gateway().cycle(wanted(BTC="5", **{AAPL: "5"}))
    world.clock.advance(60)
    world.desk.mute = {"xyz"}
    gateway = world.gateway()
    for _ in range(3):
        gateway.cycle({})
    assert [one.spec.symbol for one in world.intents.unsettled()] == [AAPL]
    read_again(world)
    for _ in range(3):
        gateway.cycle({})
    assert world.intents.unsettled() == []


def test_b10_while_a_dex_is_unread_the_exchange_is_not_told_to_cancel_all(
    world: World,
) -> None:
    """There may be stops of which nobody knows."""
    world.dead_man_ms = 60_000
    gateway = world.gateway()
    gateway.cycle({})
    unread(world, gateway)
    quoted(world, "BTC", 77)
    gateway.cycle({})
    assert world.desk.cancels_at is None
    world.desk.resting.clear()
    gateway.doubt()
    gateway.cycle({})
    assert not gateway.sweep()
    read_again(world)
    gateway.cycle({})
    assert gateway.sweep()


def test_b10_a_kill_cancels_what_rests_where_it_is_read(world: World) -> None:
    quoted(world, "BTC", 77)
    quoted(world, AAPL, 78)
    gateway = world.gateway()
    gateway.cycle({})
    unread(world, gateway)
    gateway.cycle({})
    gateway.cancel_quotes()
    assert [one.symbol for one in world.desk.resting] == [AAPL]
    read_again(world)
    gateway.observe()
    gateway.cancel_quotes()
    assert world.desk.resting == []

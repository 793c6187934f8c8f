"""What the simulation found, each in its smallest form: the gateway on a database whose
commits may be told as failed though they were done, and with a clock that is set."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.integration.trading.scripted import PRICE, Doubtful, World, wanted
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.migrate import migrate
from threet.execution.reconciling import Manner, Style
from threet.model.errors import DependencyError
from threet.model.orders import OrderSpec, Side
from threet.ports.order_desk import Accepted, Outcome, Refused, Ticket, Unknown


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    database = Doubtful(make_engine(f"sqlite:///{tmp_path / '3t.db'}"))
    migrate(database.engine)
    yield World(database)
    database.close()


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

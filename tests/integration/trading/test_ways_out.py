"""No position stands bare because something else is not done, and nothing holds up the
way out: each in its smallest form."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from tests.builders import START_MS
from tests.integration.trading.scripted import (
    PRICE,
    Doubtful,
    World,
    guarded,
    wanted,
)
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.migrate import migrate
from threet.execution.gateway import Gateway
from threet.execution.wishes import Done, Wanted
from threet.model.orders import (
    OrderReport,
    OrderSpec,
    Side,
    TimeInForce,
    Trigger,
    TriggerKind,
)
from threet.ports.order_desk import Accepted, NotSent, Outcome, Refused, Ticket


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    database = Doubtful(make_engine(f"sqlite:///{tmp_path / '3t.db'}"))
    migrate(database.engine)
    yield World(database)
    database.close()


def takes_all(ticket: Ticket) -> Outcome:
    return Accepted(ticket.nonce)


def takes_ways_out(ticket: Ticket) -> Outcome:
    return Accepted(ticket.nonce) if ticket.spec.reduce_only else Refused("no margin")


def bought(world: World, quantity: str, symbol: str = "BTC") -> None:
    traded(world, symbol, Side.BUY, quantity)


def traded(world: World, symbol: str, side: Side, quantity: str) -> None:
    size = Decimal(quantity)
    spec = OrderSpec(symbol=symbol, side=side, quantity=size, limit_price=PRICE)
    world.desk.fill(spec, None)


def protected(world: World, stop: str) -> Gateway:
    """A position of 5 with its stop."""
    world.desk.says = takes_all
    gateway = world.gateway()
    for _ in range(3):
        gateway.cycle(guarded("5", stop))
    assert stops(world) == [(Decimal(5), Decimal(stop))]
    return gateway


def stops(world: World) -> list[tuple[Decimal, Decimal | None]]:
    return [(one.remaining, one.trigger_price) for one in world.desk.resting]


def test_what_is_held_is_protected_though_the_rest_is_refused_by_the_exchange(
    world: World,
) -> None:
    bought(world, "5")
    world.desk.says = takes_ways_out
    gateway = world.gateway()
    for _ in range(3):
        gateway.cycle(guarded("10", "90"))
    assert stops(world) == [(Decimal(5), Decimal(90))]


def test_o11_a_halt_of_what_adds_keeps_no_stop_from_being_placed_again(
    world: World,
) -> None:
    gateway = protected(world, "90")
    world.clock.advance(10)
    world.refuses, world.desk.resting = "halted", []
    gateway.doubt()
    for _ in range(2):
        gateway.cycle(guarded("10", "90"))
    assert stops(world) == [(Decimal(5), Decimal(90))]


def test_a_stop_is_moved_though_nothing_may_be_added(world: World) -> None:
    gateway = protected(world, "90")
    world.refuses = "halted"
    for _ in range(3):
        gateway.cycle(guarded("10", "95"))
    assert stops(world) == [(Decimal(5), Decimal(95))]


def test_a_stop_that_is_passed_closes_also_what_is_not_all_bought(
    world: World,
) -> None:
    bought(world, "5")
    world.desk.says = takes_ways_out
    done = world.gateway().cycle(guarded("10", "101"))
    assert [one.ends_wish for one in done] == [True]


def test_a_stop_stays_while_the_way_out_has_no_price(world: World) -> None:
    gateway = protected(world, "90")
    world.book = None
    world.desk.says = lambda _: Refused("not now")
    for _ in range(3):
        gateway.cycle(wanted(BTC="0"))
    assert stops(world) == [(Decimal(5), Decimal(90))]


def test_a_position_that_nobody_wants_keeps_the_stop_it_has(world: World) -> None:
    """Of a run that was given other parameters, and has not decided since."""
    gateway = protected(world, "90")
    for _ in range(3):
        gateway.cycle({})
    assert stops(world) == [(Decimal(5), Decimal(90))]


def test_a_turn_without_a_price_places_no_stop_of_the_other_side(world: World) -> None:
    gateway = protected(world, "90")
    world.desk.says = lambda one: (
        takes_all(one) if one.spec.trigger is not None else Refused("not now")
    )
    world.book = None
    for _ in range(2):
        gateway.cycle(guarded("-5", "110"))
    assert stops(world) == [(Decimal(5), Decimal(90))]


def test_a_stop_seen_by_the_reading_before_an_order_is_told_before_it_is_sent(
    world: World,
) -> None:
    """Else what the stop sold would be bought back: its wish ends when it is told."""
    gateway = protected(world, "90")
    (stop,) = world.desk.resting
    gateway.observe()
    world.desk.resting = []
    world.desk.fill(
        OrderSpec(
            symbol="BTC",
            side=Side.SELL,
            quantity=Decimal(5),
            limit_price=PRICE,
            time_in_force=TimeInForce.GTC,
            reduce_only=True,
            trigger=Trigger(kind=TriggerKind.STOP_LOSS, price=Decimal(90)),
        ),
        stop.cloid,
    )
    # Something of another symbol is to be sent, so the account is read once more.
    gateway.act({**guarded("5", "90"), **wanted(ETH="1")})
    assert world.desk.position("BTC") == 0
    assert stop.cloid in [one.cloid for one in gateway.observe()]


def refuses_ways_out(ticket: Ticket) -> Outcome:
    is_out = ticket.spec.reduce_only and ticket.spec.trigger is None
    return Refused("not now") if is_out else Accepted(ticket.nonce)


def refuses_stops(ticket: Ticket) -> Outcome:
    return Accepted(ticket.nonce) if ticket.spec.trigger is None else Refused("no")


def test_f25_a_refused_reduction_is_no_refused_stop(world: World) -> None:
    """Else a position that its stop protects would be closed, and its wish ended."""
    gateway = protected(world, "90")
    world.desk.says = refuses_ways_out
    said: list[Done] = []
    for _ in range(6):
        said += gateway.cycle(guarded("3", "90"))
        world.clock.advance(10)
    assert sum(one.is_refused for one in said) > 2
    assert not any(one.ends_wish for one in said)
    assert world.desk.position("BTC") == 5


def test_b4_a_refused_stop_does_not_hold_up_the_way_out(world: World) -> None:
    world.desk.says = refuses_stops
    gateway = world.gateway()
    for _ in range(2):
        gateway.cycle(guarded("5", "90"))
    assert world.desk.position("BTC") == 5
    gateway.cycle(wanted(BTC="0"))
    assert world.desk.position("BTC") == 0


def test_f25_a_refused_take_profit_closes_nothing_that_has_its_stop(
    world: World,
) -> None:
    def no_profits(ticket: Ticket) -> Outcome:
        trigger = ticket.spec.trigger
        if trigger is not None and trigger.kind is TriggerKind.TAKE_PROFIT:
            return Refused("Invalid TP/SL price")
        return Accepted(ticket.nonce)

    world.desk.says = no_profits
    bought(world, "5")
    granted = msgspec.structs.replace(
        guarded("5", "90")["BTC"].granted, take_profit=Decimal(150)
    )
    gateway, said = world.gateway(), list[Done]()
    for _ in range(200):
        said += gateway.cycle({"BTC": Wanted(granted, "run/5")})
        world.clock.advance(1)
    assert world.desk.position("BTC") == 5
    assert stops(world) == [(Decimal(5), Decimal(90))]
    assert not any(one.ends_wish for one in said)
    assert 3 < sum(one.is_refused for one in said) < 10  # tried again, less and less


def test_f25_stops_refused_for_one_position_do_not_close_the_next(world: World) -> None:
    world.desk.says = refuses_stops
    gateway = world.gateway()
    for _ in range(6):
        gateway.cycle(guarded("5", "90"))
        world.clock.advance(10)
    for _ in range(2):
        gateway.cycle(wanted(BTC="0"))
    assert world.desk.position("BTC") == 0
    world.desk.says = takes_all
    for _ in range(3):
        gateway.cycle(guarded("2", "90"))
    assert stops(world) == [(Decimal(2), Decimal(90))]


def test_a_kill_leaves_the_stop_until_the_position_is_gone(world: World) -> None:
    gateway = protected(world, "90")
    world.desk.says = lambda _: Refused("not now")
    gateway.cancel_quotes()
    gateway.cycle(wanted(BTC="0"))
    assert stops(world) == [(Decimal(5), Decimal(90))]


def test_a_way_out_without_a_price_of_ours_has_the_exchanges(world: World) -> None:
    world.desk.says = takes_all
    bought(world, "5")
    world.book = None
    gateway = world.gateway()
    for _ in range(2):
        gateway.cycle(wanted(BTC="0"))
    assert world.desk.position("BTC") == 0


def rests(world: World, cloid: str | None, side: Side = Side.SELL) -> None:
    world.desk.resting.append(
        OrderReport(
            symbol="BTC",
            oid=77,
            cloid=cloid,
            side=side,
            quantity=Decimal(5),
            remaining=Decimal(5),
            limit_price=PRICE * 2,
            status="open",
            status_ms=START_MS,
        )
    )


def test_b4_an_order_placed_by_hand_does_not_hold_up_the_way_out(world: World) -> None:
    world.desk.says = takes_all
    bought(world, "5")
    rests(world, None)
    gateway = world.gateway()
    for _ in range(2):
        gateway.cycle(wanted(BTC="0"))
    assert world.desk.position("BTC") == 0
    assert "SELL 5 at 200" in gateway.strangers["BTC"]
    assert gateway.is_flat  # of what is 3T's: a sweep takes the rest
    world.desk.resting.clear()
    gateway.doubt()
    gateway.cycle(wanted(BTC="0"))
    assert gateway.strangers == {}


def test_b4_an_order_that_no_cancel_takes_away_does_not_hold_up_the_way_out(
    world: World,
) -> None:
    world.desk.says = takes_all
    world.desk.cancels = False
    bought(world, "5")
    rests(world, "0x" + "1" * 32, Side.BUY)
    gateway = world.gateway()
    for _ in range(2):
        gateway.cycle(wanted(BTC="0"))
    assert world.desk.position("BTC") == 5  # what a cancel frees is waited for
    for _ in range(3):
        gateway.cycle(wanted(BTC="0"))
    assert world.desk.position("BTC") == 0
    assert "BTC" in gateway.strangers


def test_b4_a_cancel_that_was_not_sent_makes_no_order_one_that_will_not_go(
    world: World,
) -> None:
    """The line is down: once it is back the order goes, and nobody was alarmed."""
    world.desk.says = takes_all
    world.desk.cancels, world.desk.says_of_cancels = False, NotSent("kept back")
    bought(world, "5")
    rests(world, "0x" + "1" * 32, Side.BUY)
    gateway = world.gateway()
    for _ in range(5):
        gateway.cycle(wanted(BTC="0"))
    assert gateway.strangers == {}
    world.desk.cancels = True
    for _ in range(3):
        gateway.cycle(wanted(BTC="0"))
        world.clock.advance(4)
    assert world.desk.position("BTC") == 0
    assert world.desk.resting == []


def test_i4_a_difference_keeps_nobody_from_getting_out(world: World) -> None:
    """A fill that is never told: the exchange's own position is what can be closed."""
    world.desk.says = takes_all
    gateway = world.gateway()
    for _ in range(2):
        gateway.cycle(wanted(BTC="2"))
    bought(world, "3")
    world.desk.untold = {world.desk.done[-1].tid}
    gateway.doubt()
    gateway.cycle(wanted(BTC="10"))
    assert gateway.mismatch == {"BTC": (Decimal(2), Decimal(5))}
    assert world.desk.position("BTC") == Decimal(5)  # nothing is added
    gateway.cycle(guarded("10", "90"))
    assert stops(world) == [(Decimal(5), Decimal(90))]
    for _ in range(4):
        gateway.cycle(wanted(BTC="0"))
    assert world.desk.position("BTC") == 0
    assert len(world.desk.placed) == 3


def test_b10_what_a_kill_left_behind_cancels_no_stop_of_who_trades_again(
    world: World,
) -> None:
    world.desk.says = takes_all
    gateway = world.gateway()
    gateway.cycle({})
    assert gateway.sweep()
    gateway.cycle({})
    assert world.desk.cancels_at is not None
    for _ in range(3):
        gateway.cycle(guarded("5", "90"))
    assert stops(world) == [(Decimal(5), Decimal(90))]
    assert world.desk.cancels_at is None


def test_f43_each_order_that_vanishes_lets_the_next_wait_longer(world: World) -> None:
    """Accepted each time, which ends no patience: there was never an order."""
    world.desk.says, world.desk.swallows = takes_all, True
    gateway, target = world.gateway(), wanted(**{"xyz:A": "5"})
    vanished = []
    for _ in range(120):
        vanished += [one for one in gateway.cycle(target) if one.is_vanished]
        world.clock.advance(0.5)
    # 2, 4, 8 and 16 seconds between, of sixty.
    assert len(world.desk.placed) == 5
    assert len(vanished) == 5
    assert world.intents.unsettled() == []


def test_o5_o7_a_way_out_that_a_server_behind_was_asked_for_arrives(
    world: World,
) -> None:
    """Its reading of the account is of half a minute ago; our clock is right."""
    world.desk.says = lambda one: (
        takes_all(one)
        if one.expires_ms > world.clock.now_ms()
        else Refused("expired: it was signed by the time of the reading")
    )
    bought(world, "5")
    world.desk.behind_ms = 30_000
    gateway = world.gateway()
    for _ in range(3):
        gateway.cycle(wanted(BTC="0"))
    assert world.desk.position("BTC") == 0


def test_b10_what_lies_on_a_dex_that_is_left_loses_no_stop_to_the_exchanges_cancel(
    world: World,
) -> None:
    """Neither position nor stop is read there; the exchange would cancel all there is.
    Its fills tell that it is held, and when it is not any longer."""
    world.desk.says = takes_all
    world.desk.follows = lambda symbol: ":" not in symbol
    world.dead_man_ms = 60_000
    bought(world, "5", "xyz:AAPL")
    gateway = world.gateway()
    gateway.cycle({})
    rests(world, "0x" + "2" * 32)
    gateway.doubt()
    gateway.cycle({})
    assert world.desk.cancels_at is None  # no dead man's switch
    world.desk.resting.clear()
    gateway.doubt()
    gateway.cycle({})
    assert not gateway.sweep()
    traded(world, "xyz:AAPL", Side.SELL, "5")
    gateway.doubt()
    gateway.cycle({})
    assert gateway.sweep()

"""Orders to a real exchange over sockets, and what is proven of each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count

import msgspec
import pytest

from hlsim.faults.kinds import LoseAnswer, LoseRequest, Plan
from hlsim.server.settings import Deposit, Settings
from hlsim.testing import Served, serving
from threet.adapters.hyperliquid.posting import Posting
from threet.adapters.hyperliquid.rest import HyperliquidReader
from threet.adapters.hyperliquid.signing import Signer
from threet.adapters.hyperliquid.trading import Account, HyperliquidOrderDesk
from threet.adapters.system_clock import SystemClock
from threet.model.errors import UnknownSymbolError
from threet.model.intents import cloid_of
from threet.model.orders import (
    OrderPhase,
    OrderSpec,
    Side,
    TimeInForce,
    Trigger,
    TriggerKind,
)
from threet.ports.order_desk import (
    Accepted,
    Burned,
    Found,
    NotFound,
    NotSent,
    Refused,
    Ticket,
    Unknown,
)

# A key of nobody, for this test only.
SIGNER = Signer("0x" + "5e" * 32, "b")
FUNDS = Decimal(100_000)


@dataclass
class Venue:
    served: Served
    desk: HyperliquidOrderDesk
    mid: Decimal
    nonces: Iterator[int] = field(default_factory=lambda: count(SystemClock().now_ms()))

    def ticket(self, name: str, spec: OrderSpec, nonce: int | None = None) -> Ticket:
        return Ticket(
            spec=spec,
            cloid=cloid_of(name),
            nonce=next(self.nonces) if nonce is None else nonce,
            expires_ms=SystemClock().now_ms() + 15_000,
        )

    def resting(self, quantity: str = "0.01") -> OrderSpec:
        price = (self.mid / 2).quantize(Decimal(1))
        return OrderSpec(
            symbol="BTC",
            side=Side.BUY,
            quantity=Decimal(quantity),
            limit_price=price,
        )

    def crossing(self, side: Side, quantity: str) -> OrderSpec:
        price = self.mid * (Decimal("1.05") if side is Side.BUY else Decimal("0.95"))
        return OrderSpec(
            symbol="BTC",
            side=side,
            quantity=Decimal(quantity),
            limit_price=price.quantize(Decimal(1)),
            time_in_force=TimeInForce.IOC,
        )


@pytest.fixture
def venue(request: pytest.FixtureRequest) -> Iterator[Venue]:
    """With a plan of faults, if the test names one."""
    settings = Settings(
        symbols=5,
        history_days=0,
        accounts=(Deposit(address=SIGNER.address, funds=FUNDS),),
        faults=Plan(faults=getattr(request, "param", ())),
    )
    with serving(settings) as served:
        clock = SystemClock()
        reader = HyperliquidReader(url=served.url, clock=clock, timeout_secs=30)
        names = [one.symbol for one in reader.products()]

        def asset_of(symbol: str) -> int:
            if symbol not in names:
                raise UnknownSymbolError(symbol)
            return names.index(symbol)

        desk = HyperliquidOrderDesk(
            exchange=Posting(
                url=f"{served.url}/exchange", clock=clock, timeout_secs=30
            ),
            info=Posting(url=f"{served.url}/info", clock=clock, timeout_secs=30),
            signer=SIGNER,
            account=Account(address=SIGNER.address),
            asset_of=asset_of,
            server_ms=reader.server_ms,
        )
        candle = reader.recent_trades("BTC")
        yield Venue(served, desk, candle[-1].price)


def test_an_order_rests_is_found_by_its_cloid_and_is_canceled(venue: Venue) -> None:
    ticket = venue.ticket("rests", venue.resting())
    (outcome,) = venue.desk.place([ticket])
    assert isinstance(outcome, Accepted)
    found = venue.desk.look_up(ticket.cloid)
    assert isinstance(found, Found)
    assert (found.report.oid, found.report.phase) == (outcome.oid, OrderPhase.WORKING)
    assert [one.cloid for one in venue.desk.open_orders()] == [ticket.cloid]
    (canceled,) = venue.desk.cancel([("BTC", ticket.cloid)], next(venue.nonces))
    assert isinstance(canceled, Accepted)
    assert venue.desk.open_orders() == []


def test_f17_a_cancel_of_what_is_gone_is_told_as_such(venue: Venue) -> None:
    never = ("BTC", cloid_of("never"))
    (gone,) = venue.desk.cancel([never], next(venue.nonces))
    assert isinstance(gone, Refused)


def test_f44_m1_an_unknown_symbol_holds_up_no_cancel_of_the_others(
    venue: Venue,
) -> None:
    tickets = [venue.ticket(name, venue.resting()) for name in ("one", "two")]
    venue.desk.place(tickets)
    one, two = (("BTC", ticket.cloid) for ticket in tickets)
    orders = [one, ("gone:XYZ", cloid_of("x")), two]
    outcomes = venue.desk.cancel(orders, next(venue.nonces))
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [Accepted, NotSent, Accepted]
    assert isinstance(outcomes[1], NotSent)
    assert "lists no gone:XYZ" in outcomes[1].reason
    assert venue.desk.open_orders() == []


def test_f44_m1_an_order_of_an_unknown_symbol_is_not_sent_and_the_others_are(
    venue: Venue,
) -> None:
    strange = msgspec.structs.replace(venue.resting(), symbol="gone:XYZ")
    nonce = next(venue.nonces)
    lost, good = (
        venue.ticket(name, spec, nonce)
        for name, spec in (("lost", strange), ("good", venue.resting()))
    )
    outcomes = venue.desk.place([lost, good])
    assert [type(outcome) for outcome in outcomes] == [NotSent, Accepted]
    assert [one.cloid for one in venue.desk.open_orders()] == [good.cloid]
    assert isinstance(venue.desk.look_up(lost.cloid), NotFound)


def test_f44_m1_nothing_but_unknown_symbols_is_no_request(venue: Venue) -> None:
    (outcome,) = venue.desk.cancel([("gone:XYZ", cloid_of("x"))], next(venue.nonces))
    assert isinstance(outcome, NotSent)
    nonce = next(venue.nonces)
    levered = venue.desk.set_leverage("gone:XYZ", 3, nonce, is_cross=True)
    assert isinstance(levered, NotSent)


def test_a_burned_nonce_lets_no_order_land(venue: Venue) -> None:
    nonce = next(venue.nonces)
    assert venue.desk.burn(nonce) is Burned.ACCEPTED
    late = venue.ticket("late", venue.resting(), nonce)
    (outcome,) = venue.desk.place([late])
    assert isinstance(outcome, Unknown)  # it proves nothing: the nonce was used
    assert isinstance(venue.desk.look_up(late.cloid), NotFound)


def test_the_nonce_of_an_order_that_landed_cannot_be_burned(venue: Venue) -> None:
    ticket = venue.ticket("landed", venue.resting())
    venue.desk.place([ticket])
    assert venue.desk.burn(ticket.nonce) is Burned.USED


def test_an_expired_order_is_refused(venue: Venue) -> None:
    late = venue.ticket("expired", venue.resting())
    late = Ticket(
        spec=late.spec, cloid=late.cloid, nonce=late.nonce, expires_ms=1_000_000
    )
    (outcome,) = venue.desk.place([late])
    assert isinstance(outcome, Refused)
    assert isinstance(venue.desk.look_up(late.cloid), NotFound)


def test_o4_f16_of_a_batch_each_leg_has_its_own_result(venue: Venue) -> None:
    good = venue.ticket("good", venue.resting())
    crossing = venue.crossing(Side.BUY, "0.01")
    post_only = msgspec.structs.replace(crossing, time_in_force=TimeInForce.ALO)
    crossed = venue.ticket("crossed", post_only)
    outcomes = venue.desk.place([good, crossed])
    assert isinstance(outcomes[0], Accepted)
    assert isinstance(outcomes[1], Refused)
    assert "Post only" in outcomes[1].reason


def test_f16_what_the_payload_decides_is_told_of_the_whole_batch(venue: Venue) -> None:
    good = venue.ticket("good", venue.resting())
    small = venue.ticket("small", venue.resting("0.00001"))
    assert all(isinstance(one, Refused) for one in venue.desk.place([good, small]))
    assert venue.desk.open_orders() == []


def test_fills_are_told_by_tid_and_add_up_to_the_position(venue: Venue) -> None:
    began_ms = SystemClock().now_ms() - 1000
    venue.desk.place([venue.ticket("in", venue.crossing(Side.BUY, "0.03"))])
    venue.desk.place([venue.ticket("out", venue.crossing(Side.SELL, "0.01"))])
    fills = venue.desk.fills(began_ms)
    assert len({one.tid for one in fills}) == len(fills) >= 2
    assert sum(one.change for one in fills) == Decimal("0.02")
    assert {one.cloid for one in fills} == {cloid_of("in"), cloid_of("out")}


def test_o11_a_protective_stop_waits_at_the_exchange(venue: Venue) -> None:
    venue.desk.place([venue.ticket("in", venue.crossing(Side.BUY, "0.03"))])
    stop = OrderSpec(
        symbol="BTC",
        side=Side.SELL,
        quantity=Decimal("0.03"),
        limit_price=(venue.mid * Decimal("0.7")).quantize(Decimal(1)),
        reduce_only=True,
        trigger=Trigger(
            kind=TriggerKind.STOP_LOSS,
            price=(venue.mid * Decimal("0.8")).quantize(Decimal(1)),
        ),
    )
    (outcome,) = venue.desk.place([venue.ticket("stop", stop)])
    assert isinstance(outcome, Accepted)
    (waiting,) = venue.desk.open_orders()
    assert stop.trigger is not None
    assert waiting.trigger_price == stop.trigger.price
    assert waiting.reduce_only


_LOST_ANSWER = LoseAnswer(types=("order",), instead="reset", nth=1)
_LOST_REQUEST = LoseRequest(types=("order",), instead="reset", nth=1)
_LOSSES = [((_LOST_ANSWER,), Found), ((_LOST_REQUEST,), NotFound)]


@pytest.mark.parametrize(("venue", "truth"), _LOSSES, indirect=["venue"])
def test_o1_o2_a_lost_answer_proves_nothing_and_the_exchange_knows(
    venue: Venue, truth: type[Found | NotFound]
) -> None:
    ticket = venue.ticket("lost", venue.resting())
    (outcome,) = venue.desk.place([ticket])
    assert isinstance(outcome, Unknown)
    assert isinstance(venue.desk.look_up(ticket.cloid), truth)

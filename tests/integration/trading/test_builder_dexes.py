"""Products of a builder dex (HIP-3) over sockets: traded, kept account of, closed.

Each dex has cash of its own and numbers of its own; the account is one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hlsim.faults.armed import Armed
from hlsim.faults.kinds import Close, RefuseRequest, SwallowAction
from hlsim.faults.plan import RequestFault
from hlsim.server.settings import BuilderDex, DexCoin
from hlsim.wire.info import answer
from hlsim.wire.requests import decode_info
from tests.integration.trading.followed import (
    ADDRESS,
    FUNDS,
    Desk,
    cycles_later,
    opened,
    until,
)
from threet.adapters.sql.trading_view import SqlTradingView
from threet.components.order_gateway import OrderGateway
from threet.execution.reconciling import NOT_LISTED
from threet.model.intents import IntentState
from threet.model.money import EquityCheck, EquityVerdict
from threet.model.numbers import ZERO
from threet.model.products import dex_of
from threet.ports.halt_store import FLATTEN, KILL_SWITCH
from threet.ports.trading_view import Page

AAPL = "xyz:AAPL"
DEXES = (
    BuilderDex("flx", (DexCoin("GOLD", Decimal(4000), 3, 5),)),
    BuilderDex(
        "xyz",
        (DexCoin("TSLA", Decimal(250), 2, 10), DexCoin("AAPL", Decimal(190), 2, 10)),
    ),
)
CASH = 10_000


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path, dexes=DEXES, follows=("xyz",), symbol=AAPL) as one:
        one.send(CASH, "", "xyz")
        yield one


def is_explained(gateway: OrderGateway) -> bool:
    check = gateway.parts.ledger.last
    return check is not None and check.verdict is EquityVerdict.HOLDS


async def test_a_target_becomes_a_position_that_the_ledger_explains(desk: Desk) -> None:
    async with desk.running() as gateway:
        desk.want("5", stop=Decimal(100))
        await until(lambda: desk.position() == Decimal(5) and bool(desk.stops()))
        await until(lambda: is_explained(gateway))
        desk.want("-2")
        await until(lambda: desk.position() == Decimal(-2))
        # Money that moves between its dexes is the account's before and after.
        desk.send(1_000, "xyz", "")
        desk.send(500, "", "xyz")
        desk.want("0")
        await until(lambda: desk.position() == 0 and not desk.resting())
        await until(lambda: traded(desk) == Decimal(14))
    checks: list[EquityCheck | None] = [None]
    # A cycle that was under way may note a reading of a moment later than this one; and
    # what an hour's end paid in between is asked for seconds after it.
    await until(lambda: _is_whole(desk, checks))
    check = checks[-1]
    assert check is not None
    assert (check.difference, check.verdict) == (ZERO, EquityVerdict.HOLDS)
    assert (check.deposits, check.unrealized) == (FUNDS, ZERO)
    assert desk.fills.expected().get(AAPL) == ZERO
    assert check.account_value == FUNDS + check.realized - check.fees + check.funding
    assert check.fees > 0
    assert desk.halts.halts() == []


def _is_whole(desk: Desk, checks: list[EquityCheck | None]) -> bool:
    check = desk.ledger.note(desk.reader.account(ADDRESS))
    checks.append(check)
    return check is not None and check.difference == ZERO


async def test_cash_of_another_dex_is_no_margin_and_the_refusal_is_told(
    desk: Desk,
) -> None:
    """The whole account could pay for it; the exchange says no, in its words."""
    async with desk.running() as gateway:
        desk.want("3000")
        await until(lambda: int(gateway.figures()["refusals"]) > 0)
        await cycles_later(gateway, 3)
    assert all(pause > 1_900 for pause in desk.pauses_ms())  # no storm
    assert any("Insufficient margin" in one for one in because(desk, AAPL))


async def test_o6_o11_a_restart_sees_the_stop_of_a_dex_and_places_no_second(
    desk: Desk,
) -> None:
    async with desk.running():
        desk.want("5", stop=Decimal(100))
        await until(lambda: desk.stops() == ["100.0"])
    async with desk.running() as gateway:
        await cycles_later(gateway, 3)
        assert desk.stops() == ["100.0"]


async def test_b10_the_kill_switch_flattens_it(desk: Desk) -> None:
    async with desk.running():
        desk.want("5", stop=Decimal(100))
        await until(lambda: desk.position() == Decimal(5) and bool(desk.stops()))
        now_ms = desk.clock.now_ms()
        for cause in (KILL_SWITCH, FLATTEN):
            desk.halts.halt(cause, "by hand", now_ms)
        await until(lambda: desk.position() == 0 and not desk.resting())
        await until(desk.is_swept)


def swallowed(says: str) -> RequestFault:
    return SwallowAction(
        types=("order",),
        coins=(AAPL,),
        says=says,  # type: ignore[arg-type]  # one of the two
    )


@pytest.mark.parametrize("says", ["resting", "nothing"])
async def test_f43_an_order_that_is_taken_and_is_not_there_was_never_placed(
    desk: Desk, says: str
) -> None:
    desk.strike(swallowed(says))
    async with desk.running() as gateway:
        desk.want("5")
        await until(lambda: bool(never_placed(desk)))
        await cycles_later(gateway, 3)
    if says == "nothing":
        return  # an answer that proves nothing is settled as any other
    # Not tried again at once, and told: once for each order.
    assert all(pause > 1_900 for pause in desk.pauses_ms())
    orders = len(never_placed(desk))
    alerts = [one for one in desk.alerts if one.name == "order_vanished"]
    assert len(alerts) == orders
    assert all(AAPL in one.message and "has none" in one.message for one in alerts)
    assert int(gateway.figures()["refusals"]) == orders
    assert desk.position() == 0
    assert any("has none" in one for one in because(desk, AAPL))


def traded(desk: Desk) -> Decimal:
    return sum((one.quantity for one in desk.fills.recent(100, AAPL)), Decimal(0))


def never_placed(desk: Desk) -> list[str]:
    """What is known of the intents that were settled as that."""
    view = SqlTradingView(desk.database, account=ADDRESS)
    settled = [one.intent for one in view.settled_intents(Page(limit=100))]
    return [one.reason for one in settled if one.state is not IntentState.LANDED]


def because(desk: Desk, symbol: str) -> list[str]:
    """As `3t why` tells it."""
    return [one.because for one in desk.decisions.why(symbol, 20)]


async def test_f43_once_it_takes_orders_again_the_target_is_reached(desk: Desk) -> None:
    desk.strike(SwallowAction(types=("order",), coins=(AAPL,), count=1))
    async with desk.running():
        desk.want("5")
        await until(lambda: desk.position() == Decimal(5))
        await until(lambda: desk.fills.expected() == {AAPL: Decimal(5)})
    assert len(never_placed(desk)) == 1


async def test_f44_a_dex_that_cannot_be_read_is_refused_and_nothing_else(
    tmp_path: Path,
) -> None:
    """Its catalogue is out of reach from the start; the first dex trades on."""
    with opened(tmp_path, dexes=DEXES, follows=("xyz", "gone"), symbol="BTC") as desk:
        desk.strike(RefuseRequest(types=("perpDexs",), status=500))
        async with desk.running():
            desk.want("5", symbol=AAPL)
            desk.want("0.05")
            await until(lambda: desk.position() == Decimal("0.05"))
            await until(lambda: NOT_LISTED in because(desk, AAPL))
            await until(lambda: desk.fills.expected() == {"BTC": Decimal("0.05")})
        assert desk.halts.halts() == []


UNREAD = RefuseRequest(
    types=("clearinghouseState", "frontendOpenOrders"), dexes=("xyz",), status=502
)


@dataclass
class Unread:
    """A desk of both dexes, of which one may stop to tell what stands there."""

    desk: Desk
    _fault: Armed | None = None

    def begins(self) -> None:
        self._fault = self.desk.strike(UNREAD)
        self.read()

    def ends(self) -> None:
        assert self._fault is not None
        self.desk.lift(self._fault)
        self.read()

    def read(self) -> None:
        """Its streams break off, so that the gateway reads at once."""
        self.desk.strike(Close())

    async def is_read_again(self) -> None:
        readings = self.desk.readings
        self.read()
        await until(lambda: self.desk.readings > readings)

    def alerts(self) -> list[str]:
        return [one.name for one in self.desk.alerts]

    def position(self, symbol: str) -> Decimal:
        """By the exchange itself, past the fault."""
        state = self._told("clearinghouseState", symbol)
        held = [one["position"] for one in state["assetPositions"]]
        return next((Decimal(p["szi"]) for p in held if p["coin"] == symbol), ZERO)

    def oids(self) -> list[int]:
        """Of the orders that rest on the builder dex."""
        return [one["oid"] for one in self._told("frontendOpenOrders", AAPL)]

    def _told(self, question: str, symbol: str) -> Any:
        asked = {"type": question, "user": ADDRESS, "dex": dex_of(symbol)}
        request = decode_info(msgspec.json.encode(asked))
        now_ms = self.desk.clock.now_ms()
        told = self.desk.served.call(lambda one: answer(request, one, now_ms))
        return msgspec.json.decode(msgspec.json.encode(told))


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Unread]:
    with opened(tmp_path, dexes=DEXES, follows=("xyz",), symbol="BTC") as one:
        one.also, one.is_gated = (AAPL,), True
        one.send(CASH, "", "xyz")
        yield Unread(one)


async def held_on_both(both: Unread, gateway: OrderGateway) -> None:
    both.desk.want("0.02", stop=Decimal(1000))
    both.desk.want("5", stop=Decimal(100), symbol=AAPL)
    await until(lambda: both.position("BTC") == Decimal("0.02"))
    await until(lambda: len(both.oids()) == 1 and len(both.desk.stops()) == 2)
    await until(lambda: is_explained(gateway))


async def test_b4_f44_an_unread_dex_holds_up_no_way_out_of_the_first_one(
    both: Unread,
) -> None:
    desk = both.desk
    async with desk.running() as gateway:
        await held_on_both(both, gateway)
        (stop,) = both.oids()
        both.begins()
        await until(lambda: "dex_unread" in both.alerts())
        check, peak, of_day = desk.ledger.last, desk.watch.peak, desk.watch.of_day
        # More of the one that is read is barred, and whoever asks why is told.
        desk.want("0.04", stop=Decimal(1000))
        why = "the account on xyz cannot be read"
        await until(lambda: any(why in one for one in because(desk, "BTC")))
        # Less of it, and none, is not.
        desk.want("0.01", stop=Decimal(2000))
        await until(lambda: both.position("BTC") == Decimal("0.01"))
        desk.want("0", symbol=AAPL)
        desk.want("0")
        await until(lambda: both.position("BTC") == ZERO)
        await until(lambda: any(why in one for one in because(desk, AAPL)))
        for _ in range(5):  # so many that the ledger would believe a part
            await both.is_read_again()
        assert (both.position(AAPL), both.oids()) == (Decimal(5), [stop])
        # Nothing was held against a part of the account.
        assert desk.ledger.last is check
        assert (desk.watch.peak, desk.watch.of_day) == (peak, of_day)
        both.ends()
        await until(lambda: both.position(AAPL) == ZERO and not both.oids())
        await until(lambda: desk.ledger.last is not check and is_explained(gateway))
    assert both.alerts() == ["dex_unread"]
    assert desk.halts.halts() == []


async def test_o6_o11_a_start_without_a_dex_places_no_second_stop_there(
    both: Unread,
) -> None:
    desk = both.desk
    async with desk.running() as gateway:
        await held_on_both(both, gateway)
    (stop,) = both.oids()
    both.begins()
    async with desk.running() as gateway:
        await until(lambda: "dex_unread" in both.alerts())
        cycles = int(gateway.figures()["cycles"])
        await until(lambda: int(gateway.figures()["cycles"]) > cycles + 2)
        # The page tells no part for all there is.
        seen = desk.orders.working()
        assert seen is not None
        assert stop in [one.oid for one in seen.orders]
        readings = desk.readings
        both.ends()
        await until(lambda: desk.readings > readings)
        cycles = int(gateway.figures()["cycles"])
        await until(lambda: int(gateway.figures()["cycles"]) > cycles + 2)
    assert both.oids() == [stop]
    assert both.alerts() == ["dex_unread"]


async def test_b10_the_kill_switch_flattens_each_dex_as_soon_as_it_is_read(
    both: Unread,
) -> None:
    desk = both.desk
    async with desk.running() as gateway:
        await held_on_both(both, gateway)
        both.begins()
        await until(lambda: "dex_unread" in both.alerts())
        now_ms = desk.clock.now_ms()
        for cause in (KILL_SWITCH, FLATTEN):
            desk.halts.halt(cause, "by hand", now_ms)
        await until(lambda: both.position("BTC") == ZERO)
        cycles = int(gateway.figures()["cycles"])
        await until(lambda: int(gateway.figures()["cycles"]) > cycles + 2)
        assert (both.position(AAPL), len(both.oids())) == (Decimal(5), 1)
        assert not desk.is_swept()
        both.ends()
        await until(lambda: both.position(AAPL) == ZERO and not both.oids())
        await until(desk.is_swept)

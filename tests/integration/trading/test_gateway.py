"""The gateway against hlsim over sockets, on a database, under faults (I1, I2)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import urllib3

from hlsim.faults.kinds import (
    DelayRequest,
    LoseAnswer,
    LoseRequest,
    Plan,
    RefuseRequest,
)
from hlsim.server.settings import Deposit, Limits, Settings
from hlsim.testing import Served, serving
from tests.servers import wait_until
from threet.adapters.hyperliquid.posting import Posting
from threet.adapters.hyperliquid.rest import HyperliquidReader
from threet.adapters.hyperliquid.signing import Signer
from threet.adapters.hyperliquid.trading import Account, HyperliquidOrderDesk
from threet.adapters.sql.database import Database
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.migrate import migrate
from threet.adapters.sql.trading_store import SqlFillStore, SqlIntentStore
from threet.adapters.system_clock import SystemClock
from threet.execution.gateway import Gateway, GatewayParts
from threet.execution.reconciling import Book
from threet.execution.wishes import Approval, Wanted
from threet.model.decisions import Granted
from threet.model.errors import ExchangeError

# A key of nobody, for this test only.
SIGNER = Signer("0x" + "5e" * 32, "b")
FUNDS = Decimal(1_000_000)


HOUR_MS = 3_600_000


class OffClock(SystemClock):
    """A machine's clock that was set wrong, by ``off_ms``."""

    off_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.off_ms

    def now_ns(self) -> int:
        return super().now_ns() + self.off_ms * 1_000_000


@dataclass
class World:
    served: Served
    database: Database
    reader: HyperliquidReader

    def gateway(self, clock: SystemClock | None = None) -> Gateway:
        """As a process that has just been started."""
        clock = clock or SystemClock()
        names = [one.symbol for one in self.reader.products()]
        decimals = {one.symbol: one.quantity_decimals for one in self.reader.products()}
        desk = HyperliquidOrderDesk(
            exchange=Posting(
                url=f"{self.served.url}/exchange", clock=clock, timeout_secs=10
            ),
            info=Posting(url=f"{self.served.url}/info", clock=clock, timeout_secs=10),
            signer=SIGNER,
            account=Account(address=SIGNER.address),
            asset_of=names.index,
            server_ms=self.reader.server_ms,
        )
        made = Gateway(
            GatewayParts(
                clock=clock,
                desk=desk,
                intents=self.intents(),
                fills=SqlFillStore(self.database, account=SIGNER.address),
                read_account=lambda: self.reader.account(SIGNER.address),
                book=self.book,
                decimals=decimals.get,
                approve=lambda _spec, _reading: Approval(is_approved=True),
                lives_ms=15_000,  # longer than any pause of the machine
            )
        )
        made.start()
        return made

    def intents(self) -> SqlIntentStore:
        return SqlIntentStore(
            self.database, account=SIGNER.address, signer=SIGNER.address
        )

    def ask(self, **question: object) -> Any:
        """The exchange itself, past everything of 3T."""
        answer = urllib3.request("POST", f"{self.served.url}/info", json=question)
        return answer.json()

    def book(self, symbol: str) -> Book:
        bids, asks = self.ask(type="l2Book", coin=symbol)["levels"]
        return Book(bid=Decimal(bids[0]["px"]), ask=Decimal(asks[0]["px"]))

    def position(self, symbol: str) -> Decimal:
        for one in self.reader.account(SIGNER.address).positions:
            if one.symbol == symbol:
                return one.quantity
        return Decimal(0)


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    settings = Settings(
        symbols=5,
        history_days=0,
        limits=Limits(ip_weight=0),
        accounts=(Deposit(address=SIGNER.address, funds=FUNDS),),
        faults=Plan(faults=getattr(request, "param", ()), seed=5),
    )
    database = Database(make_engine(f"sqlite:///{tmp_path / '3t.db'}"))
    migrate(database.engine)
    with serving(settings) as served:
        reader = HyperliquidReader(url=served.url, clock=SystemClock(), timeout_secs=10)
        yield World(served, database, reader)
    database.close()


def wanted(quantity: str, number: int = 0) -> dict[str, Wanted]:
    granted = Granted(symbol="BTC", quantity=Decimal(quantity))
    return {"BTC": Wanted(granted, f"run/{number}", "run")}


def cycles(gateway: Gateway, what: dict[str, Wanted], count: int = 12) -> list[str]:
    said = []
    for _ in range(count):
        try:
            said += [one.what for one in gateway.cycle(what)]
        except ExchangeError as error:
            said.append(f"! {error}")
    return said


def most_orders_of_a_cloid(world: World) -> int:
    """By the exchange's own record of every order there ever was (I1)."""
    oids: dict[str, set[int]] = {}
    for row in world.ask(type="historicalOrders", user=SIGNER.address):
        oids.setdefault(row["order"]["cloid"], set()).add(row["order"]["oid"])
    return max(map(len, oids.values()))


def test_a_target_becomes_a_position_once_and_comes_to_rest(world: World) -> None:
    gateway = world.gateway()
    said = cycles(gateway, wanted("0.05"), 4)
    assert world.position("BTC") == Decimal("0.05")
    assert [one for one in said if "accepted" in one] == said[:1]
    assert said[-1] == "it is as wanted"


def test_a_turn_is_two_orders_and_ends_where_it_should(world: World) -> None:
    gateway = world.gateway()
    cycles(gateway, wanted("0.05"), 2)
    cycles(gateway, wanted("-0.03", 1), 4)
    assert world.position("BTC") == Decimal("-0.03")
    assert gateway.mismatch == {}


_DELAY_MS = 400
_FAULTS = (
    LoseAnswer(types=("order",), instead="reset", rate=0.4),
    LoseRequest(types=("order",), instead="reset", rate=0.3),
    RefuseRequest(types=("order",), status=502, rate=0.1),
    RefuseRequest(types=("orderStatus", "noop"), status=500, rate=0.2),
    # It lands when everybody has looked and seen nothing (O3).
    DelayRequest(types=("order",), by_ms=_DELAY_MS, instead=504, rate=0.3),
)


def until_held(
    world: World, gateway: Callable[[], Gateway], target: dict[str, Wanted]
) -> None:
    """Cycle after cycle of what ``gateway`` returns, until it is what is wanted."""
    quantity = target["BTC"].granted.quantity

    def is_held() -> bool:
        cycles(gateway(), target, 1)
        return world.position("BTC") == quantity

    wait_until(is_held, f"a position of {quantity}")


def until_all_landed(world: World, gateway: Gateway, target: dict[str, Wanted]) -> None:
    """Go on until what was held back on the way is there, by the exchange's clock."""
    until_ms = world.reader.server_ms() + 2 * _DELAY_MS
    while world.reader.server_ms() < until_ms:
        cycles(gateway, target, 1)


def traded(world: World) -> Decimal:
    """All that was bought and sold, by the exchange's own record."""
    rows = world.ask(type="userFills", user=SIGNER.address)
    return sum((Decimal(row["sz"]) for row in rows), Decimal(0))


@pytest.mark.parametrize("world", [_FAULTS], indirect=True)
def test_o1_o2_o3_i1_whatever_is_lost_no_order_is_doubled(world: World) -> None:
    gateway = world.gateway()
    for number, quantity in enumerate(("0.05", "-0.02", "0", "0.01")):
        target = wanted(quantity, number)
        until_held(world, lambda: gateway, target)
        until_all_landed(world, gateway, target)
        assert world.position("BTC") == Decimal(quantity)
    assert traded(world) == Decimal("0.05") + Decimal("0.07") + Decimal("0.03")
    assert most_orders_of_a_cloid(world) == 1
    assert gateway.mismatch == {}


@pytest.mark.parametrize("world", [_FAULTS], indirect=True)
def test_o6_a_process_that_dies_after_each_cycle_doubles_nothing(world: World) -> None:
    target = wanted("0.05")
    until_held(world, world.gateway, target)
    until_all_landed(world, world.gateway(), target)
    assert traded(world) == world.position("BTC") == Decimal("0.05")
    assert most_orders_of_a_cloid(world) == 1


@pytest.mark.parametrize("off_ms", [30 * HOUR_MS, -HOUR_MS, -60 * HOUR_MS])
def test_o7_f35_the_exchanges_clock_counts_where_ours_leaps(
    world: World, off_ms: int
) -> None:
    """Nonces of a day ahead are refused, and so is whatever has expired."""
    clock = OffClock()
    gateway = world.gateway(clock)
    cycles(gateway, wanted("0.05"), 3)
    clock.off_ms = off_ms
    said = cycles(gateway, wanted("0", 1), 3)
    assert world.position("BTC") == 0, said
    assert [one.intent_id for one in world.intents().unsettled()] == []
    clock.off_ms = 0
    cycles(gateway, wanted("0.02", 2), 3)
    assert world.position("BTC") == Decimal("0.02")


def test_o7_a_nonce_of_days_ahead_bars_the_way_to_no_other(world: World) -> None:
    """Taken by a clock that nobody could compare: no exchange has accepted it."""
    world.intents().next_nonce(SystemClock().now_ms() + 72 * HOUR_MS)
    cycles(world.gateway(), wanted("0.05"), 3)
    cycles(world.gateway(), wanted("0.02", 1), 3)
    assert world.position("BTC") == Decimal("0.02")


def test_o7_after_accepted_nonces_of_hours_ahead_others_follow(world: World) -> None:
    clock = OffClock()
    clock.off_ms = 23 * HOUR_MS
    world.intents().next_nonce(clock.now_ms())
    for number, quantity in enumerate(("0.05", "0.02", "0.03")):
        cycles(world.gateway(), wanted(quantity, number), 3)
        assert world.position("BTC") == Decimal(quantity)

"""The account's value against the ledger: a difference is looked into, said twice,
halts new risk, and ends by itself (F67, F40)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from tests.money import START_MS, a_fill, funded, moved
from threet.accounts.ledger_watch import LedgerWatch, LedgerWatchParts
from threet.adapters.memory.clock import ManualClock
from threet.adapters.sql.database import Database
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.halt_store import SqlHaltStore
from threet.adapters.sql.ledger_store import SqlLedgerStore
from threet.adapters.sql.migrate import migrate
from threet.adapters.sql.trading_store import SqlFillStore
from threet.model.accounts import AccountPosition, AccountState, MarginMode
from threet.model.errors import ExchangeError, UnreachableError
from threet.model.events import AlertRaised
from threet.model.money import (
    FOLLOWING,
    OPENING,
    OPENING_POSITION,
    EquityVerdict,
    FundingPayment,
    LedgerUpdate,
)
from threet.ports.halt_store import EQUITY, KILL_SWITCH

ACCOUNT = "0x" + "a1" * 20
HOLDS, SUSPECT, DIFFERS = EquityVerdict
HOUR_MS = 3_600_000
STEP_MS = 15_000


@dataclass
class Told:
    """What the exchange would tell of money; asked how often."""

    paid: list[FundingPayment] = field(default_factory=list)
    moves: list[LedgerUpdate] = field(default_factory=list)
    fails: ExchangeError | None = None
    asked: int = 0

    def funding(self, since_ms: int) -> Sequence[FundingPayment]:
        self.asked += 1
        if self.fails is not None:
            raise self.fails
        return [one for one in self.paid if one.time_ms >= since_ms][:500]

    def updates(self, since_ms: int) -> Sequence[LedgerUpdate]:
        return [one for one in self.moves if one.time_ms >= since_ms][:500]


class World:
    def __init__(self, database: Database) -> None:
        self.store = SqlLedgerStore(database, account=ACCOUNT)
        self.halts = SqlHaltStore(database, account=ACCOUNT)
        self.fills = SqlFillStore(database, account=ACCOUNT)
        self.told = Told(moves=[moved("1000")])
        self.alerts: list[AlertRaised] = []
        self.now_ms = START_MS + 60_000
        self.restart()

    def restart(self, *dexes: str) -> None:
        self.watch = LedgerWatch(
            LedgerWatchParts(
                clock=ManualClock(self.now_ms),
                store=self.store,
                money=self.told,
                halts=self.halts,
                alert=self.alerts.append,
                dexes=dexes,
            )
        )

    def reads(self, value: str, *held: AccountPosition) -> EquityVerdict | None:
        self.now_ms += STEP_MS
        check = self.watch.note(an_account(value, self.now_ms, *held))
        return None if check is None else check.verdict

    def causes(self) -> list[str]:
        return [one.cause for one in self.halts.halts()]


def an_account(value: str, at_ms: int, *held: AccountPosition) -> AccountState:
    return AccountState(
        address=ACCOUNT,
        account_ms=at_ms,
        account_value=Decimal(value),
        total_margin_used=Decimal(0),
        total_notional=Decimal(0),
        withdrawable=Decimal(0),
        maintenance_margin=Decimal(0),
        positions=held,
    )


def a_position(quantity: str, value: str, pnl: str) -> AccountPosition:
    return AccountPosition(
        symbol="BTC",
        quantity=Decimal(quantity),
        entry_price=Decimal(1),
        leverage=1,
        margin_mode=MarginMode.CROSS,
        margin_used=Decimal(0),
        position_value=Decimal(value),
        unrealized_pnl=Decimal(pnl),
        liquidation_price=None,
        funding_since_open=Decimal(0),
    )


@pytest.fixture
def world(tmp_path: Path) -> World:
    database = Database(make_engine(f"sqlite:///{tmp_path / '3t.db'}"))
    migrate(database.engine)
    return World(database)


def test_what_is_explained_holds_and_is_kept(world: World) -> None:
    assert world.reads("1000") is HOLDS
    kept = world.store.last_check()
    assert kept is not None
    assert (kept.deposits, kept.difference) == (Decimal(1000), Decimal(0))
    assert world.causes() == []


def test_f40_what_is_open_counts_once(world: World) -> None:
    world.reads("1000")
    world.fills.record([a_fill("1", "100", fee=Decimal("0.5"))])
    assert world.reads("1009.5", a_position("1", "110", "10")) is HOLDS
    # As it would be if unrealized were in the cash as well.
    assert world.reads("1019.5", a_position("1", "110", "10")) is SUSPECT


def test_less_than_a_cent_is_a_rounding(world: World) -> None:
    world.reads("1000")
    assert world.reads("1000.009999") is HOLDS
    assert world.reads("999.99") is SUSPECT


def test_f67_one_odd_reading_is_no_fact(world: World) -> None:
    world.reads("1000")
    assert world.reads("0") is SUSPECT
    assert world.reads("1000") is HOLDS
    assert world.reads("400") is SUSPECT
    assert world.reads("1000") is HOLDS
    assert (world.causes(), world.alerts) == ([], [])


def test_a_second_reading_halts_new_risk_and_tells_once(world: World) -> None:
    world.reads("1000")
    assert world.reads("990.5") is SUSPECT
    assert world.reads("991") is DIFFERS
    (halt,) = world.halts.halts()
    assert (halt.cause, halt.reason) == (
        EQUITY,
        "the account has 9 USDC less than is booked",
    )
    assert world.reads("991") is DIFFERS
    (alert,) = world.alerts
    assert (alert.name, alert.message) == ("equity_differs", halt.reason)


def test_a_second_reading_right_after_the_first_confirms_nothing(world: World) -> None:
    world.reads("1000")
    world.reads("990")
    world.now_ms += 1_000 - STEP_MS
    assert world.reads("990") is SUSPECT
    assert world.reads("990") is DIFFERS


def test_the_halt_ends_when_it_holds_twice_and_the_kill_switch_stays(
    world: World,
) -> None:
    world.reads("1000")
    world.halts.halt(KILL_SWITCH, "by hand", 1)
    world.reads("990")
    world.reads("990")
    assert set(world.causes()) == {KILL_SWITCH, EQUITY}
    world.restart()
    assert world.reads("1000") is HOLDS
    assert set(world.causes()) == {KILL_SWITCH, EQUITY}
    assert world.reads("1000") is HOLDS
    assert world.causes() == [KILL_SWITCH]


def test_a_deposit_is_found_when_the_account_grows(world: World) -> None:
    world.reads("1000")
    world.told.moves.append(moved("50", time_ms=world.now_ms + 1))
    assert world.reads("1050") is HOLDS


def test_funding_is_looked_for_after_each_hour_and_not_between(world: World) -> None:
    world.reads("1000")
    asked = world.told.asked
    for _ in range(20):
        assert world.reads("1000") is HOLDS
    assert world.told.asked == asked
    world.now_ms = START_MS + HOUR_MS
    world.told.paid.append(funded("-0.001", "0", time_ms=world.now_ms + 30))
    assert world.reads("999.999") is HOLDS
    assert world.watch.reader.ledger().products["BTC"].funding == Decimal("-0.001")


def test_what_the_exchange_does_not_tell_is_no_difference(world: World) -> None:
    world.reads("1000")
    world.told.fails = UnreachableError("userFunding", "HTTP 502")
    for _ in range(5):
        assert world.reads("990") is None
    assert world.causes() == []
    world.told.fails = None
    world.reads("990")
    assert world.reads("990") is DIFFERS


def test_a_reading_of_before_a_fill_is_not_held_against_it(world: World) -> None:
    world.reads("1000")
    world.fills.record([a_fill("1", "100", time_ms=world.now_ms + 1)])
    for _ in range(3):
        assert world.reads("1000") is None
    # It is no reading between two answers: a fill is missing, or one too many.
    assert world.reads("990") is SUSPECT


def test_an_entry_newer_than_the_reading_is_not_held_against_it(world: World) -> None:
    world.reads("1000")
    world.told.moves.append(moved("50", time_ms=world.now_ms + STEP_MS + 1))
    assert world.reads("1000.02") is None
    assert world.reads("1050") is HOLDS


def test_a_movement_nobody_understands_is_named(world: World) -> None:
    world.told.moves.append(moved(None, "newKind", time_ms=START_MS + 1))
    world.reads("1000")
    world.reads("1007")
    assert world.reads("1007") is DIFFERS
    assert "7 USDC more than is booked; not understood: newKind" in (
        world.halts.halts()[0].reason
    )


def test_a_history_longer_than_can_be_read_has_an_opening_entry(world: World) -> None:
    """Said twice, and told as what it is; later differences are no openings."""
    held = a_position("2", "220", "20")
    assert world.reads("1523.5", held) is SUSPECT
    assert world.store.last_check() is None
    assert world.reads("1523.5", held) is HOLDS
    found = {one.kind: one for one in world.store.entries().updates if one.is_ours}
    assert found[OPENING].amount == Decimal("503.5")
    position = found[OPENING_POSITION]
    assert (position.quantity, position.cost) == (Decimal(2), Decimal(200))
    assert world.reads("1500", held) is SUSPECT
    assert world.reads("1500", held) is DIFFERS


def test_f67_an_odd_reading_at_first_sight_is_no_opening(world: World) -> None:
    assert world.reads("5") is SUSPECT
    assert world.reads("1000") is HOLDS
    assert [one for one in world.store.entries().updates if one.is_ours] == []


def test_f49_a_long_history_is_read_page_by_page_before_anything_is_said(
    world: World,
) -> None:
    world.told.paid = [
        funded("0.01", "0", time_ms=START_MS - 3_000_000 + number)
        for number in range(4_000)
    ]
    assert world.reads("1040") is None
    assert world.reads("1040") is HOLDS
    assert world.told.asked == 9


def test_an_exchange_that_began_anew_is_seen_for_the_first_time(world: World) -> None:
    world.reads("1000")
    world.fills.forget()
    world.told.moves = [msgspec.structs.replace(moved("77"), key="another")]
    assert world.reads("77") is HOLDS
    assert world.watch.reader.ledger().deposits == Decimal(77)


def ours(world: World) -> list[tuple[str, Decimal | None]]:
    found = [one for one in world.store.entries().updates if one.is_ours]
    return [(one.kind, one.amount) for one in found]


def test_a_dex_that_is_followed_from_now_on_is_no_difference(world: World) -> None:
    """500 were sent there before: money out then, the account's again now."""
    world.told.moves.append(moved("-500", "send", time_ms=START_MS + 1))
    assert world.reads("500") is HOLDS
    world.restart("xyz")
    assert world.reads("1000") is SUSPECT
    assert world.reads("1000") is HOLDS
    assert ours(world) == [(FOLLOWING, Decimal(500))]
    world.restart("xyz")  # it is known now, and nothing more is booked
    assert world.reads("1000") is HOLDS
    assert world.reads("993") is SUSPECT
    assert world.reads("993") is DIFFERS
    assert len(ours(world)) == 1


def test_a_dex_that_is_left_takes_what_is_on_it_along(world: World) -> None:
    world.restart("xyz")
    assert world.reads("1000") is HOLDS
    world.restart()
    assert world.reads("700") is SUSPECT
    assert world.reads("700") is HOLDS
    assert ours(world) == [(FOLLOWING, Decimal(0)), (FOLLOWING, Decimal(-300))]
    assert world.causes() == []


def test_a_torn_reading_at_the_change_of_dexes_is_not_booked(world: World) -> None:
    assert world.reads("1000") is HOLDS
    world.restart("xyz")
    assert world.reads("1300") is SUSPECT
    assert world.reads("1000") is HOLDS
    assert ours(world) == [(FOLLOWING, Decimal(0))]

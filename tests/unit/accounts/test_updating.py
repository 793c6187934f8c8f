"""A balance is believed, or read again; a failure changes nothing."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fake_exchange import ADDRESS, FakeExchange, a_position
from threet.accounts.believing import is_odd
from threet.accounts.news import relay
from threet.accounts.updating import BalanceOutcome, BalanceUpdating, require_address
from threet.adapters.memory.clock import ManualClock
from threet.adapters.memory.fetch_state import MemoryRateBudget
from threet.adapters.sql.account_store import SqlAccountStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.migrate import migrate
from threet.adapters.sql.outbox import SqlOutbox
from threet.model.errors import ConfigurationError, DependencyError, UnreachableError
from threet.model.events import Envelope

T0 = 1_700_006_400_000
amounts = st.decimals(-(10**9), 10**9, places=6)


class World:
    def __init__(self, folder: Path) -> None:
        engine = make_engine(f"sqlite:///{folder / '3t.db'}")
        migrate(engine)
        self.database = Database(engine)
        self.clock = ManualClock(T0)
        self.exchange = FakeExchange(self.clock)
        self.accounts = SqlAccountStore(self.database)
        self.outbox = SqlOutbox(self.database)
        self.balances = BalanceUpdating(
            clock=self.clock,
            exchange=self.exchange,
            accounts=self.accounts,
            budget=MemoryRateBudget(self.clock),
        )

    def read(self, equity: str, suspected: str | None = None) -> BalanceOutcome:
        """The next reading, thirty seconds later."""
        self.clock.advance(30)
        self.exchange.equity = equity
        given_equity = None if suspected is None else Decimal(suspected)
        return self.balances.update(ADDRESS, given_equity).outcome

    @property
    def equity(self) -> Decimal:
        state = self.accounts.current(ADDRESS)
        assert state is not None
        return state.account_value


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_reading_is_recorded_with_its_news(world: World) -> None:
    assert world.read("1000.25") is BalanceOutcome.RECORDED
    ids = [envelope.event_id for envelope in world.outbox.waiting(9)]
    at = T0 + 30_000
    assert ids == [f"balance/{ADDRESS}/{at}", f"positions/{ADDRESS}/{at}"]


def test_the_same_reading_twice_has_one_effect(world: World) -> None:
    world.read("1000")
    assert world.balances.update(ADDRESS).outcome is BalanceOutcome.KNOWN
    assert len(world.outbox.waiting(9)) == 2


@pytest.mark.parametrize("odd", ["0", "-5", "499", "2001", "1000000"])
def test_f67_one_odd_reading_is_no_baseline(world: World, odd: str) -> None:
    world.read("1000")
    assert world.read(odd) is BalanceOutcome.SUSPECT
    assert world.equity == 1000
    # The second look is sane again: the odd one never was.
    assert world.read("1001", suspected=odd) is BalanceOutcome.RECORDED
    assert world.equity == 1001
    assert len(world.accounts.history(ADDRESS, 9)) == 2


def test_a_real_loss_is_recorded_once_confirmed(world: World) -> None:
    world.read("1000")
    assert world.read("300") is BalanceOutcome.SUSPECT
    assert world.read("299", suspected="300") is BalanceOutcome.RECORDED
    assert world.read("298") is BalanceOutcome.RECORDED
    assert world.equity == 298


def test_two_odd_readings_that_disagree_confirm_nothing(world: World) -> None:
    world.read("1000")
    assert world.read("90000", suspected="1") is BalanceOutcome.SUSPECT
    assert world.equity == 1000


def test_an_account_that_was_emptied_is_recorded(world: World) -> None:
    world.read("1000")
    world.exchange.held = ()
    assert world.read("0") is BalanceOutcome.SUSPECT
    assert world.read("0", suspected="0") is BalanceOutcome.RECORDED
    assert world.read("0") is BalanceOutcome.RECORDED


@given(amounts, amounts)
def test_oddness_is_symmetric_and_nothing_is_odd_to_itself(
    one: Decimal, other: Decimal
) -> None:
    assert is_odd(one, other) == is_odd(other, one)
    assert not is_odd(one, one)


@given(amounts, amounts)
def test_whatever_happens_two_agreeing_readings_settle_it(
    one: Decimal, other: Decimal
) -> None:
    """Law: the balance never stays suspect for ever."""
    assert not is_odd(one, other) or not is_odd(other, other)


def test_f63_f66_a_failed_fetch_changes_nothing(world: World) -> None:
    world.read("1000")
    before = world.accounts.current(ADDRESS)
    world.exchange.fault = UnreachableError("clearinghouseState", "timeout")
    assert world.read("1") is BalanceOutcome.FAILED
    assert world.accounts.current(ADDRESS) == before
    assert before is not None
    assert before.positions == (a_position("BTC"),)


@pytest.mark.parametrize("misdated_ms", [10_001, 10**11, -3_600_001])
def test_a_misdated_reading_changes_nothing_and_freezes_nothing(
    world: World, misdated_ms: int
) -> None:
    world.read("1000")
    world.exchange.misdated_ms = misdated_ms
    assert world.read("1001") is BalanceOutcome.FAILED
    report = world.balances.update(ADDRESS)
    assert str(abs(misdated_ms)) in report.reason
    assert world.equity == 1000
    world.exchange.misdated_ms = 0
    assert world.read("1002") is BalanceOutcome.RECORDED
    assert world.equity == 1002


def test_a_reading_dated_a_little_ahead_is_recorded(world: World) -> None:
    world.exchange.misdated_ms = 10_000
    assert world.read("1000") is BalanceOutcome.RECORDED


@pytest.mark.parametrize(
    "address", [None, "", "0x12", "ab" * 21, ADDRESS + "0", "0xzz"]
)
def test_r22_a_bad_address_is_told_before_anything_is_asked(
    world: World, address: str | None
) -> None:
    with pytest.raises(ConfigurationError) as told:
        world.balances.update(address)
    assert "exchanges.hyperliquid.wallet_address" in str(told.value)
    assert world.exchange.requests == 0
    assert not address or address not in str(told.value)


def test_a_good_address_passes() -> None:
    assert require_address(ADDRESS) == ADDRESS


def test_without_weight_nothing_is_asked(world: World) -> None:
    world.balances = BalanceUpdating(
        clock=world.clock,
        exchange=world.exchange,
        accounts=world.accounts,
        budget=MemoryRateBudget(world.clock, per_minute=3),
    )
    assert world.balances.update(ADDRESS).outcome is BalanceOutcome.RECORDED
    assert world.balances.update(ADDRESS).outcome is BalanceOutcome.NO_BUDGET
    assert world.exchange.requests == 1


def test_a_crash_between_publishing_and_marking_publishes_again(world: World) -> None:
    world.read("1000")
    published: list[Envelope] = []

    class Killed(SqlOutbox):
        def mark_published(self, event_ids: object) -> None:
            raise DependencyError("database", "killed")

    with pytest.raises(DependencyError):
        relay(Killed(world.database), published.extend)
    assert relay(world.outbox, published.extend) == 2
    ids = [envelope.event_id for envelope in published]
    assert ids[:2] == ids[2:]
    assert relay(world.outbox, published.extend) == 0


def test_what_cannot_be_published_keeps_waiting(world: World) -> None:
    world.read("1000")

    def fails(_: object) -> None:
        raise DependencyError("redis", "down")

    with pytest.raises(DependencyError):
        relay(world.outbox, fails)
    assert len(world.outbox.waiting(9)) == 2


def test_a_reading_over_several_dexes_takes_their_weight(world: World) -> None:
    budget = MemoryRateBudget(world.clock)
    balances = BalanceUpdating(
        clock=world.clock,
        exchange=world.exchange,
        accounts=world.accounts,
        budget=budget,
        weight=8,
    )
    balances.update(ADDRESS)
    assert budget.state().used == 8

"""What every account store does. A new one joins by a line in ``stores``."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal

import pytest

from tests import fake_exchange
from tests.contract.conftest import OpenDatabase
from tests.fake_exchange import ADDRESS, a_position
from threet.adapters.memory.account_store import MemoryAccountStore
from threet.adapters.sql.account_store import SqlAccountStore
from threet.adapters.sql.outbox import SqlOutbox
from threet.model.accounts import AccountPosition, AccountState
from threet.model.errors import InvalidValueError
from threet.model.events import BalanceUpdated, Envelope, PositionsUpdated
from threet.ports.account_store import AccountStore

T0 = 1_700_000_000_000


@dataclass(frozen=True)
class Stores:
    accounts: AccountStore
    filed: Callable[[], Sequence[Envelope]]


@pytest.fixture(params=["memory", "sqlite", "mariadb"])
def stores(request: pytest.FixtureRequest, open_database: OpenDatabase) -> Stores:
    if request.param == "memory":
        memory = MemoryAccountStore()
        return Stores(memory, lambda: memory.filed)
    database = open_database(request.param)
    outbox = SqlOutbox(database)
    return Stores(SqlAccountStore(database), lambda: outbox.waiting(100))


def a_state(
    at: int, value: str = "1000.25", held: Sequence[AccountPosition] = ()
) -> AccountState:
    return fake_exchange.a_state(T0 + at, value, held)


def news(at: int) -> Sequence[Envelope]:
    balance = BalanceUpdated(
        received_ns=1,
        address=ADDRESS,
        account_value=Decimal("1000.25"),
        total_margin_used=Decimal("30"),
        withdrawable=Decimal("970.25"),
    )
    held = PositionsUpdated(
        received_ns=1, address=ADDRESS, positions=(a_position("BTC"),)
    )
    trace = f"00-{at:032x}-{at:016x}-01"
    return [
        Envelope(event_id=f"balance/{at}", event=balance, traceparent=trace),
        Envelope(event_id=f"positions/{at}", event=held),
    ]


def test_an_account_never_read_is_unknown(stores: Stores) -> None:
    assert stores.accounts.current(ADDRESS) is None
    assert list(stores.accounts.history(ADDRESS, 10)) == []


def test_a_recorded_reading_comes_back_exact(stores: Stores) -> None:
    state = a_state(1, held=[a_position("BTC"), a_position("kPEPE", "-7")])
    assert stores.accounts.record(state, [])
    assert stores.accounts.current(ADDRESS) == state


def test_a_new_reading_replaces_all_positions(stores: Stores) -> None:
    stores.accounts.record(a_state(1, held=[a_position("BTC"), a_position("ETH")]), [])
    newer = a_state(2, held=[a_position("ETH", "-2"), a_position("SOL")])
    stores.accounts.record(newer, [])
    assert stores.accounts.current(ADDRESS) == newer
    stores.accounts.record(a_state(3), [])
    assert stores.accounts.current(ADDRESS) == a_state(3)


def test_equities_are_those_since_a_time_oldest_first(stores: Stores) -> None:
    for number in (1, 2, 3):
        stores.accounts.record(a_state(number), [])
    states = [a_state(number) for number in (2, 3)]
    expected = [(one.account_ms, one.account_value) for one in states]
    since_ms = states[0].account_ms
    assert list(stores.accounts.equities(ADDRESS, since_ms)) == expected


def test_history_is_appended_and_read_oldest_first(stores: Stores) -> None:
    for at in (1, 2, 3):
        stores.accounts.record(a_state(at, f"{at}.5"), [])
    points = stores.accounts.history(ADDRESS, 2)
    assert [point.account_value for point in points] == [Decimal("2.5"), Decimal("3.5")]
    assert [point.account_ms for point in points] == [T0 + 2, T0 + 3]


@pytest.mark.parametrize("at", [4, 5])
def test_the_same_or_an_older_reading_changes_nothing(stores: Stores, at: int) -> None:
    newest = a_state(5, held=[a_position("BTC")])
    stores.accounts.record(newest, news(5))
    assert not stores.accounts.record(a_state(at, "1"), news(77))
    assert stores.accounts.current(ADDRESS) == newest
    assert len(stores.accounts.history(ADDRESS, 10)) == 1
    assert list(stores.filed()) == list(news(5))


def test_news_are_filed_with_the_facts(stores: Stores) -> None:
    stores.accounts.record(a_state(1), news(1))
    stores.accounts.record(a_state(2), news(2))
    assert list(stores.filed()) == [*news(1), *news(2)]


def test_what_breaks_a_law_stores_nothing_of_the_call(stores: Stores) -> None:
    stores.accounts.record(a_state(1, held=[a_position("BTC")]), [])
    too_fine = a_position("ETH", "0.0000000000000000001")
    with pytest.raises(InvalidValueError):
        stores.accounts.record(a_state(2, held=[too_fine]), news(2))
    assert stores.accounts.current(ADDRESS) == a_state(1, held=[a_position("BTC")])
    assert list(stores.filed()) == []


def test_one_reading_recorded_by_many_at_once_has_one_effect(stores: Stores) -> None:
    state = a_state(1, held=[a_position("BTC")])
    with ThreadPoolExecutor(8) as pool:
        done = list(
            pool.map(lambda _: stores.accounts.record(state, news(1)), range(8))
        )
    assert sorted(done) == [False] * 7 + [True]
    assert len(stores.accounts.history(ADDRESS, 10)) == 1
    assert len(stores.filed()) == 2


def test_readings_recorded_at_once_end_with_the_newest(stores: Stores) -> None:
    states = [a_state(at, held=[a_position("BTC", f"{at}")]) for at in range(1, 9)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda state: stores.accounts.record(state, []), states))
    assert stores.accounts.current(ADDRESS) == states[-1]

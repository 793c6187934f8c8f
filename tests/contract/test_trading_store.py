"""Intents, nonces and fills on every database: each decision one order, each fill one
row, whoever writes how often (I1, I2, F20, F21, F27, F28)."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal

import msgspec
import pytest

from tests.contract.conftest import OpenDatabase
from threet.adapters.sql.database import Database
from threet.adapters.sql.trading_store import SqlFillStore, SqlIntentStore
from threet.model.intents import IntentState
from threet.model.orders import Fill, OrderSpec, Side
from threet.ports.intent_store import Draft

NOW_MS = 1_790_000_000_000
ACCOUNT, SIGNER = "0x" + "A1" * 20, "0x" + "b2" * 20
SPEC = OrderSpec(
    symbol="kPEPE",
    side=Side.SELL,
    quantity=Decimal("12345"),
    limit_price=Decimal("0.012345"),
    reduce_only=True,
)


@dataclass(frozen=True)
class Stores:
    database: Database
    intents: SqlIntentStore
    fills: SqlFillStore


@pytest.fixture(params=["sqlite", "mariadb"])
def stores(request: pytest.FixtureRequest, open_database: OpenDatabase) -> Stores:
    database = open_database(request.param)
    return Stores(
        database,
        SqlIntentStore(database, account=ACCOUNT, signer=SIGNER),
        SqlFillStore(database, account=ACCOUNT),
    )


def drafts(*names: str, run: str = "trend") -> Sequence[Draft]:
    return [Draft(intent_id=name, run=run, spec=SPEC) for name in names]


def a_fill(tid: int, **changes: object) -> Fill:
    fill = Fill(
        symbol="kPEPE",
        tid=tid,
        oid=7,
        cloid=None,
        side=Side.BUY,
        price=Decimal("0.0123"),
        quantity=Decimal(10),
        fee=Decimal("-0.000001"),
        closed_pnl=Decimal(0),
        start_position=Decimal(0),
        time_ms=NOW_MS + tid,
        is_taker=True,
    )
    return msgspec.structs.replace(fill, **changes)


def test_an_intent_is_kept_as_it_was_prepared(stores: Stores) -> None:
    (made,) = stores.intents.prepare(drafts("a/1/0"), now_ms=NOW_MS, lives_ms=5_000)
    assert stores.intents.unsettled() == [made]
    assert stores.intents.by_cloid([made.cloid]) == [made]
    assert made.spec == SPEC


def test_f11_i1_the_same_decision_is_prepared_once(stores: Stores) -> None:
    stores.intents.prepare(drafts("a/1/0"), now_ms=NOW_MS, lives_ms=5_000)
    again = stores.intents.prepare(
        drafts("a/1/0", "a/2/0"), now_ms=NOW_MS, lives_ms=5_000
    )
    assert [one.intent_id for one in again] == ["a/2/0"]


def test_what_is_settled_is_no_longer_open(stores: Stores) -> None:
    (made,) = stores.intents.prepare(drafts("a/1/0"), now_ms=NOW_MS, lives_ms=5_000)
    landed = msgspec.structs.replace(made, state=IntentState.LANDED, oid=2**52)
    stores.intents.settle(landed)
    assert stores.intents.unsettled() == []
    assert stores.intents.by_cloid([made.cloid]) == [landed]


def test_f27_f28_nonces_of_many_writers_are_unique_and_rise(stores: Stores) -> None:
    def take(_: int) -> list[int]:
        return [stores.intents.next_nonce(NOW_MS) for _ in range(10)]

    with ThreadPoolExecutor(4) as pool:
        taken = [nonce for some in pool.map(take, range(4)) for nonce in some]
    assert sorted(taken) == list(range(NOW_MS, NOW_MS + 40))


def test_f35_a_clock_that_steps_back_makes_no_nonce_twice(stores: Stores) -> None:
    first = stores.intents.next_nonce(NOW_MS)
    assert stores.intents.next_nonce(NOW_MS - 60_000) == first + 1


def test_f20_f21_a_fill_told_again_is_one_row(stores: Stores) -> None:
    told = [a_fill(1), a_fill(2), a_fill(1)]
    assert [one.tid for one in stores.fills.record(told)] == [1, 2]
    assert stores.fills.record(told) == []
    assert stores.fills.recent(10) == [a_fill(1), a_fill(2)]
    assert stores.fills.newest_ms() == NOW_MS + 2


def test_i2_positions_are_the_sum_of_fills(stores: Stores) -> None:
    assert stores.fills.expected() == {}
    stores.fills.record(
        [
            a_fill(1),
            a_fill(2, side=Side.SELL, quantity=Decimal("2.5")),
            a_fill(3, symbol="BTC", quantity=Decimal("0.00001")),
            a_fill(4, symbol="BTC", quantity=Decimal("0.00001"), side=Side.SELL),
        ]
    )
    assert stores.fills.expected() == {"kPEPE": Decimal("7.5"), "BTC": 0}


def test_f71_symbols_differ_by_their_case(stores: Stores) -> None:
    stores.fills.record([a_fill(1), a_fill(2, symbol="KPEPE")])
    assert stores.fills.expected() == {"kPEPE": Decimal(10), "KPEPE": Decimal(10)}

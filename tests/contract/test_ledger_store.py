"""The ledger's entries on every database: each once, whole, and with its owner."""

from decimal import Decimal

import msgspec
import pytest

from tests.contract.conftest import OpenDatabase
from tests.money import START_MS, a_fill, funded, moved
from threet.accounts.ledger_reader import LedgerReader
from threet.accounts.pnl import by_product, total
from threet.adapters.sql.ledger_store import SqlLedgerStore
from threet.adapters.sql.trading_store import SqlFillStore, SqlIntentStore
from threet.model.money import (
    OPENING,
    OPENING_POSITION,
    EquityCheck,
    EquityVerdict,
)
from threet.model.orders import OrderSpec, Side
from threet.ports.intent_store import Draft
from threet.ports.ledger_store import Extent, Origin

ACCOUNT, OTHER = "0x" + "A1" * 20, "0x" + "b2" * 20
SPEC = OrderSpec(
    symbol="BTC", side=Side.BUY, quantity=Decimal(3), limit_price=Decimal(100)
)


class Books:
    """One account's stores, and another's beside them."""

    def __init__(self, open_database: OpenDatabase, kind: str) -> None:
        database = open_database(kind)
        self.ledger = SqlLedgerStore(database, account=ACCOUNT)
        self.other = SqlLedgerStore(database, account=OTHER)
        self.fills = SqlFillStore(database, account=ACCOUNT)
        self.intents = SqlIntentStore(database, account=ACCOUNT, signer=OTHER)

    def order(self, name: str, run: str, wants: dict[str, Decimal]) -> str:
        draft = Draft(intent_id=name, run=run, spec=SPEC, wants=wants)
        (made,) = self.intents.prepare([draft], now_ms=START_MS, lives_ms=5_000)
        return made.cloid


@pytest.fixture(params=["sqlite", "mariadb"])
def books(request: pytest.FixtureRequest, open_database: OpenDatabase) -> Books:
    return Books(open_database, request.param)


def test_an_account_that_nobody_knows_has_an_empty_ledger(books: Books) -> None:
    assert books.ledger.extent() == Extent()
    assert books.ledger.entries().fills == []
    assert books.ledger.newest_funding_ms() is None
    assert books.ledger.newest_update_ms() is None
    assert books.ledger.last_check() is None


def test_entries_are_kept_once_and_as_they_were_told(books: Books) -> None:
    paid = funded("-0.123456", "1.5")
    told = [
        moved("1000000.000001"),
        moved(None, "newKind", detail='{"type":"newKind"}'),
        moved(
            "0",
            OPENING_POSITION,
            symbol="kPEPE",
            quantity=Decimal("-7"),
            cost=Decimal("-0.000007"),
        ),
    ]
    assert books.ledger.record_funding([paid, paid]) == 1
    assert books.ledger.record_funding([paid]) == 0
    assert books.ledger.record_updates(told) == 3
    assert books.ledger.record_updates(told) == 0
    found = books.ledger.entries()
    assert list(found.funding) == [paid]
    assert sorted(found.updates, key=lambda one: one.key) == sorted(
        told, key=lambda one: one.key
    )
    assert books.other.extent() == Extent()
    assert found.extent == books.ledger.extent() == Extent(4, START_MS)


def test_the_newest_told_update_is_none_of_ours(books: Books) -> None:
    books.ledger.record_updates([moved("1"), moved("2", OPENING, time_ms=START_MS + 9)])
    books.ledger.record_funding([funded("1", "1", time_ms=START_MS + 5)])
    assert books.ledger.newest_update_ms() == START_MS
    assert books.ledger.newest_funding_ms() == START_MS + 5


def test_a_fill_comes_with_what_the_runs_wanted(books: Books) -> None:
    wants = {"trend": Decimal("2.5"), "reversion": Decimal("0.5")}
    both = books.order("a/1/0", "", wants)
    alone = books.order("b/1/0", "trend", {})
    books.fills.record(
        [
            a_fill("1", "100", cloid=both),
            a_fill("1", "100", "1", cloid=alone),
            a_fill("1", "100", "2", cloid="0x" + "9" * 32),
            a_fill("1", "100", "3"),
        ]
    )
    found = books.ledger.entries()
    assert len(found.fills) == 4
    assert found.origins == {both: Origin(wants=wants), alone: Origin(run="trend")}


def test_entries_since_a_moment_are_those_of_it_and_later(books: Books) -> None:
    books.ledger.record_updates([moved("1"), moved("2", time_ms=START_MS + 2)])
    books.fills.record(
        [a_fill("1", "100"), a_fill("1", "100", "1", time_ms=START_MS + 1)]
    )
    found = books.ledger.entries(START_MS + 1)
    assert [one.amount for one in found.updates] == [Decimal(2)]
    assert len(found.fills) == 1
    assert found.extent.count == 4


def test_fills_of_a_symbol_are_the_newest_oldest_first(books: Books) -> None:
    rows = [a_fill("1", "100", str(n), time_ms=START_MS + n) for n in range(4)]
    books.fills.record([*rows, a_fill("1", "5", symbol="ETH", time_ms=START_MS + 9)])
    assert books.ledger.fills_of("BTC", START_MS + 1, 2) == rows[2:]
    assert books.ledger.fills_of("BTC", 0, 10) == rows


def a_check(at: int, **more: object) -> EquityCheck:
    check = EquityCheck(
        account_ms=START_MS + at,
        account_value=Decimal("1000.01"),
        deposits=Decimal(1000),
        realized=Decimal(5),
        funding=Decimal("-1"),
        fees=Decimal("0.5"),
        unrealized=Decimal("-3.49"),
    )
    return msgspec.structs.replace(check, **more)


def test_checks_are_a_series_and_the_last_is_told(books: Books) -> None:
    rows = [a_check(0), a_check(1), a_check(2, verdict=EquityVerdict.DIFFERS)]
    for one in [*rows, rows[0]]:
        books.ledger.record_check(one)
    assert books.ledger.checks(0, 10) == rows
    assert books.ledger.checks(START_MS + 1, 1) == rows[2:]
    assert books.ledger.last_check() == rows[2]
    assert rows[0].difference == 0


def test_an_exchange_that_began_anew_takes_the_whole_ledger_with_it(
    books: Books,
) -> None:
    books.fills.record([a_fill("1", "100")])
    books.ledger.record_funding([funded("1", "1")])
    books.ledger.record_updates([moved("1")])
    books.other.record_updates([moved("7")])
    books.ledger.record_check(a_check(0))
    books.fills.forget()
    assert books.ledger.extent() == Extent()
    assert books.ledger.last_check() is None
    assert books.other.extent().count == 1


def test_the_reader_follows_what_is_new_late_and_forgotten(books: Books) -> None:
    reader = LedgerReader(books.ledger)
    assert reader.ledger().deposits == 0
    books.ledger.record_updates([moved("1000")])
    books.fills.record([a_fill("1", "100", time_ms=START_MS + 10)])
    first = reader.ledger()
    assert first.deposits == 1000
    assert first.positions() == {"BTC": 1}
    books.fills.record([a_fill("1", "110", "1", time_ms=START_MS + 20)])
    assert reader.ledger() is first
    assert first.products["BTC"].cost == 210
    # One of before: everything is reckoned again.
    late = a_fill("-1", "90", "1", time_ms=START_MS + 5, closed_pnl=Decimal(3))
    books.fills.record([late])
    assert reader.ledger() is not first
    assert total(by_product(reader.ledger(), {})).realized == 3
    books.fills.forget()
    assert reader.ledger().positions() == {}
    books.fills.record([a_fill("2", "100", time_ms=START_MS + 20)])
    assert reader.ledger().positions() == {"BTC": 2}


def test_f19_fills_of_one_instant_told_in_two_answers_are_put_in_order(
    books: Books,
) -> None:
    reader = LedgerReader(books.ledger)
    first, second = a_fill("1", "100"), a_fill("1", "110", "1")
    books.fills.record([second])
    reader.ledger()
    books.fills.record([first])
    assert reader.ledger().gaps == 0
    assert reader.ledger().products["BTC"].cost == 210

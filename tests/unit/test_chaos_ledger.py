"""What the runs of chaos look for is found where it is, and only there."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.chaos.ledger import CONSUMER, MINUTE_MS, Ledger, sqlite_rows
from tests.chaos.storm import VICTIMS, storm

NOON_MS = 1_767_268_800_000
LATER_MS = NOON_MS + 3 * MINUTE_MS + 20_000
# Without keys: a doubled row must be possible to be found.
TABLES = """
CREATE TABLE products (id, symbol, is_delisted);
CREATE TABLE candles (product_id, timeframe, open_ms);
CREATE TABLE candle_gaps (product_id, timeframe, start_ms, end_ms);
CREATE TABLE accounts (id, address);
CREATE TABLE balance_history (account_id, account_ms);
CREATE TABLE outbox (id);
CREATE TABLE inbox (consumer, event_id);
INSERT INTO products VALUES (1, 'BTC', 0), (2, 'OLD', 1);
INSERT INTO accounts VALUES (1, '0xa');
"""


class Books:
    """A database to spoil, and the ledger that reads it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.ledger = Ledger(sqlite_rows(file))

    def run(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.file)) as file, file:
            file.execute(statement, values)

    def candle(self, minute: int, off_ms: int = 0) -> None:
        at_ms = NOON_MS + minute * MINUTE_MS + off_ms
        self.run("INSERT INTO candles VALUES (1, '1m', ?)", at_ms)

    def reading(self, account_ms: int, effects: int = 1) -> None:
        self.run("INSERT INTO balance_history VALUES (1, ?)", account_ms)
        for _ in range(effects):
            event = f"balance/0xa/{account_ms}"
            self.run("INSERT INTO inbox VALUES (?, ?)", CONSUMER, event)

    def unknown(self) -> list[int]:
        found = self.ledger.unknown_minutes(NOON_MS, LATER_MS)
        return [(at_ms - NOON_MS) // MINUTE_MS for _, at_ms in found]


@pytest.fixture
def books(tmp_path: Path) -> Books:
    file = tmp_path / "threet.db"
    with closing(sqlite3.connect(file)) as made:
        made.executescript(TABLES)
    return Books(file)


def test_a_minute_neither_stored_nor_noted_is_found(books: Books) -> None:
    books.candle(0)
    assert books.unknown() == [1, 2]
    second = NOON_MS + MINUTE_MS
    books.run(
        "INSERT INTO candle_gaps VALUES (1, '1m', ?, ?)", second, second + MINUTE_MS
    )
    assert books.unknown() == [2]
    books.candle(2)
    assert books.unknown() == []


@pytest.mark.parametrize(("minute", "off_ms"), [(0, 0), (1, 500)])
def test_a_bar_doubled_or_off_its_minute_is_found(
    books: Books, minute: int, off_ms: int
) -> None:
    books.candle(0)
    assert books.ledger.doubled_candles() == 0
    books.candle(minute, off_ms)
    assert books.ledger.doubled_candles() == 1


def test_readings_out_of_order_are_found(books: Books) -> None:
    for account_ms in (100, 200, 300):
        books.reading(account_ms)
    assert books.ledger.readings_out_of_order() == 0
    books.reading(250)
    assert books.ledger.readings_out_of_order() == 1


def test_a_reading_whose_news_had_no_effect_is_lost(books: Books) -> None:
    books.reading(100)
    books.reading(200, effects=0)
    assert books.ledger.lost_balances() == 1
    assert books.ledger.invented_balances() == 0


def test_an_effect_without_a_reading_is_invented(books: Books) -> None:
    books.reading(100)
    books.run("INSERT INTO inbox VALUES (?, 'balance/0xa/7')", CONSUMER)
    assert books.ledger.invented_balances() == 1
    assert books.ledger.lost_balances() == 0


def test_news_that_waits_is_counted(books: Books) -> None:
    books.run("INSERT INTO outbox VALUES (1)")
    assert books.ledger.waiting_news() == 1


def test_a_storm_follows_from_its_seed() -> None:
    assert list(storm(7, 300)) == list(storm(7, 300)) != list(storm(8, 300))


def test_a_storm_of_minutes_spares_no_one_and_ends_in_time() -> None:
    blows = list(storm(1, 300))
    assert {blow.victim for blow in blows} == {"", *VICTIMS}
    assert 290 < sum(blow.secs + blow.calm_secs for blow in blows) <= 300

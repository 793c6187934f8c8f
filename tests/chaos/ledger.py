"""What must hold of the database after a run of chaos, whatever went wrong in it."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pymysql

CONSUMER = "example_balance_consumer"
MINUTE_MS = 60_000
_TIMEFRAME = "1m"
# A bar is asked for when it has settled, by a task that runs every few seconds.
_SETTLED_MS = 15_000


Rows = Sequence[tuple[int | str, ...]]


def sqlite_rows(file: Path) -> Callable[..., Rows]:
    def rows(query: str, *values: object) -> Rows:
        with closing(
            sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=15)
        ) as opened:
            return opened.execute(query, values).fetchall()

    return rows


def mariadb_rows(port: int, name: str) -> Callable[..., Rows]:
    # So that || joins texts, as everywhere else.
    mode = "SET SESSION sql_mode = CONCAT(@@sql_mode, ',PIPES_AS_CONCAT')"

    def rows(query: str, *values: object) -> Rows:
        with (
            pymysql.connect(
                host="127.0.0.1",
                port=port,
                user="root",
                database=name,
                init_command=mode,
                read_timeout=15,
            ) as opened,
            opened.cursor() as cursor,
        ):
            cursor.execute(query.replace("%", "%%").replace("?", "%s"), values)
            return cursor.fetchall()

    return rows


class Ledger:
    """Reads the platform's database by ``rows``; changes nothing."""

    def __init__(self, rows: Callable[..., Rows]) -> None:
        self.rows = rows

    def count(self, query: str, *values: object) -> int:
        return int(self.rows(query, *values)[0][0])

    def doubled_candles(self) -> int:
        """Bars stored twice, or off the grid of their minute."""
        doubled = self.count(
            "SELECT count(*) FROM (SELECT 1 FROM candles "
            "GROUP BY product_id, timeframe, open_ms HAVING count(*) > 1) doubled"
        )
        off = "SELECT count(*) FROM candles WHERE timeframe = ? AND open_ms % ? != 0"
        return doubled + self.count(off, _TIMEFRAME, MINUTE_MS)

    def unknown_minutes(self, since_ms: int, now_ms: int) -> list[tuple[str, int]]:
        """Closed minutes of kept products neither stored nor noted as a gap."""
        end_ms = (now_ms - _SETTLED_MS) // MINUTE_MS * MINUTE_MS
        start_ms = since_ms // MINUTE_MS * MINUTE_MS
        expected = set(range(start_ms, end_ms, MINUTE_MS))
        products = self.rows("SELECT id, symbol FROM products WHERE NOT is_delisted")
        return [
            (str(symbol), minute)
            for product, symbol in products
            for minute in sorted(expected - set(self._known(product, start_ms)))
        ]

    def _known(self, product: object, start_ms: int) -> Iterator[int]:
        stored = "SELECT open_ms FROM candles WHERE product_id = ? AND timeframe = ?"
        for row in self.rows(
            f"{stored} AND open_ms >= ?", product, _TIMEFRAME, start_ms
        ):
            yield int(row[0])
        noted = "SELECT start_ms, end_ms FROM candle_gaps WHERE product_id = ?"
        for start, end in self.rows(f"{noted} AND timeframe = ?", product, _TIMEFRAME):
            yield from range(int(start), int(end), MINUTE_MS)

    def readings(self) -> int:
        return self.count("SELECT count(*) FROM balance_history")

    def readings_out_of_order(self) -> int:
        """Readings stored after a later one. SQLite numbers its rows as they come;
        MariaDB cannot tell."""
        return self.count(
            "SELECT count(*) FROM balance_history a JOIN balance_history b "
            "ON a.account_id = b.account_id AND b.rowid > a.rowid "
            "AND b.account_ms <= a.account_ms"
        )

    def waiting_news(self) -> int:
        return self.count("SELECT count(*) FROM outbox")

    def newest_reading_ms(self) -> int:
        return self.count("SELECT COALESCE(MAX(account_ms), 0) FROM balance_history")

    def lost_balances(self, until_ms: int = 2**62) -> int:
        """Readings until then whose news never took effect in the example consumer."""
        return self.count(
            "SELECT count(*) FROM balance_history h JOIN accounts a "
            "ON a.id = h.account_id LEFT JOIN inbox i ON i.consumer = ? "
            "AND i.event_id = 'balance/' || a.address || '/' || h.account_ms "
            "WHERE i.event_id IS NULL AND h.account_ms <= ?",
            CONSUMER,
            until_ms,
        )

    def invented_balances(self) -> int:
        """Effects of the example consumer beyond one for each reading."""
        applied = "SELECT count(*) FROM inbox WHERE consumer = ?"
        return self.count(applied, CONSUMER) - self.readings() + self.lost_balances()

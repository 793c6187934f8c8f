"""What must hold of the database after a run of chaos, whatever went wrong in it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

CONSUMER = "example_balance_consumer"
MINUTE_MS = 60_000
_TIMEFRAME = "1m"
# A bar is asked for when it has settled, by a task that runs every few seconds.
_SETTLED_MS = 15_000


class Ledger:
    """Reads the platform's SQLite; changes nothing."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def rows(self, query: str, *values: object) -> list[tuple[int | str, ...]]:
        address = f"file:{self._file}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=15)) as file:
            return file.execute(query, values).fetchall()

    def count(self, query: str, *values: object) -> int:
        return int(self.rows(query, *values)[0][0])

    def doubled_candles(self) -> int:
        """Bars stored twice, or off the grid of their minute."""
        doubled = self.count(
            "SELECT count(*) FROM (SELECT 1 FROM candles "
            "GROUP BY product_id, timeframe, open_ms HAVING count(*) > 1)"
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
        """Readings stored after a later one; SQLite numbers rows as they come."""
        return self.count(
            "SELECT count(*) FROM balance_history a JOIN balance_history b "
            "ON a.account_id = b.account_id AND b.rowid > a.rowid "
            "AND b.account_ms <= a.account_ms"
        )

    def waiting_news(self) -> int:
        return self.count("SELECT count(*) FROM outbox")

    def lost_balances(self) -> int:
        """Readings whose news never took effect in the example consumer."""
        return self.count(
            "SELECT count(*) FROM balance_history h JOIN accounts a "
            "ON a.id = h.account_id LEFT JOIN inbox i ON i.consumer = ? "
            "AND i.event_id = 'balance/' || a.address || '/' || h.account_ms "
            "WHERE i.event_id IS NULL",
            CONSUMER,
        )

    def invented_balances(self) -> int:
        """Effects of the example consumer beyond one for each reading."""
        applied = "SELECT count(*) FROM inbox WHERE consumer = ?"
        return self.count(applied, CONSUMER) - self.readings() + self.lost_balances()

"""Saving and reading candles on MariaDB, beside the floor of each.

Usage: python bench/candle_store.py [--rounds 5] [--rows 5000]
Starts a private MariaDB. Saving: the same new rows by plain LOAD DATA (the floor), our
durable table alone, by our store (durable table and hot cache), in statements of 1000
rows, by executemany, one statement each. Reading: the newest 5000 by our store and by
plain pymysql without making candles of them. Prints medians and ratios.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pymysql

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.servers import MariaDbServer
from threet.adapters.sql.bulk_load import load_durable
from threet.adapters.sql.candle_store import SqlCandleStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.migrate import migrate
from threet.model.candles import Candle, Timeframe

T0 = 1_700_006_400_000
VALUES = ("open", "high", "low", "close", "volume", "trades")
COLUMNS = ", ".join(("product_id", "timeframe", "open_ms", *VALUES))
INSERT = f"INSERT INTO candles ({COLUMNS}) VALUES "
UPDATE = " ON DUPLICATE KEY UPDATE " + ", ".join(f"{v} = VALUES({v})" for v in VALUES)
MARKS = "(%s, %s, %s, %s, %s, %s, %s, %s, %s)"


def bars(count: int) -> list[Candle]:
    made = []
    for minute in range(count):
        price = Decimal(10_400_000 + minute * 7919 % 9973) / 100
        bar = Candle(
            symbol="BTC",
            timeframe=Timeframe.M1,
            open_ms=T0 + minute * 60_000,
            open=price,
            high=price + Decimal("12.5"),
            low=price - Decimal("8.25"),
            close=price + Decimal("1.75"),
            volume=Decimal(minute * 31 % 100_000) / 1000,
            trades=minute % 300,
            is_closed=True,
        )
        made.append(bar)
    return made


class Bench:
    def __init__(self, server: MariaDbServer, count: int) -> None:
        self.database = Database(make_engine(server.create_database("b")))
        migrate(self.database.engine)
        self.store = SqlCandleStore(self.database, hot_candles=5000)
        self.plain = pymysql.connect(
            host="127.0.0.1",
            port=server.port,
            user="root",
            database="b",
            local_infile=True,
        )
        self.bars = bars(count)
        self.rows = [
            (1, "1m", bar.open_ms, *(getattr(bar, value) for value in VALUES))
            for bar in self.bars
        ]

    def empty(self) -> None:
        cursor = self.plain.cursor()
        cursor.execute("TRUNCATE candles")
        cursor.execute("TRUNCATE market_data")
        self.plain.commit()

    def ours(self) -> None:
        self.store.save(self.bars)

    def ours_durable(self) -> None:
        pairs = [(1, bar) for bar in self.bars]
        assert self.database.write(lambda connection: load_durable(connection, pairs))

    def load_data(self) -> None:
        self._load("candles")

    def load_both(self) -> None:
        self._load("candles")
        self._load("market_data")

    def _load(self, table: str) -> None:
        line = ",".join(["%s"] * 9) + "\n"
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            file.write("".join([line % row for row in self.rows]))
            file.flush()
            self.plain.cursor().execute(
                f"LOAD DATA LOCAL INFILE '{file.name}' REPLACE INTO TABLE {table} "
                f"FIELDS TERMINATED BY ',' ({COLUMNS}) "
                + ("SET is_closed = 1" if table == "market_data" else "")
            )
        self.plain.commit()

    def multi_row(self) -> None:
        cursor = self.plain.cursor()
        for start in range(0, len(self.rows), 1000):
            some = self.rows[start : start + 1000]
            flat = [value for row in some for value in row]
            cursor.execute(INSERT + ",".join([MARKS] * len(some)) + UPDATE, flat)
        self.plain.commit()

    def executemany(self) -> None:
        self.plain.cursor().executemany(INSERT + MARKS + UPDATE, self.rows)
        self.plain.commit()

    def one_by_one(self) -> None:
        cursor = self.plain.cursor()
        for row in self.rows[:500]:
            cursor.execute(INSERT + MARKS + UPDATE, row)
        self.plain.commit()

    def read_ours(self) -> None:
        assert len(self.store.newest("BTC", Timeframe.M1, 5000)) == 5000

    def read_plain(self) -> None:
        cursor = self.plain.cursor()
        cursor.execute(
            f"SELECT {COLUMNS}, is_closed FROM market_data WHERE product_id = 1 "
            "AND timeframe = '1m' ORDER BY open_ms DESC LIMIT 5000"
        )
        assert len(cursor.fetchall()) == 5000


def timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def save(bench: Bench, count: int, rounds: int) -> None:
    works = [
        ("LOAD DATA, plain (floor)", bench.load_data, count),
        ("LOAD DATA, both tables", bench.load_both, count),
        ("ours, durable table", bench.ours_durable, count),
        ("ours, durable and hot", bench.ours, count),
        ("statements of 1000 rows", bench.multi_row, count),
        ("executemany", bench.executemany, count),
        ("one statement each", bench.one_by_one, 500),
    ]
    rates: dict[str, list[float]] = {name: [] for name, _, _ in works}
    for _ in range(rounds):
        for name, work, rows in works:
            bench.empty()
            rates[name].append(rows / timed(work))
    floor = statistics.median(rates[works[0][0]])
    for name, found in rates.items():
        rate = statistics.median(found)
        print(f"save {count} new: {name:26s}{rate:9,.0f} rows/s {rate / floor:5.2f}x")


def read(bench: Bench, rounds: int) -> None:
    bench.empty()
    bench.ours()
    for name, work in (("ours", bench.read_ours), ("plain", bench.read_plain)):
        middle = statistics.median([timed(work) * 1000 for _ in range(rounds * 3)])
        print(f"read newest 5000: {name:10s}{middle:6.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=5000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = MariaDbServer(Path(folder) / "m", "--max-heap-table-size=256M")
        server.start()
        bench = Bench(server, arguments.rows)
        save(bench, arguments.rows, arguments.rounds)
        read(bench, arguments.rounds)
        server.kill()
    print(f"load {os.getloadavg()}")


if __name__ == "__main__":
    main()

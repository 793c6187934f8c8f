"""How long the newest 5000 candles take to read: the page's window and its peers.

Peers: the floor is `numpy.load` of the same numbers as float64 (no digits kept); SQLite
is one indexed query on a file, as text and as `Candle` values. Run it by
`python -m bench.page_candles`.
"""

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np

from threet.market_data.candle_window import CandleWindow
from threet.model.candles import Candle, Timeframe

ROWS = 5000
ROUNDS = 200
START_MS = 1_767_225_600_000


def candles() -> list[Candle]:
    found = []
    for at in range(ROWS):
        price = Decimal(64_000) + Decimal(at % 997) / 10
        found.append(
            Candle(
                symbol="BTC",
                timeframe=Timeframe.M1,
                open_ms=START_MS + at * 60_000,
                open=price,
                high=price + Decimal("3.5"),
                low=price - Decimal("2.5"),
                close=price + Decimal("1.5"),
                volume=Decimal(at % 631) / 1000,
                trades=at % 80,
                is_closed=at < ROWS - 1,
            )
        )
    return found


def prices_of(bar: Candle) -> tuple[Decimal, ...]:
    return bar.open, bar.high, bar.low, bar.close, bar.volume


def sqlite_of(path: Path, bars: list[Candle]) -> sqlite3.Connection:
    database = sqlite3.connect(path)
    database.execute(
        "CREATE TABLE candles (product INTEGER, timeframe TEXT, open_ms INTEGER,"
        " open TEXT, high TEXT, low TEXT, close TEXT, volume TEXT, trades INTEGER,"
        " is_closed INTEGER, PRIMARY KEY (product, timeframe, open_ms)) WITHOUT ROWID"
    )
    rows = [
        (1, "1m", b.open_ms, *map(str, prices_of(b)), b.trades, b.is_closed)
        for b in bars
    ]
    marks = ",".join("?" * 10)
    database.executemany(f"INSERT INTO candles VALUES ({marks})", rows)
    database.commit()
    return database


def sqlite_rows(database: sqlite3.Connection) -> list[tuple[int | str, ...]]:
    return database.execute(
        "SELECT open_ms, open, high, low, close, volume, trades, is_closed FROM candles"
        " WHERE product = 1 AND timeframe = '1m' ORDER BY open_ms DESC LIMIT ?",
        (ROWS,),
    ).fetchall()[::-1]


def sqlite_candles(database: sqlite3.Connection) -> list[Candle]:
    return [
        Candle(
            symbol="BTC",
            timeframe=Timeframe.M1,
            open_ms=int(row[0]),
            open=Decimal(row[1]),
            high=Decimal(row[2]),
            low=Decimal(row[3]),
            close=Decimal(row[4]),
            volume=Decimal(row[5]),
            trades=int(row[6]),
            is_closed=bool(row[7]),
        )
        for row in sqlite_rows(database)
    ]


def median_ms(call: Callable[[], object], rounds: int = ROUNDS) -> float:
    took = []
    for _ in range(rounds):
        start = time.perf_counter_ns()
        call()
        took.append((time.perf_counter_ns() - start) / 1e6)
    return statistics.median(took)


def main() -> None:
    bars = candles()
    window = CandleWindow("BTC", Timeframe.M1)
    filled_ms = median_ms(lambda: CandleWindow("BTC", Timeframe.M1).read(bars), 5)
    window.read(bars)
    with tempfile.TemporaryDirectory() as folder:
        array = np.array(
            [[b.open_ms, *prices_of(b), b.trades] for b in bars],
            dtype=np.float64,
        )
        floor = Path(folder) / "candles.npy"
        np.save(floor, array)
        database = sqlite_of(Path(folder) / "candles.db", bars)
        results = {
            "floor: numpy.load": median_ms(lambda: np.load(floor)),
            "window: encoded body": median_ms(lambda: window.rows(ROWS)),
            "SQLite: rows of text": median_ms(lambda: sqlite_rows(database), 50),
            "SQLite: Candle values": median_ms(lambda: sqlite_candles(database), 20),
        }
        database.close()
    ours = results["window: encoded body"]
    print(f"{ROWS} candles, {len(window.rows(ROWS)):,} bytes of JSON, medians")
    for name, took in results.items():
        print(f"{name:24} {took:8.3f} ms   {took / ours:6.2f} x window")
    print(f"{'filling a window, once':24} {filled_ms:8.1f} ms")


if __name__ == "__main__":
    main()

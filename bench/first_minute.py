"""What README promises of `make demo`: how soon prices move, and how soon it trades.

    python bench/first_minute.py [--rounds 3] [--loose]

Each round is a demonstration on an empty folder, timed from the command to the second
price of a symbol on its page, and to the first fill in its database. Ends with 1 if the
slowest missed its promise; ``--loose`` tells, and exits with 0. There is no floor: it
is the start of ten processes.
"""

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.demonstration import Demo

PROMISED = {"prices move": 20.0, "it trades": 60.0}
SYMBOL = "kPEPE"


def moves(demo: Demo, seen: set[str]) -> bool:
    for row in demo.api("prices")["prices"]:
        if (row["symbol"], row["kind"], row["state"]) == (SYMBOL, "mid", "fresh"):
            seen.add(row["price"])
    return len(seen) > 1


def trades(demo: Demo) -> bool:
    file = demo.folder / "simulator" / "threet.db"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as opened:
        return bool(opened.execute("SELECT 1 FROM fills LIMIT 1").fetchone())


def measured(folder: Path) -> dict[str, float]:
    """Seconds from the command."""
    demo, seen = Demo(folder), set[str]()
    began = time.monotonic()
    demo.start()
    try:
        demo.until(lambda: moves(demo, seen), "two prices")
        moved = time.monotonic() - began
        demo.until(lambda: trades(demo), "a fill")
        return {"prices move": moved, "it trades": time.monotonic() - began}
    finally:
        demo.stop()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--loose", action="store_true", help="tell, and exit with 0")
    given = parser.parse_args()
    rounds = []
    for _ in range(given.rounds):
        with tempfile.TemporaryDirectory() as folder:
            rounds.append(measured(Path(folder)))
    is_met = True
    for what, most in PROMISED.items():
        found = [one[what] for one in rounds]
        median, worst = statistics.median(found), max(found)
        is_met = is_met and worst <= most
        print(f"{what}: median {median:.1f} s, worst {worst:.1f} s, promised {most} s")
    raise SystemExit(0 if is_met or given.loose else 1)


if __name__ == "__main__":
    main()

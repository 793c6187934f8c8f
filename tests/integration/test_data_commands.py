"""`3t data` on a database of its own: filled from hlsim, looked over, taken out."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from sqlalchemy import text

from hlsim.server.settings import Settings
from hlsim.testing import Served, serving
from tests.servers import wait_until
from tests.unit.cli.test_commands import said
from threet.adapters.sql.backfill_store import SqlBackfillStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.engine import make_engine
from threet.model.candles import Timeframe

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def exchange() -> Iterator[Served]:
    with serving(Settings(symbols=30, history_days=4, block_ms=1000)) as served:
        yield served


class Place:
    """A folder with a migrated database, and the exchange its commands ask."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.variables: Mapping[str, str] = {
            "THREET_DATA_DIR": str(folder),
            "THREET_EXCHANGES__HYPERLIQUID__REST_URL": url,
        }
        assert self.run("db", "migrate").returncode == 0
        self.database = Database(
            make_engine(f"sqlite:///{folder / 'simulator' / 'threet.db'}")
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return said(*arguments, folder=self.folder, **self.variables)

    def audit(self, *more: str) -> tuple[int, Sequence[Mapping[str, Any]]]:
        done = self.run("data", "audit", "--json", "--timeframes", "1m", *more)
        return done.returncode, json.loads(done.stdout)


@pytest.fixture
def place(tmp_path: Path, exchange: Served) -> Iterator[Place]:
    made = Place(tmp_path, exchange.url)
    yield made
    made.database.close()


def test_what_is_filled_is_consistent_and_exported_to_the_last_digit(
    place: Place,
) -> None:
    pairs = ("--products", "BTC,kPEPE", "--timeframes", "1m")
    filled = place.run("data", "backfill", *pairs)
    assert filled.returncode == 0, filled.stderr
    assert "2/2 pairs" in filled.stdout
    code, (btc, kpepe) = place.audit("--products", "BTC,kPEPE")
    assert code == 0
    assert btc["bars"] > 4_000
    file = place.folder / "candles.parquet"
    exported = place.run("data", "export", str(file), *pairs)
    assert exported.returncode == 0, exported.stderr
    rows = parquet.read_table(file).to_pylist()
    assert len(rows) == btc["bars"] + kpepe["bars"]
    store = SqlBackfillStore(place.database)
    stored = store.page("kPEPE", Timeframe.M1, 0, 10_000)
    mine = [row for row in rows if row["symbol"] == "kPEPE"]
    for name in ("open", "high", "low", "close", "volume"):
        expected: list[Decimal] = [getattr(bar, name) for bar in stored]
        assert [row[name] for row in mine] == expected
    assert {row["network"] for row in rows} == {"simulator"}


def test_a_hole_nobody_noted_is_told_and_can_be_noted(place: Place) -> None:
    place.run("data", "backfill", "--products", "BTC", "--timeframes", "1m")
    opens = SqlBackfillStore(place.database).opens("BTC", Timeframe.M1)
    gone = text("DELETE FROM candles WHERE open_ms = :at")
    place.database.write(lambda one: one.execute(gone, {"at": opens[-100]}))
    code, (btc,) = place.audit("--products", "BTC")
    assert code == 1
    assert [hole["start_ms"] for hole in btc["unknown_holes"]] == [opens[-100]]
    place.audit("--products", "BTC", "--note")
    assert place.audit("--products", "BTC")[0] == 0


@pytest.mark.parametrize(
    ("how", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_stopped_or_killed_it_goes_on_where_it_was(
    place: Place, how: signal.Signals, code: int
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "threet.cli.main", "data", "backfill"],
        env={**place.variables, "PATH": "", "PYTHONPATH": ":".join(sys.path)},
        cwd=place.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    store = SqlBackfillStore(place.database)
    pairs = ("BTC", Timeframe.M1)
    wait_until(lambda: store.held(*pairs).since_ms is not None, "a filled pair")
    process.send_signal(how)
    assert process.wait(60) == code
    before = store.held(*pairs)
    again = place.run("data", "backfill", "--products", "BTC", "--timeframes", "1m")
    assert again.returncode == 0
    assert "0 pairs to fill, weight 0" in again.stdout
    assert store.held(*pairs) == before


def test_what_is_not_kept_is_refused_whole(place: Place) -> None:
    done = place.run("data", "audit", "--products", "BTC,NONE", "--timeframes", "7m")
    assert done.returncode == 78
    assert "no product 'NONE' is kept" in done.stderr
    assert "'7m' is no timeframe" in done.stderr

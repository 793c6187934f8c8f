"""`3t demo` as its user runs it: real processes, killed, asked, stopped, restarted."""

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.demonstration import COMMAND, PLATFORM, Demo, children_of, living
from tests.servers import free_port


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    one = Demo(tmp_path_factory.mktemp("demo"))
    one.start()
    yield one
    if one.process is not None and one.process.poll() is None:
        one.stop()


def test_prices_of_all_symbols_move(demo: Demo) -> None:
    """Within 20 s where nothing else runs; here ten processes share two cores with
    other tests, and get what those leave them."""
    seen = set[str]()

    def moves() -> bool:
        for row in demo.api("prices")["prices"]:
            is_mid = (row["symbol"], row["kind"]) == ("kPEPE", "mid")
            if is_mid and row["state"] == "fresh":
                seen.add(row["price"])
        return len(seen) > 1

    demo.until(moves, "two fresh prices of kPEPE", 60)


def test_candles_and_balance_are_stored(demo: Demo) -> None:
    path = "candles?symbol=kPEPE&timeframe=1m&limit=500"
    demo.until(lambda: len(demo.api(path)["rows"]) > 100, "candles of kPEPE")
    demo.until(lambda: demo.stored_bars("kPEPE") > 100, "stored candles of kPEPE")
    demo.until(lambda: bool(demo.api("positions")["positions"]), "positions")
    symbols = {row["symbol"] for row in demo.api("positions")["positions"]}
    assert "kPEPE" in symbols


def test_b1_a_paper_trade_happens_and_says_why(demo: Demo) -> None:
    """With a reason that the command tells; within 60 s where nothing else runs."""

    def filled() -> bool:
        with closing(sqlite3.connect(demo.folder / "simulator" / "threet.db")) as file:
            query = "SELECT count(*) FROM fills WHERE symbol = 'SOL'"
            count: int = file.execute(query).fetchone()[0]
        return count > 0

    demo.until(demo.is_complete, "every process alive")  # so there is a database
    demo.until(filled, "a fill of SOL")
    said = subprocess.run(
        [*COMMAND, "why", "SOL", "--count", "9"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "THREET_DATA_DIR": str(demo.folder)},
    ).stdout
    assert "because fast average" in said
    assert "wants" in said


@pytest.mark.parametrize("name", sorted(PLATFORM))
def test_a_process_killed_with_9_comes_back(demo: Demo, name: str) -> None:
    demo.until(demo.is_complete, "every process alive")
    killed = demo.pids()[name]
    os.kill(killed, signal.SIGKILL)
    demo.until(lambda: demo.pids().get(name, killed) != killed, f"{name} anew")
    assert living({killed}) == set()


@pytest.mark.parametrize("program", ["-server 127.0.0.1", "hlsim.cli"])
def test_what_the_platform_stands_on_may_be_killed_too(
    demo: Demo, program: str
) -> None:
    """Redis or the exchange away in the middle: all is well again by itself."""
    demo.until(demo.is_complete, "every process alive")
    (killed,) = demo.running(program)
    os.kill(killed, signal.SIGKILL)
    demo.until(lambda: {killed} < {killed, *demo.running(program)}, "it anew")
    again_ms = int(time.time() * 1000)

    def is_well() -> bool:
        prices = demo.api("prices")["prices"]
        newest_ms: int = max((one["received_ms"] for one in prices), default=0)
        is_ok: bool = demo.api("health")["status"] == "ok"
        return is_ok and newest_ms > again_ms

    demo.until(is_well, f"well after {program} was killed")
    assert living({killed}) == set()


def test_status_names_every_process(demo: Demo) -> None:
    demo.until(demo.is_complete, "every process alive")
    told: list[subprocess.CompletedProcess[str]] = []

    def is_well() -> bool:
        told.append(
            subprocess.run(
                [*COMMAND, "status", "--data-dir", str(demo.folder)],
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
                env={**os.environ, "COLUMNS": "200"},
            )
        )
        return told[-1].returncode == 0

    # A machine that stood still for seconds has old prices for a moment.
    demo.until(is_well, "a status of 0")
    assert all(name in told[-1].stdout for name in PLATFORM)


def test_a_second_run_on_the_same_folder_is_refused(demo: Demo) -> None:
    said = subprocess.run(
        [*COMMAND, "demo", "--no-browser", "--data-dir", str(demo.folder),
         "--port", str(free_port())],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 78
    assert "another `3t up` or `3t demo` runs on this folder" in said.stderr


def test_a_port_in_use_is_told_before_anything_starts(
    demo: Demo, tmp_path: Path
) -> None:
    said = subprocess.run(
        [*COMMAND, "demo", "--no-browser", "--data-dir", str(tmp_path),
         "--port", str(demo.port)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 78
    assert f"web.port: {demo.port} is in use" in said.stderr
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_leaves_no_orphan_and_state_survives_a_restart(demo: Demo) -> None:
    assert demo.process is not None
    demo.until(demo.is_complete, "every process alive")
    below = children_of(demo.process.pid)
    assert len(below) >= len(PLATFORM) + 3  # Valkey, hlsim and the page as well
    points = len(demo.api("balances")["history"])
    code, said = demo.stop()
    assert code == 0, said
    assert "3T has stopped" in said
    assert living(below) == set()
    demo.start()
    demo.until(lambda: len(demo.api("balances")["history"]) >= points > 0, "the past")
    assert demo.stop(signal.SIGTERM)[0] == 0

"""The command says when it is ready, ends cleanly, and explains bad arguments."""

import gzip
import http.client
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers import wait_until

USER = "0x" + "a" * 40
HLSIM = [sys.executable, "-c", "from hlsim.cli import main; main()", "serve"]
CAPTURE = Path("tests/data/hyperliquid/ws/btc_l2book_trades_20250126.gz")


@contextmanager
def served(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [*HLSIM, "--port", "0", "--history-days", "1", *options]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


def asked(url: str, question: dict[str, str]) -> object:
    host, _, port = url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    try:
        header = {"Content-Type": "application/json"}
        connection.request("POST", "/info", json.dumps(question), header)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def test_an_agent_is_approved_from_the_start() -> None:
    agent = "0x" + "b" * 40
    options = ("--account", f"{USER}=10000", "--agent", f"{USER}={agent}")
    with served("--symbols", "2", *options) as (_, line):
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found is not None
        role = asked(found[0], {"type": "userRole", "user": agent})
        assert role == {"role": "agent", "data": {"user": USER}}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_is_ready_with_one_line_and_ends_with_zero(number: signal.Signals) -> None:
    with served("--symbols", "12", "--account", f"{USER}=10000") as (process, line):
        found = re.fullmatch(
            r"hlsim ready on (http://127\.0\.0\.1:\d+)"
            r" \(synthetic, seed 7, 12 symbols\)\n",
            line,
        )
        assert found is not None
        role = asked(found[1], {"type": "userRole", "user": USER})
        assert role == {"role": "user"}
        process.send_signal(number)
        rest, errors = process.communicate(timeout=10)
        assert (process.returncode, rest, errors) == (0, "", "")


def test_a_fault_plan_and_a_control_port_are_served(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("faults:\n- {kind: maintenance, text: upgrade}\n")
    options = ("--symbols", "3", "--faults", str(plan), "--control-port", "0")
    with served(*options) as (_, line):
        found = re.fullmatch(
            r"hlsim ready on (\S+) \(synthetic, seed 7, 3 symbols,"
            r" control on http://127\.0\.0\.1:\d+\)\n",
            line,
        )
        assert found is not None
        status = asked(found[1], {"type": "exchangeStatus"})
        assert isinstance(status, dict)
        assert status["specialStatuses"] == "upgrade"


def test_a_plan_that_is_wrong_is_explained_with_every_place(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("faults:\n- {kind: explode}\n- {kind: close, code: 1006}\n")
    done = subprocess.run(
        [*HLSIM, "--faults", str(plan)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("hlsim: the fault plan is wrong: faults[0].kind: 'ex")
    assert sentence.endswith("faults[1]: no close frame may carry code 1006")


def test_a_recording_has_the_coins_recorded() -> None:
    with served("--market", f"recorded:{CAPTURE}") as (_, line):
        assert line.endswith("(recorded, seed 7, 1 symbols)\n")


NOBODY = "0x" + "3" * 40


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--account", "me"], "hlsim: 'me' is no account"),
        (["--market", "real"], "hlsim: 'real' is no market"),
        (["--symbols", "0"], "hlsim: symbols must be 1 to 1000"),
        (["--speed", "0"], "hlsim: speed must be positive"),
        (["--speed", "inf"], "hlsim: speed must be positive, 10,000 at most"),
        (["--ws-messages", "-3"], "hlsim: limits must not be negative: ws_messages"),
        (["--address-allowance", "-3"], "hlsim: volumes and allowances must not"),
        (["--account", f"{NOBODY}=1e400"], f"hlsim: {NOBODY} cannot begin with"),
        (["--account", f"{NOBODY}=0.00000001"], "hlsim: 1E-8 dollars have more than"),
        (
            ["--account", f"{NOBODY}=400", "--position", f"{NOBODY}:ETH=5@3950"],
            f"hlsim: {NOBODY} has no margin for its positions",
        ),
        (
            ["--host", "203.0.113.1"],
            "hlsim: cannot listen: error while",
        ),
        (["--faults", "nowhere.yaml"], "hlsim: cannot read nowhere.yaml: No such"),
        (["--port", "many"], "--port': Input should be a valid integer"),
    ],
)
def test_bad_arguments_are_explained(options: list[str], sentence: str) -> None:
    done = subprocess.run(
        [*HLSIM, "--port", "0", *options],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stdout == ""


def test_a_stopped_recording_can_be_played(tmp_path: Path) -> None:
    file = tmp_path / "btc.gz"
    command = [*HLSIM[:-1], "record"]
    with served("--symbols", "3") as (_, line):
        url = line.split()[3]
        recorder = subprocess.Popen(
            [*command, url, str(file), "--coins", "BTC,ETH"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_until(lambda: file.is_file() and len(lines_of(file)) > 8, "frames")
        recorder.send_signal(signal.SIGTERM)
        said, errors = recorder.communicate(timeout=10)
        again, nowhere = (
            subprocess.run(
                [*command, url, str(path)],
                capture_output=True,
                text=True,
                timeout=20,
                check=False,
            )
            for path in (file, tmp_path / "no" / "folder.gz")
        )
    assert (recorder.returncode, errors) == (0, "")
    assert said == f"recorded {len(lines_of(file)) - 1} frames of 2 coins\n"
    assert again.returncode == nowhere.returncode == 2
    assert nowhere.stderr.startswith(f"hlsim: cannot write {tmp_path}/no/folder.gz: ")
    assert again.stderr == f"hlsim: there is a file {file} already\n"
    with served("--market", f"recorded:{file}") as (_, line):
        assert line.endswith("(recorded, seed 7, 3 symbols)\n")


def lines_of(file: Path) -> list[bytes]:
    """None while the last of it is being written."""
    try:
        return gzip.decompress(file.read_bytes()).splitlines()
    except EOFError:
        return []

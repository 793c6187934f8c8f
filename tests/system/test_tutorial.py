"""The tutorial "Write a strategy", typed word by word into a folder of its own."""

import os
import shlex
import signal
import site
import sqlite3
import subprocess
import time
import venv
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.docs.documents import ROOT, blocks, text_of
from tests.servers import free_port

pytestmark = pytest.mark.slow

TEXT = text_of("tutorial/write-a-strategy.md")
LONGEST_SECS = 240.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """3T's folder after `make setup`, with an environment that may be changed."""
    place = tmp_path / ".venv"
    venv.create(place, symlinks=True)
    (own,) = place.glob("lib/python*/site-packages")
    paths = [str(ROOT / "src"), *site.getsitepackages()]
    (own / "threet_and_its_libraries.pth").write_text("\n".join(paths))
    command = place / "bin" / "3t"
    command.write_text(
        f"#!{place}/bin/python\nfrom threet.cli.main import main\nmain()\n"
    )
    command.chmod(0o755)
    return tmp_path


@pytest.fixture
def environment() -> Mapping[str, str]:
    """What differs from a user's: a free port, no browser, nothing of the tests'; and
    one timeframe of history to fetch, not six, as the test has not their time."""
    left_out = ("PYTHONPATH", "COLUMNS")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    own = {
        "THREET_WEB__PORT": str(free_port()),
        "THREET_MARKET_DATA__TIMEFRAMES": '["1m"]',
        "BROWSER": "true",
        "PIP_NO_INDEX": "1",
    }
    return {**kept, **own}


def test_who_does_what_the_tutorial_says_has_a_strategy_that_decides(
    folder: Path, environment: Mapping[str, str]
) -> None:
    (folder / "config.yml").write_text("\n".join(blocks(TEXT, "yaml")))
    lines = [line for block in blocks(TEXT, "sh") for line in block.splitlines()]
    demo = next(line for line in lines if "3t demo" in line)
    before, after = lines[: lines.index(demo)], lines[lines.index(demo) + 1 :]
    said = [typed(line, folder, environment).stdout for line in before]
    tried = [words for words in said if "Assumed:" in words]
    assert len(tried) == 2
    assert all("above the average" in words for words in tried)
    with running(demo, folder, environment):
        wait_for_a_wish(folder)
        (told,) = [typed(line, folder, environment).stdout for line in after]
    assert "my-first-run" in told
    assert "because the close is" in told
    assert "SOL" in told.partition("wants ")[2]


def typed(
    line: str, folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        shlex.split(line),
        check=False,
        cwd=folder,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=LONGEST_SECS,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}"
    return done


@contextmanager
def running(line: str, folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """The command of the first terminal, ended as the tutorial says: by Ctrl-C."""
    words = shlex.split(line)
    with (folder / "demo.log").open("w") as log:
        process = subprocess.Popen(
            words, cwd=folder, env=environment, stdout=log, stderr=log
        )
        try:
            yield
            assert process.poll() is None, (folder / "demo.log").read_text()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(90)


def wait_for_a_wish(folder: Path) -> None:
    """Seldom asking costs the demonstration none of the machine; "in a minute" is when
    the tutorial says to look."""
    place = folder / "data" / "simulator"
    deadline = time.monotonic() + LONGEST_SECS
    while time.monotonic() < deadline:
        with suppress(sqlite3.OperationalError):  # no database yet, or no table in it
            file = sqlite3.connect(f"file:{place / 'threet.db'}?mode=ro", uri=True)
            with closing(file):
                if file.execute("SELECT 1 FROM targets").fetchone():
                    return
        time.sleep(0.3)
    logs = sorted(place.glob("logs/*.log"))
    pytest.fail("\n".join(f"== {one.name}\n{one.read_text()[-1500:]}" for one in logs))

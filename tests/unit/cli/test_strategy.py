"""`3t strategy`: what it makes, and what it refuses to make."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from threet.cli import strategy_files
from threet.cli.strategy import app
from threet.model.errors import ConfigurationError


def test_a_new_strategy_is_three_files_whose_test_passes(tmp_path: Path) -> None:
    made = CliRunner().invoke(app, ["new", "my_trend", "--dir", str(tmp_path)])
    assert made.exit_code == 0, made.output
    folder = tmp_path / "my_trend"
    names = {one.name for one in folder.iterdir()}
    assert names == {"my_trend.py", "test_my_trend.py", "pyproject.toml"}
    assert str(folder) in made.output
    lines = (folder / "my_trend.py").read_text().splitlines()
    assert len(lines) < 50
    assert all(len(line) <= 88 for line in lines)
    command = [sys.executable, "-m", "unittest", "discover", "-s", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Ran 3 tests" in done.stderr


def test_what_is_made_satisfies_the_checks_of_this_repository(tmp_path: Path) -> None:
    folder = strategy_files.write("a_b_c", tmp_path)
    command = [sys.executable, "-m", "ruff", "check", "--isolated", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_nothing_that_is_there_is_overwritten(tmp_path: Path) -> None:
    strategy_files.write("mine", tmp_path)
    file = tmp_path / "mine" / "mine.py"
    file.write_text("changed")
    with pytest.raises(ConfigurationError, match="is there already"):
        strategy_files.write("mine", tmp_path)
    assert file.read_text() == "changed"


@pytest.mark.parametrize(
    "name", ["class", "2fast", "my-trend", "MyTrend", "../up", "json", "ema_trend", ""]
)
def test_a_name_that_cannot_be_imported_or_is_taken_is_refused(
    name: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=r"NAME|already"):
        strategy_files.write(name, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_strategy_is_tried_on_the_simulated_past() -> None:
    words = ["try", "ema_trend", "--symbol", "SOL", "--timeframe", "1m", "--bars", "60"]
    said = CliRunner().invoke(app, words).output
    assert "360 simulated bars (hlsim, seed 7) of 1m" in said
    assert "Assumed: 10000 USDC" in said
    assert "fast average" in said


def test_a_parameter_that_is_none_is_refused() -> None:
    done = CliRunner().invoke(app, ["try", "ema_trend", "--set", "quick=3"])
    assert isinstance(done.exception, ConfigurationError)
    assert "quick" in str(done.exception)

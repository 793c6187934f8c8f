"""What the command says when something is wrong: a sentence, an exit code, no trace."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from threet.bootstrap import embedded

KEY = "0x" + "ab" * 32


def said(
    *arguments: str, folder: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("THREET_")}
    return subprocess.run(
        [sys.executable, "-m", "threet.cli.main", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**clean, **variables},
    )


def test_a_wrong_configuration_is_told_whole_and_exits_with_78(tmp_path: Path) -> None:
    (tmp_path / "config.yml").write_text("redis: {prot: 1}\nweb: {port: 0}\n")
    result = said("up", folder=tmp_path)
    assert result.returncode == 78
    assert "redis.prot: unknown key, did you mean port?" in result.stderr
    assert "web.port:" in result.stderr
    assert "Traceback" not in result.stderr


def test_s2_a_malformed_key_is_refused_and_never_echoed(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.yml"
    secrets.write_text(f"exchanges: {{hyperliquid: {{private_key: '{KEY}0'}}}}")
    secrets.chmod(0o600)
    result = said("config", "check", folder=tmp_path)
    assert result.returncode == 78
    assert "private_key" in result.stderr
    assert "abab" not in result.stdout + result.stderr


def test_s1_secrets_readable_by_others_stop_every_command(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.yml"
    secrets.write_text("redis: {password: 'x'}")
    secrets.chmod(0o644)
    result = said("up", folder=tmp_path)
    assert result.returncode == 78
    assert "chmod 600" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [("up", "--network", "moon"), ("up", "--address", "0x12"), ("db", "nonsense"),
     ("demo", "--symbols", "many"), ("demo", "--seconds", "-1"), ("nonsense",)],
)  # fmt: skip
def test_nonsense_is_refused_without_a_trace(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    result = said(*arguments, folder=tmp_path)
    assert result.returncode in (2, 78)
    assert result.stderr.strip()
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_unmade_database_is_told_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "data" / "simulator").mkdir(parents=True)
    result = said("products", "list", folder=tmp_path)
    assert result.returncode == 78
    assert "run `3t db migrate`" in result.stderr
    assert said("db", "migrate", folder=tmp_path).returncode == 0
    listed = said("products", "list", folder=tmp_path)
    assert listed.returncode == 0
    assert "kPEPE" in listed.stdout


def test_r5_the_database_of_a_real_network_is_never_reset(tmp_path: Path) -> None:
    network = {"THREET_EXCHANGES__HYPERLIQUID__NETWORK": "mainnet"}
    result = said("db", "reset", "--yes", folder=tmp_path, **network)
    assert result.returncode == 1
    assert "refused" in result.stderr


def test_a_reset_of_the_simulators_database_leaves_the_first_products(
    tmp_path: Path,
) -> None:
    (tmp_path / "data" / "simulator").mkdir(parents=True)
    said("db", "migrate", folder=tmp_path)
    result = said("db", "reset", "--yes", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "kPEPE" in said("products", "list", folder=tmp_path).stdout


def test_status_without_a_run_says_how_to_start_one(tmp_path: Path) -> None:
    result = said("status", folder=tmp_path)
    assert result.returncode == 1
    assert "3t demo" in result.stdout


@pytest.mark.parametrize("module", [module for _, module in embedded.MODULES])
def test_every_process_ends_with_78_on_a_wrong_configuration(
    tmp_path: Path, module: str
) -> None:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("THREET_")}
    result = subprocess.run(
        [sys.executable, "-m", module],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        cwd=tmp_path,
        env={**clean, "THREET_WEB__PORT": "abc"},
    )
    assert result.returncode == 78, result.stderr
    assert "web.port" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    # Whoever else serves something here: that is told first.
    demo = ("demo", "--no-browser", "--port", str(embedded.free_port()))
    for arguments in (demo, ("db", "migrate")):
        result = said(
            *arguments, folder=tmp_path, THREET_DATA_DIR=str(tmp_path / "file")
        )
        assert result.returncode == 78
        assert "cannot be made" in result.stderr
        assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", ["demo", "up"])
def test_nothing_starts_with_strategies_that_are_none(
    command: str, tmp_path: Path
) -> None:
    """A 3T that runs and says that it works, while its trader was refused, deceives."""
    (tmp_path / "config.yml").write_text(
        "strategies:\n"
        "  - {name: a, strategy: nope}\n"
        "  - {name: b, strategy: ema_trend, parameters: {fast: -3}}\n"
    )
    result = said(command, "--no-browser", "--seconds", "5", folder=tmp_path)
    assert result.returncode == 78
    assert "strategies.0: strategy 'nope' is none of" in result.stderr
    assert "strategies.1: strategy ema_trend" in result.stderr
    assert not (tmp_path / "data").exists()


def test_a_page_whose_port_is_taken_says_so_and_serves_nothing(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = subprocess.run(
            [sys.executable, "-m", "threet.web"],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
            cwd=tmp_path,
            env={
                **os.environ,
                "THREET_WEB__PORT": str(port),
                "THREET_REDIS__HOST": "127.0.0.1",
            },
        )
    assert result.returncode == 78
    assert f"cannot listen on 127.0.0.1 port {port}" in result.stderr

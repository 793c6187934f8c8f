"""What trades, in containers: fills, kills, the switch that stops it, and the key."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest
import yaml

from tests.stack import books
from tests.stack.asking import fetched, told
from tests.stack.engine import RUNS, Project, wait_until
from tests.stack.test_flow import WEB, figures
from tests.stack.test_telemetry import values

GATEWAY = "order_gateway"
TRADED = {one["parameters"]["symbol"] for one in RUNS["strategies"]}
# The rest is too little to trade for: execution.least_share, and a price that moved.
NEARLY = Decimal("0.06")
SECS = 120.0


@pytest.fixture(scope="session")
def key(begun: Project) -> str:
    tree = yaml.safe_load((begun.folder / "secrets.yml").read_text())
    found = tree["exchanges"]["hyperliquid"]["private_key"]
    assert len(bytes.fromhex(found.removeprefix("0x"))) == 32
    return str(found)


def agrees(project: Project) -> bool:
    """Nothing is unknown, and both sides say the same: each fill once, and what is held
    is their sum. The runs trade on meanwhile, so it is asked again and again."""
    if "open" in {state for _, state in books.intents(project)}:
        return False
    here = books.fills_here(project)
    there = books.fills_there(project)
    held, total = books.positions_there(project), books.sums(here)
    return here == there and all(held.get(one) == total.get(one) for one in TRADED)


def is_on_target(project: Project) -> bool:
    held = books.positions_there(project)
    wanted = books.targets(project)
    return wanted.keys() == TRADED and all(
        abs(held.get(symbol, Decimal(0)) - much) <= NEARLY * abs(much)
        for symbol, much in wanted.items()
    )


def until_settled(project: Project) -> None:
    wait_until(lambda: is_on_target(project), "what is wanted", SECS)
    wait_until(lambda: agrees(project), "position = sum of fills = exchange", SECS)


def require_nothing_doubled(project: Project) -> None:
    cloids = [cloid for cloid, _ in books.intents(project)]
    orders = books.orders_by_cloid(project)
    assert len(set(cloids)) == len(cloids)
    assert orders
    assert orders.keys() <= set(cloids)
    assert {cloid: oids for cloid, oids in orders.items() if len(oids) > 1} == {}


@contextmanager
def flattened(project: Project) -> Iterator[None]:
    project.execute("web", "3t", "kill", "--flatten")
    try:
        wait_until(lambda: not books.positions_there(project), "a flat account", SECS)
        yield
    finally:
        project.execute("web", "3t", "resume")


def test_a_strategy_trades(project: Project) -> None:
    wait_until(lambda: bool(books.fills_here(project)), "a first fill", SECS)
    until_settled(project)
    require_nothing_doubled(project)


def test_why_and_the_api_tell_what_was_traded(project: Project) -> None:
    until_settled(project)
    said = project.execute("web", "3t", "why", "SOL", "--count", "1000")
    assert "because it holds" in said
    assert "accepted" in said
    decisions = told(f"{WEB}/api/decisions?symbol=SOL")["decisions"]
    assert "holder" in {one["run"] for one in decisions}
    fills = told(f"{WEB}/api/fills?symbol=SOL&run=holder")["fills"]
    assert {one["tid"] for one in fills} <= {
        tid for symbol, tid in books.fills_here(project) if symbol == "SOL"
    }
    assert fills
    assert "holder" in project.execute("web", "3t", "ledger", "pnl")


def test_the_pages_view_of_trading_answers(project: Project) -> None:
    assert b'id="trading-view"' in fetched(WEB)
    runs = {one["name"]: one for one in told(f"{WEB}/api/runs")["runs"]}
    assert runs.keys() >= {"holder", "nervous"}
    assert told(f"{WEB}/api/orders")["working"] is not None
    for path in ("pnl", "equity", "limits", "halts"):
        assert told(f"{WEB}/api/{path}")
    # Money is known, and the ledger explains it.
    wait_until(
        lambda: values(project, "max(threet_ledger_unexplained)") == [0.0],
        "the ledger's word",
        SECS,
    )


def test_o6_a_gateway_killed_while_it_trades_doubles_nothing(project: Project) -> None:
    with flattened(project):
        started = project.containers()[GATEWAY]["State"]["StartedAt"]
        before = len(books.intents(project))
    # Its orders are on their way, or about to be.
    project.kill(GATEWAY)

    def is_another(than: str) -> bool:
        state = project.containers()[GATEWAY]["State"]
        return bool(state["Running"] and state["StartedAt"] != than)

    wait_until(lambda: is_another(started), "another gateway", 60)
    # And once more, while that one finds out what became of them.
    again = project.containers()[GATEWAY]["State"]["StartedAt"]
    project.kill(GATEWAY)
    wait_until(lambda: is_another(again), "a third gateway", 60)
    project.until_healthy(GATEWAY)
    until_settled(project)
    require_nothing_doubled(project)
    assert len(books.intents(project)) > before


def test_b10_the_kill_switch_flattens_and_stays_and_resume_ends_it(
    project: Project,
) -> None:
    until_settled(project)
    with flattened(project):
        causes = {one["cause"] for one in told(f"{WEB}/api/halts")["halts"]}
        assert causes == {"kill_switch", "flatten"}
        # Over a restart as well: nothing is opened again.
        project.make("restart", f"SERVICE={GATEWAY}")
        project.until_healthy(GATEWAY)
        wait_until(lambda: figures(GATEWAY).get("cycles", 0) > 3, "its cycles", 60)
        assert books.positions_there(project) == {}
    assert told(f"{WEB}/api/halts")["halts"] == []
    until_settled(project)


def test_s4_the_key_is_in_no_environment_no_command_line_and_no_log(
    project: Project, key: str
) -> None:
    naked = key.removeprefix("0x").lower()
    ids = project.compose("ps", "-aq").split()
    images = sorted(set(project.service_images().values()))
    looked_at = [
        ("inspect", ["docker", "inspect", *ids]),
        ("images", ["docker", "image", "inspect", *images]),
        ("logs", [*project.command, "logs", "--no-color"]),
        ("top", [*project.command, "top"]),
        ("config", [*project.command, "--profile", "*", "config"]),
    ]
    said = {
        what: subprocess.run(
            command, cwd=project.folder, capture_output=True, text=True, check=True
        ).stdout
        for what, command in looked_at
    }
    for service in (GATEWAY, "trader", "web"):
        said[service] = project.execute(service, "cat", "/proc/1/environ")
    assert all(said.values())
    # A list of names: a failure must not print what it found.
    leaks = [what for what, text in said.items() if naked in text.lower()]
    assert leaks == []


def test_s4_the_key_lies_in_a_file_of_the_gateways_user_alone(
    project: Project, key: str
) -> None:
    seen = project.execute(GATEWAY, "stat", "-c", "%a %u", "/app/secrets.yml").split()
    assert seen == ["600", project.variables["THREET_UID"]]
    assert project.execute(GATEWAY, "id", "-u").split() == [seen[1]]
    others = set(project.containers()) - books.readers_of_secrets(project)
    assert {"hlsim", "redis", "mariadb", "prometheus", "grafana"} <= others
    assert (key in project.said_at_init) is False


def test_s4_only_the_gateway_is_told_the_key(project: Project) -> None:
    code = (
        "from threet.bootstrap import config\n"
        "print(config().exchanges.hyperliquid.private_key is not None)"
    )
    some = ("trader", "web", "celery_worker", GATEWAY)
    has = [project.execute(one, "python", "-c", code).strip() for one in some]
    assert has == ["False", "False", "False", "True"]


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("PRIVATE_KEY=", "trading needs the key of an agent"),
        ("NETWORK=mainnet", "execution.on_mainnet: real money is traded only where"),
    ],
)
def test_a_gateway_that_may_not_trade_says_so_and_ends(
    project: Project, setting: str, words: str
) -> None:
    variable = f"THREET_EXCHANGES__HYPERLIQUID__{setting}"
    command = ["run", "--rm", "-T", "--no-deps", "-e", variable, GATEWAY]
    with pytest.raises(AssertionError, match=words):
        project.compose(*command)


@pytest.mark.parametrize("service", ["trader", GATEWAY])
def test_the_health_check_knows_a_process_that_hangs(
    project: Project, service: str
) -> None:
    container = project.containers()[service]
    _, *check = container["Config"]["Healthcheck"]["Test"]

    def is_well() -> bool:
        try:
            project.execute(service, *check)
        except AssertionError:
            return False
        return True

    assert is_well()
    try:
        os.kill(container["State"]["Pid"], signal.SIGSTOP)
    except PermissionError:
        pytest.skip("who runs this may not stop a container's process")
    try:
        wait_until(lambda: not is_well(), f"{service} to be missed", 60)
    finally:
        os.kill(container["State"]["Pid"], signal.SIGCONT)
    wait_until(is_well, f"{service} again", 60)


def test_the_doctor_finds_nothing_and_tries_an_order(project: Project) -> None:
    project.compose("stop", GATEWAY)
    try:
        said = project.compose(
            "run", "--rm", "-T", "--no-deps", GATEWAY, "3t", "doctor", "--trade"
        )
    finally:
        project.compose("start", GATEWAY)
    assert "round trip" in said
    assert "Nothing stands in the way" in said
    project.until_healthy(GATEWAY)

"""Nobody without a password, and nobody further than the password leads (S6, S15)."""

import pytest

from tests.stack.asking import status
from tests.stack.engine import NAME, PORTS, Project

# Product -> (its port, a path that tells something, user, whose password in .env).
PAGES = {
    "flower": ("FLOWER_PORT", "/api/workers", "admin", "FLOWER_PASSWORD"),
    "grafana": ("GRAFANA_PORT", "/api/datasources", "admin", "GRAFANA_PASSWORD"),
    "prometheus": (
        "PROMETHEUS_PORT",
        "/api/v1/query?query=up",
        "admin",
        "PROMETHEUS_PASSWORD",
    ),
    "alertmanager": (
        "ALERTMANAGER_PORT",
        "/api/v2/status",
        "admin",
        "ALERTMANAGER_PASSWORD",
    ),
    "elasticsearch": ("ELASTICSEARCH_PORT", "/", "elastic", "ELASTIC_PASSWORD"),
    "kibana": ("KIBANA_PORT", "/api/data_views", "elastic", "ELASTIC_PASSWORD"),
}


def address(port: str, path: str) -> str:
    return f"http://127.0.0.1:{PORTS[port]}{path}"


@pytest.mark.parametrize("product", PAGES)
def test_s6_a_page_demands_its_password(project: Project, product: str) -> None:
    port, path, user, name = PAGES[product]
    login = (user, project.variables[name])
    assert status(address(port, path), login) == 200
    if project.is_fake(product):
        pytest.skip(f"{product} is a fake here: it asks nobody for a password")
    assert status(address(port, path)) == 401
    assert status(address(port, path), (user, "wrong")) == 401


def test_the_unprotected_pages_answer(project: Project) -> None:
    assert status(address("WEB_PORT", "/api/health/ready")) == 200
    assert status(address("JAEGER_PORT", "/api/services")) == 200


def test_s6_redis_demands_its_password(project: Project) -> None:
    said = project.execute("redis", "sh", "-c", "redis-cli get x 2>&1 || true")
    assert "NOAUTH" in said
    assert project.redis("ping").strip() == "PONG"


@pytest.mark.parametrize("user", ["root", "writer", "reader", "migrator"])
def test_s6_mariadb_demands_a_password(project: Project, user: str) -> None:
    command = f"mariadb --user={user} --host=127.0.0.1 --protocol=tcp -e 'SELECT 1'"
    with pytest.raises(AssertionError, match=r"Access denied|not allowed"):
        project.execute("mariadb", "sh", "-c", command)


@pytest.mark.parametrize(
    ("user", "statement"),
    [
        ("reader", "INSERT INTO exchanges (name) VALUES ('x')"),
        ("reader", "UPDATE products SET symbol = 'x'"),
        ("reader", "DELETE FROM candles"),
        ("reader", "SELECT user FROM mysql.user"),
        ("writer", "CREATE TABLE x (y INT)"),
        ("writer", "DROP TABLE candles"),
        ("writer", "ALTER TABLE candles ADD x INT"),
        ("writer", "TRUNCATE candles"),
        ("writer", "SELECT user FROM mysql.user"),
        ("writer", "CREATE USER x"),
        ("migrator", "SELECT user FROM mysql.user"),
        ("migrator", "CREATE DATABASE x"),
        ("migrator", "GRANT ALL ON threet.* TO reader"),
        ("exporter", "SELECT * FROM threet.candles"),
    ],
)
def test_s15_a_user_may_no_more_than_it_needs(
    project: Project, user: str, statement: str
) -> None:
    with pytest.raises(AssertionError, match="denied"):
        project.sql(statement, user)


def test_s15_a_user_may_what_it_needs(project: Project) -> None:
    assert project.sql("SELECT COUNT(*) FROM products", "reader") == [["25"]]
    project.sql("UPDATE products SET symbol = symbol WHERE id = 0", "writer")
    project.sql("CREATE TABLE x (y INT); DROP TABLE x", "migrator")


def test_s5_who_has_nothing_to_ask_outside_has_no_way_there(project: Project) -> None:
    may = {"price_stream_producer", "celery_worker", "web", "alertmanager"}
    may |= {"trader", "order_gateway"}
    for name, one in project.containers().items():
        networks = set(one["NetworkSettings"]["Networks"])
        assert (f"{NAME}_outside" in networks) is (name in may), name


def test_i5_no_password_shows_in_a_log_or_a_command_line(project: Project) -> None:
    said = project.compose("logs", "--no-color")
    running = project.compose("top")
    secrets = {
        name: value
        for name, value in project.variables.items()
        if "PASSWORD" in name or name.endswith("_KEY")
    }
    assert len(secrets) > 10
    assert [name for name, value in secrets.items() if value in said + running] == []

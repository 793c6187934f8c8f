"""Who is answered, and what a browser is told it may do."""

from collections.abc import Iterator

import pytest

from tests.servers import free_port
from tests.system.web.scripted import FIRST, Script
from tests.system.web.served import Served
from threet.web.security import host_name


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    script = Script(port=free_port(), symbols=FIRST[:1], bars=5)
    with Served(script) as server:
        yield server


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8080", 200),
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("[::1]:8080", 200),
        ("rebound.example", 421),
        ("localhost.rebound.example", 421),
        ("127.0.0.1.rebound.example:80", 421),
        ("[::2]", 421),
        ("", 421),
    ],
)
@pytest.mark.parametrize("path", ["/api/health/live", "/"])
def test_only_known_host_names_are_served(
    served: Served, path: str, host: str, status: int
) -> None:
    answer = served.http.request("GET", served.url + path, headers={"host": host})
    assert answer.status == status


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_nothing_can_be_changed(served: Served, method: str) -> None:
    answer = served.http.request(method, f"{served.url}/api/positions")
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "path", ["/", "/main.js", "/api/prices", "/api/candles?symbol=NOPE", "/nothing"]
)
def test_every_answer_carries_the_headers(served: Served, path: str) -> None:
    headers = served.http.request(
        "GET", served.url + path, headers={"origin": "https://other.example"}
    ).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers


@pytest.mark.parametrize(
    ("site", "status"),
    [("same-origin", 200), ("none", 200), ("cross-site", 403), ("same-site", 403)],
)
def test_other_sites_cannot_make_the_api_work(
    served: Served, site: str, status: int
) -> None:
    url = f"{served.url}/api/candles?symbol=BTC"
    answer = served.http.request("GET", url, headers={"sec-fetch-site": site})
    assert answer.status == status
    page = served.http.request("GET", served.url, headers={"sec-fetch-site": site})
    assert page.status == 200  # a link to the page is a link


def test_modules_are_served_as_javascript(served: Served) -> None:
    vendored = "/vendor/lightweight-charts.standalone.production.mjs"
    for path in ("/main.js", vendored):
        kind = served.http.request("GET", served.url + path).headers["content-type"]
        assert kind.startswith("text/javascript")


def test_files_outside_the_page_are_not_served(served: Served) -> None:
    for path in ("/../app.py", "/%2e%2e/app.py", "/vendor/../../server.py"):
        assert served.http.request("GET", served.url + path).status == 404


def test_a_host_name_is_read_without_its_port() -> None:
    assert host_name("[::1]:80") == "[::1]"
    assert host_name("Desk.Example:8080") == "desk.example"

"""S10: who may look, who may change something, and from where."""

import http.cookies
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import urllib3
from starlette.requests import HTTPConnection

from tests.servers import free_port
from tests.system.web.scripted import ADDRESS, FIRST, Script
from tests.system.web.served import Served
from tests.system.web.traded import Traded, halts_of
from threet.web.access import Access

TOKEN = "a-token-of-a-test-and-no-other"  # noqa: S105 - a fixture
KILL = {"confirm": "KILL", "flatten": False}


@dataclass
class Page:
    """What a browser would hold: a cookie, and the page's secret."""

    served: Served
    cookie: str = ""
    csrf: str = ""

    def open(self) -> Any:
        answer = self.send("GET", "/api/session", origin=None)
        self._keep(answer)
        told = json.loads(answer.data)
        self.csrf = told["csrf"]
        return told

    def log_in(self, token: str = TOKEN) -> urllib3.BaseHTTPResponse:
        answer = self.send("POST", "/login", {"token": token})
        if answer.status == 200:
            self._keep(answer)
            self.csrf = json.loads(answer.data)["csrf"]
        return answer

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        origin: str | None = "own",
        **headers: str,
    ) -> urllib3.BaseHTTPResponse:
        origin = self.served.url if origin == "own" else origin
        every = {
            "cookie": self.cookie,
            "x-csrf-token": self.csrf,
            "content-type": "application/json",
            **({} if origin is None else {"origin": origin}),
            **{name.replace("_", "-"): text for name, text in headers.items()},
        }
        return self.served.http.request(
            method,
            self.served.url + path,
            body=None if body is None else json.dumps(body),
            headers={name: text for name, text in every.items() if text},
            redirect=False,
        )

    def _keep(self, answer: urllib3.BaseHTTPResponse) -> None:
        given = answer.headers.get("set-cookie")
        if given is not None:
            self.cookie = given.partition(";")[0]


@dataclass
class Site:
    served: Served
    traded: Traded

    def page(self) -> Page:
        page = Page(self.served)
        page.open()
        return page


def site(folder: Path, **changes: Any) -> Iterator[Site]:
    script = Script(port=free_port(), symbols=FIRST[:1], bars=5)
    traded = Traded(folder, ADDRESS)
    script.parts = replace(script.parts, trading=traded.parts, **changes)
    with Served(script) as served:
        yield Site(served, traded)
    traded.database.close()


@pytest.fixture(scope="module")
def open_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A demonstration: no token, on loopback, simulated."""
    yield from site(tmp_path_factory.mktemp("open"))


@pytest.fixture(scope="module")
def walled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from site(tmp_path_factory.mktemp("walled"), token=TOKEN, network="mainnet")


@pytest.fixture(autouse=True)
def later(request: pytest.FixtureRequest) -> Iterator[None]:
    """Nothing of one test's wrong tokens and halts stays for the next."""
    yield
    for name in ("open_site", "walled"):
        if name in request.fixturenames:
            one: Site = request.getfixturevalue(name)
            one.served.script.clock.ahead_ms += 61_000
            for cause in halts_of(one.traded):
                one.traded.halts.resume(cause)


def test_kill_and_resume_need_the_word_the_page_and_its_secret(open_site: Site) -> None:
    page = open_site.page()
    answer = page.send("POST", "/api/kill", {"confirm": "KILL", "flatten": True})
    assert answer.status == 200, answer.data
    told = json.loads(answer.data)
    assert told["is_halted"]
    assert {one["cause"] for one in told["halts"]} == {"kill_switch", "flatten"}
    assert halts_of(open_site.traded) == ["flatten", "kill_switch"]
    open_site.traded.halts.halt("mismatch", "not by hand", 1)
    answer = page.send("POST", "/api/resume", {"confirm": "RESUME"})
    assert answer.status == 200
    assert halts_of(open_site.traded) == ["mismatch"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"confirm": ""},
        {"confirm": "kill"},
        {"confirm": "KILL "},
        {"confirm": "RESUME"},
        {"confirm": True},
        {"confirm": "KILL", "flatten": "perhaps"},
        {"confirm": "KILL", "more": 1},
        ["KILL"],
    ],
)
def test_what_is_not_confirmed_by_the_very_word_is_not_done(
    open_site: Site, body: object
) -> None:
    assert open_site.page().send("POST", "/api/kill", body).status == 422
    assert halts_of(open_site.traded) == []


@pytest.mark.parametrize("path", ["/api/kill", "/api/resume"])
@pytest.mark.parametrize(
    ("origin", "headers"),
    [
        (None, {}),
        ("null", {}),
        ("https://other.example", {}),
        ("http://127.0.0.1", {}),  # another port is another page
        ("http://127.0.0.1.other.example", {}),
        ("own", {"sec_fetch_site": "cross-site"}),
        ("own", {"sec_fetch_site": "same-site"}),
    ],
)
def test_only_the_page_itself_may_change_something(
    open_site: Site, path: str, origin: str | None, headers: dict[str, str]
) -> None:
    page = open_site.page()
    word = "KILL" if path == "/api/kill" else "RESUME"
    answer = page.send("POST", path, {"confirm": word}, origin, **headers)
    assert answer.status == 403
    assert halts_of(open_site.traded) == []
    assert "access-control-allow-origin" not in answer.headers


def test_the_pages_secret_is_of_its_session_alone(open_site: Site) -> None:
    mine, other = open_site.page(), open_site.page()
    for cookie, csrf in (
        (mine.cookie, ""),
        (mine.cookie, "wrong"),
        (mine.cookie, other.csrf),
        ("", mine.csrf),
        (f"{mine.cookie}x", mine.csrf),
    ):
        answer = Page(open_site.served, cookie, csrf).send("POST", "/api/kill", KILL)
        assert answer.status == 403, (cookie, csrf)
    assert halts_of(open_site.traded) == []
    assert mine.send("POST", "/api/kill", KILL).status == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_a_form_cannot_be_a_change(open_site: Site, kind: str) -> None:
    page = open_site.page()
    assert page.send("POST", "/api/kill", KILL, content_type=kind).status == 415
    long = {"confirm": "KILL", "reason": "x" * 5_000}
    assert page.send("POST", "/api/kill", long).status == 415


def test_a_session_is_over_after_its_time(open_site: Site) -> None:
    page = open_site.page()
    open_site.served.script.clock.ahead_ms += 12 * 3_600_000
    assert page.send("POST", "/api/kill", KILL).status == 403


@pytest.mark.parametrize("network", ["mainnet", "testnet"])
def test_without_a_token_only_a_simulated_exchange_can_be_stopped(
    tmp_path: Path, network: str
) -> None:
    for one in site(tmp_path, network=network):
        page = Page(one.served)
        assert "web.token" in page.open()["why_closed"]
        answer = page.send("POST", "/api/kill", KILL)
        assert answer.status == 403
        assert "web.token" in json.loads(answer.data)["error"]
        assert halts_of(one.traded) == []
        assert page.send("GET", "/api/positions").status == 200


@pytest.mark.parametrize(
    ("host", "client", "is_closed"),
    [
        ("127.0.0.1", "127.0.0.1", False),
        ("localhost", "::1", False),
        ("0.0.0.0", "127.0.0.1", True),  # noqa: S104 - never listened on
        ("127.0.0.1", "192.0.2.7", True),  # forwarded for somebody
    ],
)
def test_without_a_token_only_this_machine_may_stop(
    host: str, client: str, is_closed: bool
) -> None:
    access = Access(replace(Script(port=1, symbols=(), bars=0).parts, host=host))
    asker = HTTPConnection({"type": "http", "client": (client, 5), "headers": []})
    assert (access.why_closed(asker) is not None) is is_closed


def test_with_a_token_nothing_is_shown_before_it_was_given(walled: Site) -> None:
    page = walled.page()
    for path in (
        "/api/positions", "/api/events", "/api/health", "/api/openapi.json",
        "/api/candles?symbol=BTC", "/api/halts", "/api//halts", "/api/nothing",
    ):  # fmt: skip
        assert page.send("GET", path).status == 401, path
    for path in ("/", "/index.html"):
        answer = page.send("GET", path)
        assert (answer.status, answer.headers["location"]) == (303, "/login")
    for path in ("/login", "/login.js", "/api/health/live", "/api/health/ready"):
        assert page.send("GET", path).status == 200, path
    assert page.send("POST", "/api/kill", KILL).status == 401
    assert halts_of(walled.traded) == []


def test_whoever_gave_the_token_may_look_and_stop_until_logging_out(
    walled: Site,
) -> None:
    page = walled.page()
    before = page.cookie
    assert page.log_in().status == 200
    assert page.cookie != before  # a session that was there before is none of theirs
    assert Page(walled.served, before).send("GET", "/api/positions").status == 401
    once = page.cookie
    assert page.log_in().status == 200
    assert Page(walled.served, once).send("GET", "/api/positions").status == 401
    assert page.send("GET", "/api/positions").status == 200
    assert page.send("GET", "/").status == 200
    assert page.send("POST", "/api/kill", KILL).status == 200
    assert halts_of(walled.traded) == ["kill_switch"]
    assert page.send("POST", "/logout", {}).status == 204
    assert page.send("GET", "/api/positions").status == 401


def test_a_stream_ends_with_its_session(walled: Site) -> None:
    page = walled.page()
    page.log_in()
    stream = walled.served.http.request(
        "GET",
        f"{walled.served.url}/api/events",
        headers={"cookie": page.cookie},
        preload_content=False,
    )
    assert stream.status == 200
    assert stream.readline().startswith(b"retry")
    page.send("POST", "/logout", {})
    walled.served._server._desk.hub.touch()
    lines = [stream.readline() for _ in range(25)]
    assert lines[-1] == b""  # it has ended


def test_the_cookie_is_strict_and_hidden_from_scripts(walled: Site) -> None:
    page = Page(walled.served)
    first = page.send("GET", "/api/session")
    page.open()
    for answer in (first, page.log_in()):
        (morsel,) = http.cookies.SimpleCookie(answer.headers["set-cookie"]).values()
        assert morsel["httponly"] is True
        assert morsel["samesite"].lower() == "strict"
        assert morsel["path"] == "/"
        assert not morsel["domain"]
        assert len(morsel.value) >= 40
        assert TOKEN not in answer.headers["set-cookie"]
    encrypted = page.send("GET", "/api/session", cookie="", x_forwarded_proto="https")
    assert "Secure" in encrypted.headers["set-cookie"]


@pytest.mark.parametrize(
    "wrong", ["", "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "ü"]
)
def test_a_wrong_token_lets_nobody_in(walled: Site, wrong: str) -> None:
    page = walled.page()
    answer = page.log_in(wrong)
    assert answer.status == 401
    assert TOKEN not in answer.data.decode()
    assert page.send("GET", "/api/positions").status == 401
    wrong_bearer = {"authorization": f"Bearer {wrong.encode().hex()}"}
    assert Page(walled.served).send("GET", "/api/halts", **wrong_bearer).status == 401


def test_after_five_wrong_tokens_not_even_the_right_one_is_looked_at(
    walled: Site,
) -> None:
    page = walled.page()
    for _ in range(5):
        assert page.log_in("wrong").status == 401
    answer = page.log_in()
    assert answer.status == 429
    assert 0 < int(answer.headers["retry-after"]) <= 60
    bearer = {"authorization": f"Bearer {TOKEN}"}
    assert page.send("GET", "/api/positions", **bearer).status == 429
    walled.served.script.clock.ahead_ms += 61_000
    assert page.log_in().status == 200


def test_a_login_has_to_come_from_the_page(walled: Site) -> None:
    page = walled.page()
    right = {"token": TOKEN}
    assert page.send("POST", "/login", right, "https://other.example").status == 403
    page.csrf = "wrong"
    assert page.send("POST", "/login", right).status == 403
    assert page.send("GET", "/api/positions").status == 401


def test_a_program_sends_the_token_itself(walled: Site) -> None:
    program = Page(walled.served)
    bearer = {"authorization": f"Bearer {TOKEN}"}
    assert program.send("GET", "/api/positions", **bearer).status == 200
    assert program.send("POST", "/api/kill", KILL, None, **bearer).status == 200
    assert halts_of(walled.traded) == ["kill_switch"]
    wrong = {"authorization": "Bearer not-the-token-of-this-test"}
    resume = {"confirm": "RESUME"}
    assert program.send("POST", "/api/resume", resume, None, **wrong).status == 401
    assert halts_of(walled.traded) == ["kill_switch"]

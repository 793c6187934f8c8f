"""The API on memory adapters, asked over a real socket."""

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import islice

import pytest

from tests.builders import prices
from tests.servers import free_port
from tests.system.web.scripted import ADDRESS, FIRST, PROCESSES, Script
from tests.system.web.served import Served
from threet.adapters.memory.fetch_state import MemoryRateBudget
from threet.model.candles import Timeframe
from threet.model.errors import RateLimitedError, UnreachableError
from threet.model.events import BalanceUpdated
from threet.model.prices import PriceKind
from threet.model.products import Product
from threet.web.security import CHANGES


@pytest.fixture
def served() -> Iterator[Served]:
    with Served(Script(port=free_port(), symbols=FIRST[:6], bars=30)) as server:
        server.call(server.script.beat())
        yield server


def test_numbers_of_money_are_the_stored_digits(served: Served) -> None:
    served.call(served.script.set_price("kPEPE", "0.0118340"))
    answer = served.get("/api/prices")
    mids = {p["symbol"]: p for p in answer["prices"] if p["kind"] == "mid"}
    assert mids["kPEPE"]["price"] == "0.0118340"
    assert served.get("/api/balances")["withdrawable"] == "21558.005456"
    positions = served.get("/api/positions")["positions"]
    assert [(p["side"], p["quantity"]) for p in positions][:2] == [
        ("long", "0.15"),
        ("short", "-2.4"),
    ]
    assert positions[2]["liquidation_price"] is None


def test_a_price_ages_from_fresh_to_stale_and_an_absent_one_is_missing(
    served: Served,
) -> None:
    served.call(served.script.set_price("BTC", "64000.5"))
    answer = served.get("/api/prices")
    assert {p["state"] for p in answer["prices"]} == {"fresh"}
    assert answer["missing"] == list(FIRST[1:6])
    assert answer["coverage"] == {"symbols": 6, "fresh": 1, "stale": 0, "missing": 5}
    served.script.clock.ahead_ms = 4_000
    answer = served.get("/api/prices")
    (mid,) = [p for p in answer["prices"] if p["kind"] == "mid"]
    assert mid["state"] == "stale"
    assert mid["age_ms"] >= 4_000
    assert mid["event_ms"] is None


def test_candles_come_newest_last_with_their_digits(served: Served) -> None:
    answer = served.get("/api/candles?symbol=BTC&timeframe=5m&limit=3")
    assert [row[7] for row in answer["rows"]] == [True, True, False]
    stored = served.script.candles.newest("BTC", Timeframe.M5, 3)
    assert [row[0] for row in answer["rows"]] == [bar.open_ms for bar in stored]
    assert [row[4] for row in answer["rows"][:2]] == [f"{b.close:f}" for b in stored][
        :2
    ]
    assert answer["source"] == "store"
    by_pair = served.get("/api/candles?symbol=BTC/USDC:USDC&limit=1")
    assert by_pair["symbol"] == "BTC"


def test_the_forming_bar_of_every_timeframe_moves_with_the_minutes(
    served: Served,
) -> None:
    frames = ("1m", "5m", "1h", "1d")
    for frame in frames:
        served.get(f"/api/candles?symbol=BTC&timeframe={frame}")
    served.call(served.script.set_price("BTC", "99999.5"))
    served.call(settled(served))
    for frame in frames:
        path = f"/api/candles?symbol=BTC&timeframe={frame}&limit=1"
        row = served.get(path)["rows"][-1]
        assert (row[2], row[4], row[7]) == ("99999.5", "99999.5", False), frame


async def settled(served: Served) -> None:
    """The hub has taken what was told: its follower ran after the publish."""
    hub = served._server._desk.hub
    assert await hub.wait_beyond(hub.version - 1, 1)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("candles?symbol=NOPE", 404, "no product 'NOPE' is kept"),
        ("candles?symbol=BTC&timeframe=7m", 422, "timeframe: "),
        ("candles?symbol=BTC&limit=0", 422, "limit: "),
        ("candles?symbol=BTC&limit=5001", 422, "limit: "),
        ("candles", 422, "symbol: Field required"),
        ("nothing", 404, "Not Found"),
    ],
)
def test_what_cannot_be_answered_is_said_in_a_sentence(
    served: Served, path: str, status: int, words: str
) -> None:
    assert words in served.get(f"/api/{path}", status)["error"]


def test_unknown_parameters_do_no_harm(served: Served) -> None:
    assert served.get("/api/candles?symbol=BTC&limit=1&_=7")["rows"]


def test_a_product_without_stored_bars_is_asked_of_the_exchange_once(
    served: Served,
) -> None:
    script = served.script
    bars = script.candles.newest("BTC", Timeframe.M15, 30)
    script.candles.forget_hot()
    script.candles._durable.clear()
    script.exchange.add_candles(bars)
    for _ in range(3):
        answer = served.get("/api/candles?symbol=BTC&timeframe=15m")
        assert (answer["source"], len(answer["rows"])) == ("exchange", 30)
    assert script.exchange.requests.count("candles BTC 15m") == 1


def test_an_unknown_symbol_is_asked_of_the_exchange_once(served: Served) -> None:
    for _ in range(3):
        served.get("/api/candles?symbol=NOPE", 404)
    assert served.script.exchange.requests.count("candles NOPE 1m") == 1


@pytest.mark.parametrize(
    "error", [UnreachableError("candles", "502"), RateLimitedError("candles", 2.0)]
)
def test_an_exchange_that_fails_is_a_503_and_asked_again(
    served: Served, error: UnreachableError | RateLimitedError
) -> None:
    path = "/api/candles?symbol=OTHER"
    exchange = served.script.exchange
    exchange._products["OTHER"] = product("OTHER")
    exchange.fail_next(error)
    assert served.get(path, 503)["dependency"] == "exchange"
    assert served.get(path)["rows"] == []


def product(symbol: str) -> Product:
    return Product(
        exchange="hyperliquid",
        symbol=symbol,
        pair=f"{symbol}/USDC:USDC",
        max_leverage=3,
    )


def test_a_database_that_is_down_is_named_where_it_is_needed(served: Served) -> None:
    script = served.script
    served.get("/api/candles?symbol=BTC&limit=1")
    script.products.is_down = script.candles.is_down = script.accounts.is_down = True
    for path in ("positions", "balances", "candles?symbol=ETH"):
        answer = served.get(f"/api/{path}", 503)
        assert answer["dependency"] == "database"
    # What is in memory still serves: the catalogue, live prices, a warm window.
    for path in ("products", "prices", "streams", "candles?symbol=BTC&limit=1"):
        served.get(f"/api/{path}")
    script.clock.ahead_ms = 2_000
    health = served.get("/api/health", 503)
    assert health["status"] == "down"
    assert {d["name"]: d["state"] for d in health["dependencies"]} == {
        "redis": "up",
        "database": "down",
        "exchange": "up",
    }
    served.get("/api/health/ready", 503)
    served.get("/api/health/live")


def test_a_redis_that_is_down_is_named_where_it_is_needed(served: Served) -> None:
    served.call(down(served))
    for path in ("prices", "streams"):
        assert served.get(f"/api/{path}", 503)["dependency"] == "redis"
    for path in ("products", "positions", "balances", "candles?symbol=BTC"):
        served.get(f"/api/{path}")
    served.script.clock.ahead_ms = 2_000
    health = served.get("/api/health", 503)
    assert "redis: does not answer" in health["reasons"]


async def down(served: Served) -> None:
    served.script.live.set_down(True)


def test_health_tells_processes_by_their_beats(served: Served) -> None:
    served.script.clock.ahead_ms = 20_000
    served.call(served.script.beat(but="trader"))
    health = served.get("/api/health")
    states = {p["name"]: p["state"] for p in health["processes"]}
    assert states == dict.fromkeys(PROCESSES, "alive") | {"trader": "dead"}
    assert health["status"] == "degraded"
    assert "trader is dead" in health["reasons"]
    assert health["network"] == "simulator"


def test_all_fresh_and_alive_is_ok(served: Served) -> None:
    served.call(served.script.move(FIRST[:6]))
    served.script.clock.ahead_ms = 1_500  # past the kept summary
    health = served.get("/api/health")
    assert health["reasons"] == []
    assert health["status"] == "ok"
    assert health["messages_per_sec"] is None  # unknown is not 0
    assert health["prices"] == {"symbols": 6, "fresh": 6, "stale": 0, "missing": 0}


def test_an_account_reading_that_is_old_is_stale(served: Served) -> None:
    assert served.get("/api/balances")["state"] == "fresh"
    served.script.clock.ahead_ms = 121_000
    answer = served.get("/api/positions")
    assert (answer["state"], answer["address"]) == ("stale", ADDRESS)
    assert answer["age_ms"] >= 121_000


def test_sparklines_hold_exact_closes_and_a_reference(served: Served) -> None:
    served.call(served.script.set_price("ETH", "3100.50"))
    line = served.get("/api/sparklines")["sparklines"]["ETH"]
    assert line["closes"][-1] == "3100.50"
    assert line["times_ms"] == sorted(line["times_ms"])
    assert Decimal(line["reference"]) > 0


def test_the_api_describes_itself(served: Served) -> None:
    document = served.get("/api/openapi.json")
    assert {path for path in document["paths"] if path.startswith("/api")} == {
        f"/api/{name}"
        for name in (
            *("health", "health/live", "health/ready", "products", "prices"),
            *("candles", "sparklines", "positions", "balances", "streams", "events"),
            *("decisions", "fills", "orders", "runs", "pnl", "equity", "limits"),
            *("halts", "session", "kill", "resume"),
        )
    }
    changes = {path for path, of in document["paths"].items() if set(of) != {"get"}}
    assert changes == CHANGES
    for of in document["paths"].values():
        (operation,) = of.values()
        assert operation["summary"]


class Listener:
    """An event stream, read frame by frame."""

    def __init__(self, served: Served, query: str = "") -> None:
        self._response = served.http.request(
            "GET", f"{served.url}/api/events{query}", preload_content=False
        )
        self._lines = iter(self._response.stream(1))

    def until(self, key: str) -> dict[str, object]:
        """The first frame that has the key."""
        events = (line for line in self._texts() if line.startswith("data: "))
        for line in islice(events, 12):
            frame: dict[str, object] = json.loads(line[6:])
            if key in frame:
                return frame
        raise AssertionError(f"the stream ended without {key}")

    def _texts(self) -> Iterator[str]:
        line = b""
        for piece in self._lines:
            line += piece
            if piece == b"\n":
                yield line.decode().strip()
                line = b""


def test_events_begin_with_everything_and_go_on_with_changes(served: Served) -> None:
    served.call(served.script.move(FIRST[:6]))
    served.get("/api/candles?symbol=BTC&timeframe=5m")
    listener = Listener(served, "?symbol=BTC&timeframe=5m")
    assert listener.until("network")["network"] == "simulator"
    first = listener.until("prices")["prices"]
    assert isinstance(first, list)
    assert {row[0] for row in first} == set(FIRST[:6])
    assert {row[1] for row in first if row[0] == "ETH"} == {"mid", "mark"}
    served.call(served.script.set_price("BTC", "70000.5"))
    frame = listener.until("candles")
    moved = frame["prices"]
    assert isinstance(moved, list)
    assert {row[0] for row in moved} == {"BTC"}
    assert {row[1] for row in moved} == {"mid", "mark", "oracle", "bid", "ask"}
    assert "70000.5" in {row[2] for row in moved}


def test_a_bar_that_moved_before_the_stream_began_is_told(served: Served) -> None:
    served.get("/api/candles?symbol=BTC&timeframe=5m")
    served.call(served.script.set_price("BTC", "70000.5"))
    candles = Listener(served, "?symbol=BTC&timeframe=5m").until("candles")["candles"]
    assert isinstance(candles, dict)
    assert candles["revised"] is False
    assert candles["rows"][-1][4] == "70000.5"


def test_account_news_is_pushed_as_one_reading(served: Served) -> None:
    listener = Listener(served)
    listener.until("account")
    served.script.clock.ahead_ms = 1_000
    served.call(served.script.tell_balance())
    account = listener.until("account")["account"]
    assert isinstance(account, dict)
    assert account["balances"]["account_value"] == "26123.5"
    assert account["balances"]["account_ms"] == account["positions"]["account_ms"]


def test_an_open_event_stream_does_not_hold_the_server(served: Served) -> None:
    listener = Listener(served)
    listener.until("network")
    served.stop()  # asserts that it ends
    with pytest.raises(AssertionError, match="ended without"):
        listener.until("nothing of this name")


def test_events_of_a_task_that_fails_end_the_server(served: Served) -> None:
    broken = BalanceUpdated(
        received_ns=0,
        address=ADDRESS,
        account_value=Decimal(1),
        total_margin_used=Decimal(0),
        withdrawable=Decimal(0),
    )
    hub = served._server._desk.hub
    hub.account_news = None  # type: ignore[assignment] # what the follower trips over
    served.call(served.script.tell(broken))
    served._thread.join(10)
    assert not served._thread.is_alive()
    assert served._server.has_failed


@pytest.fixture
def wide() -> Iterator[Served]:
    """Two kept markets, two that only the exchange lists, and one of unknown origin."""
    script = Script(
        port=free_port(), symbols=("ETH", "BTC"), others=("kPEPE", "ADA"), bars=30
    )
    with Served(script) as server:
        server.call(script.beat())
        server.call(script.move(("ETH", "BTC", "kPEPE", "ADA")))
        server.call(script.tell(prices(("ZZZ", "1.50"), received_ns=now_ns(script))))
        yield server


def now_ns(script: Script) -> int:
    return script.clock.now_ns()


def test_every_market_with_a_price_is_listed_the_kept_ones_first(wide: Served) -> None:
    products = wide.get("/api/products")["products"]
    assert [(p["symbol"], p["is_kept"]) for p in products] == [
        ("ETH", True),
        ("BTC", True),
        ("kPEPE", False),  # as the exchange lists them
        ("ADA", False),
        ("ZZZ", False),
    ]
    assert [p["max_leverage"] for p in products] == [25, 40, 10, 10, None]
    assert wide.script.exchange.requests.count("products") == 1


def test_coverage_speaks_of_every_market(wide: Served) -> None:
    everyone = {"symbols": 5, "fresh": 5, "stale": 0, "missing": 0}
    assert wide.get("/api/prices")["coverage"] == everyone
    wide.script.clock.ahead_ms = 2_000
    assert wide.get("/api/health")["prices"] == everyone
    assert set(wide.get("/api/sparklines")["sparklines"]) == {
        *("ETH", "BTC", "kPEPE", "ADA", "ZZZ")
    }


def test_an_old_price_of_a_market_that_is_no_more_is_not_counted(wide: Served) -> None:
    wide.script.clock.ahead_ms = 4_000
    prices = wide.get("/api/prices")
    assert prices["coverage"] == {"symbols": 4, "fresh": 0, "stale": 4, "missing": 0}


def test_a_market_that_is_not_kept_has_bars_that_move(wide: Served) -> None:
    path = "/api/candles?symbol=kPEPE&timeframe=1m"
    answer = wide.get(path)
    assert (answer["is_kept"], answer["source"]) == (False, "exchange")
    assert len(answer["rows"]) == 30
    wide.call(wide.script.set_price("kPEPE", "0.012345"))
    wide.call(settled(wide))
    assert wide.get(path)["rows"][-1][4] == "0.012345"
    assert wide.script.exchange.requests.count("candles kPEPE 1m") == 1
    assert wide.get("/api/candles?symbol=BTC")["is_kept"] is True


def test_a_frame_that_repeats_all_mids_keeps_quiet_markets_fresh(wide: Served) -> None:
    script = wide.script
    script.clock.ahead_ms = 4_000
    wide.call(script.confirm_mids())
    wide.call(settled(wide))
    script.clock.ahead_ms = 5_500
    everyone = {"symbols": 5, "fresh": 5, "stale": 0, "missing": 0}
    assert wide.get("/api/prices")["coverage"] == everyone
    assert wide.get("/api/health")["prices"] == everyone


def test_a_vanished_price_is_missing_at_once(wide: Served) -> None:
    wide.call(wide.script.confirm_mids(("BTC", PriceKind.MID)))
    answer = wide.get("/api/prices")
    assert answer["missing"] == ["BTC"]
    assert answer["coverage"]["missing"] == 1
    wide.call(settled(wide))
    wide.script.clock.ahead_ms = 1_500
    assert "1 of 5 prices missing" in wide.get("/api/health")["reasons"]


def test_history_that_arrives_after_the_start_is_drawn_and_told() -> None:
    script = Script(port=free_port(), symbols=FIRST[:2], bars=0)
    with Served(script) as served:
        listener = Listener(served)
        assert listener.until("sparklines")["sparklines"] == 0
        assert served.get("/api/sparklines")["sparklines"] == {}
        script.write_history(130)
        script.clock.ahead_ms = 11_000  # the store is looked at again by then
        listener.until("sparklines")
        line = served.get("/api/sparklines")["sparklines"]["BTC"]
        assert len(line["closes"]) == 60


def test_what_processes_lost_is_told_in_words(served: Served) -> None:
    served.call(served.script.move(FIRST[:6]))
    served.call(served.script.beat(refused_frames=3, dropped=0, lost=12))
    served.script.clock.ahead_ms = 1_500
    health = served.get("/api/health")
    assert health["status"] == "degraded"
    assert "trader: 3 frames refused" in health["reasons"]
    assert "trader: 12 entries lost" in health["reasons"]
    assert not [reason for reason in health["reasons"] if "dropped" in reason]
    assert health["processes"][0]["faults"] == ["3 frames refused", "12 entries lost"]


def test_without_an_account_its_answers_say_so() -> None:
    script = Script(port=free_port(), symbols=("BTC",), bars=1, address=None)
    with Served(script) as served:
        for path in ("balances", "positions"):
            answer = served.get(f"/api/{path}")
            assert (answer["address"], answer["state"]) == (None, "missing")


def test_a_class_that_is_not_asked_any_more_is_a_reason(served: Served) -> None:
    script = served.script
    served.call(script.beat(breaker_reads="open", breaker_cancels="closed"))
    script.clock.ahead_ms += 2_000
    health = served.get("/api/health")
    assert health["status"] == "degraded"
    told = "celery_worker asks no reads (breaker open)"
    assert told in health["reasons"]
    assert not [reason for reason in health["reasons"] if "cancels" in reason]


def test_w3_what_is_not_heard_is_a_reason(served: Served) -> None:
    script = served.script
    served.call(script.beat(silent=2, stale_symbols=1, left_out=0))
    script.clock.ahead_ms += 4_000
    health = served.get("/api/health")
    assert health["status"] == "degraded"
    name = health["processes"][0]["name"]
    assert f"{name}: 2 subscriptions are silent" in health["reasons"]
    assert f"{name}: 1 symbols are stale" in health["reasons"]
    assert not [reason for reason in health["reasons"] if "did not fit" in reason]


def test_the_rate_budget_is_told_with_what_each_priority_has_left() -> None:
    script = Script(port=free_port(), symbols=FIRST[:1], bars=5)
    budget = MemoryRateBudget(script.clock)
    budget.take(100)
    script.parts = replace(script.parts, budget=budget)
    with Served(script) as served:
        told = served.get("/api/health")["rate_budget"]
    assert (told["limit"], told["used"], told["is_shared"]) == (1200, 100, True)
    assert told["by_priority"]["data"] == {"used": 100, "left": 1004}
    assert told["by_priority"]["cancel"]["left"] == 1100
    assert told["address"] is None


def test_a_product_of_a_builder_dex_is_asked_for_by_its_name() -> None:
    """Its colon needs no care, encoded or not."""
    script = Script(port=free_port(), symbols=("BTC", "xyz:AAPL"), bars=30)
    with Served(script) as server:
        server.call(server.script.set_price("xyz:AAPL", "190.5"))
        for name in ("xyz:AAPL", "xyz%3AAAPL"):
            answer = server.get(f"/api/candles?symbol={name}&timeframe=1m&limit=3")
            assert (answer["symbol"], len(answer["rows"])) == ("xyz:AAPL", 3)
        mids = [p["symbol"] for p in server.get("/api/prices")["prices"]]
        assert "xyz:AAPL" in mids
        assert "xyz:AAPL" in server.get("/api/sparklines")["sparklines"]

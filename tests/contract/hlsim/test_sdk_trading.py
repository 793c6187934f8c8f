"""The unmodified official SDK 0.24.0 trades on hlsim, to the ledger's last digit."""

import queue
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from eth_account import Account as Wallet
from hyperliquid.exchange import Exchange as Client
from hyperliquid.info import Info
from hyperliquid.utils.types import Cloid

from hlsim.testing import Served
from tests.contract.hlsim.trading import (
    OTHER_KEY,
    TRADER,
    TRADER_KEY,
    LedgerFill,
    Quote,
    ledger_fills,
    ledger_oids,
    ledger_size,
    ledger_value,
    on_tick,
    size_for,
    standing_still,
    wide_quote,
)

GTC = {"limit": {"tif": "Gtc"}}
IOC = {"limit": {"tif": "Ioc"}}
ALO = {"limit": {"tif": "Alo"}}
TIMEOUT_SECS = 60


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with standing_still() as one:
        yield one


@pytest.fixture
def client(served: Served) -> Iterator[Client]:
    yield from opened(served, TRADER_KEY)


@pytest.fixture
def other(served: Served) -> Iterator[Client]:
    yield from opened(served, OTHER_KEY)


def opened(served: Served, key: str) -> Iterator[Client]:
    """A client that leaves neither orders nor positions behind."""
    client = Client(Wallet.from_key(key), served.url)
    yield client
    address = client.wallet.address
    for order in client.info.open_orders(address):
        client.cancel(order["coin"], order["oid"])
    for held in client.info.user_state(address)["assetPositions"]:
        client.market_close(held["position"]["coin"])
    client.session.close()
    client.info.session.close()


@pytest.fixture
def quote(served: Served, client: Client, other: Client) -> Quote:
    return served.call(wide_quote)


def only(answer: Any) -> Any:
    assert answer["status"] == "ok", answer
    (status,) = answer["response"]["data"]["statuses"]
    return status


def as_ledger(rows: list[dict[str, Any]]) -> list[LedgerFill]:
    """Fills as the SDK read them, in the ledger's terms, oldest first."""
    return [
        LedgerFill(
            coin=row["coin"],
            px=Decimal(row["px"]),
            sz=Decimal(row["sz"]),
            is_buy=row["side"] == "B",
            start=Decimal(row["startPosition"]),
            dir=row["dir"],
            closed_pnl=Decimal(row["closedPnl"]),
            fee=Decimal(row["fee"]),
            oid=row["oid"],
            tid=row["tid"],
            crossed=row["crossed"],
        )
        for row in reversed(rows)
    ]


def the_ledger(served: Served) -> list[LedgerFill]:
    return served.call(lambda exchange: ledger_fills(exchange, TRADER))


def test_a_market_order_fills_and_closes_to_the_last_digit(
    served: Served, client: Client, quote: Quote
) -> None:
    size = size_for(quote, 5_000)
    filled = only(client.market_open(quote.coin, True, float(size)))["filled"]
    assert Decimal(filled["totalSz"]) == size
    assert Decimal(filled["avgPx"]) >= quote.ask
    state = client.info.user_state(TRADER)
    (held,) = state["assetPositions"]
    assert Decimal(held["position"]["szi"]) == size
    value = Decimal(state["marginSummary"]["accountValue"])
    assert value == served.call(lambda exchange: ledger_value(exchange, TRADER))
    assert "filled" in only(client.market_close(quote.coin))
    assert served.call(lambda e: ledger_size(e, TRADER, quote.coin)) == 0
    assert as_ledger(client.info.user_fills(TRADER)) == the_ledger(served)


def test_a_resting_order_is_filled_in_parts_and_canceled(
    served: Served, client: Client, other: Client, quote: Quote
) -> None:
    size = 3 * size_for(quote, 1_000)
    oid = only(client.order(quote.coin, True, float(size), float(quote.inside), ALO))[
        "resting"
    ]["oid"]
    taken = only(
        other.order(quote.coin, False, float(size / 3), float(quote.inside), IOC)
    )["filled"]
    assert Decimal(taken["avgPx"]) == quote.inside
    (open_order,) = client.info.open_orders(TRADER)
    assert open_order["oid"] == oid
    assert Decimal(open_order["sz"]) == size - size / 3
    assert Decimal(open_order["origSz"]) == size
    fill = the_ledger(served)[-1]
    assert (fill.sz, fill.px, fill.crossed) == (size / 3, quote.inside, False)
    assert only(client.cancel(quote.coin, oid)) == "success"
    status = client.info.query_order_by_oid(TRADER, oid)
    assert status["order"]["status"] == "canceled"
    again = only(client.cancel(quote.coin, oid))
    gone = "Order was never placed, already canceled, or filled."
    assert again == {"error": f"{gone} asset={quote.asset}"}


def test_modify_gives_a_new_oid_and_keeps_the_cloid(
    served: Served, client: Client, quote: Quote
) -> None:
    size, cloid = float(size_for(quote, 500)), Cloid.from_int(77)
    oid = only(client.order(quote.coin, True, size, float(quote.bid), ALO, cloid=cloid))
    oid = oid["resting"]["oid"]
    lower = float(quote.bid - quote.tick)
    new = only(client.modify_order(cloid, quote.coin, True, size, lower, GTC))
    assert new["resting"]["oid"] != oid
    found = client.info.query_order_by_cloid(TRADER, cloid)["order"]
    assert found["order"]["oid"] == new["resting"]["oid"]
    assert found["order"]["cloid"] == cloid.to_raw()
    assert Decimal(found["order"]["limitPx"]) == quote.bid - quote.tick
    assert client.info.query_order_by_oid(TRADER, oid)["order"]["status"] == "canceled"
    assert only(client.cancel_by_cloid(quote.coin, cloid)) == "success"
    assert served.call(lambda exchange: ledger_oids(exchange, TRADER)) == []


def test_stops_wait_and_vanish_with_the_position(
    served: Served, client: Client, quote: Quote
) -> None:
    size = float(size_for(quote, 2_000))
    assert "filled" in only(client.market_open(quote.coin, True, size))
    below = float(on_tick(quote, quote.bid * Decimal("0.9")))
    trigger = {"isMarket": True, "triggerPx": below, "tpsl": "sl"}
    stop = {"trigger": trigger}
    placed = client.order(quote.coin, False, size, below, stop, reduce_only=True)
    oid = only(placed)["resting"]["oid"]
    (waiting,) = client.info.frontend_open_orders(TRADER)
    assert waiting["orderType"] == "Stop Market"
    assert waiting["isTrigger"] is True
    assert Decimal(waiting["triggerPx"]) == Decimal(str(below))
    assert "filled" in only(client.market_close(quote.coin))
    status = client.info.query_order_by_oid(TRADER, oid)["order"]["status"]
    assert status == "reduceOnlyCanceled"


def test_a_bracket_waits_for_its_parent(
    client: Client, quote: Quote, served: Served
) -> None:
    size = float(size_for(quote, 500))
    up = float(on_tick(quote, quote.ask * Decimal("1.1")))
    down = float(on_tick(quote, quote.bid * Decimal("0.9")))

    def leg(px: float, tpsl: str) -> dict[str, Any]:
        trigger = {"isMarket": True, "triggerPx": px, "tpsl": tpsl}
        one = {"coin": quote.coin, "is_buy": False, "sz": size, "limit_px": px}
        return one | {"order_type": {"trigger": trigger}, "reduce_only": True}

    parent = {"coin": quote.coin, "is_buy": True, "sz": size}
    parent |= {"limit_px": float(quote.bid), "order_type": ALO, "reduce_only": False}
    orders: Any = [parent, leg(up, "tp"), leg(down, "sl")]
    answer = client.bulk_orders(orders, grouping="normalTpsl")
    first, *rest = answer["response"]["data"]["statuses"]
    assert rest == ["waitingForFill"] * 2
    (shown,) = client.info.frontend_open_orders(TRADER)
    assert [one["orderType"] for one in shown["children"]] == [
        "Take Profit Market",
        "Stop Market",
    ]
    assert only(client.cancel(quote.coin, first["resting"]["oid"])) == "success"
    assert served.call(lambda exchange: ledger_oids(exchange, TRADER)) == []


def test_leverage_and_isolated_margin(client: Client, quote: Quote) -> None:
    assert client.update_leverage(3, quote.coin, is_cross=False)["status"] == "ok"
    size = float(size_for(quote, 3_000))
    assert "filled" in only(client.market_open(quote.coin, True, size))
    assert client.update_isolated_margin(500, quote.coin)["status"] == "ok"
    (held,) = client.info.user_state(TRADER)["assetPositions"]
    position = held["position"]
    leverage = position["leverage"]
    assert (leverage["type"], leverage["value"]) == ("isolated", 3)
    margin = Decimal(position["positionValue"]) + Decimal(leverage["rawUsd"])
    assert Decimal(position["marginUsed"]) == margin
    refused = client.update_leverage(3, quote.coin, is_cross=True)
    assert refused["response"] == "Cannot switch leverage type with open position."
    client.market_close(quote.coin)
    assert client.update_leverage(3, quote.coin)["status"] == "ok"


@pytest.mark.parametrize(
    ("size", "px", "order_type", "text"),
    [
        ("1", "inside", ALO, "Order must have minimum value of $10."),
        ("500", "far", ALO, "Order price cannot be more than 80% away"),
        ("5000", "above", ALO, "Post only order would have immediately matched, bbo"),
        ("5000", "below", IOC, "Order could not immediately match against any"),
        ("9000000", "inside", ALO, "Insufficient margin to place order."),
    ],
)
def test_what_is_refused_is_refused_in_the_wires_words(
    client: Client, quote: Quote, size: str, px: str, order_type: Any, text: str
) -> None:
    prices = {
        "inside": quote.inside,
        "far": on_tick(quote, quote.bid / 10),
        "above": quote.ask,
        "below": quote.bid,
    }
    amount = max(size_for(quote, int(size)), quote.lot)
    answer = only(
        client.order(quote.coin, True, float(amount), float(prices[px]), order_type)
    )
    assert answer["error"].startswith(text)
    assert answer["error"].endswith(f" asset={quote.asset}")


def test_an_agent_trades_for_its_master(served: Served, client: Client) -> None:
    approved, key = client.approve_agent("bot")
    assert approved["status"] == "ok"
    agent = Client(Wallet.from_key(key), served.url, account_address=TRADER)
    quote = served.call(wide_quote)
    size = float(size_for(quote, 500))
    placed = only(agent.order(quote.coin, True, size, float(quote.bid), ALO))
    assert served.call(lambda exchange: ledger_oids(exchange, TRADER)) == [
        placed["resting"]["oid"]
    ]
    (listed,) = client.info.extra_agents(TRADER)
    assert (listed["name"], listed["address"]) == ("bot", agent.wallet.address.lower())
    role = client.info.user_role(agent.wallet.address)
    assert role == {"role": "agent", "data": {"user": TRADER}}
    refused = agent.usd_transfer(1, "0x" + "22" * 20)
    assert refused["status"] == "err"
    agent.session.close()
    agent.info.session.close()


def test_transfers_twap_and_the_dead_mans_switch(
    served: Served, client: Client, quote: Quote
) -> None:
    before = served.call(lambda exchange: ledger_value(exchange, TRADER))
    assert client.usd_transfer(12.5, "0x" + "33" * 20)["status"] == "ok"
    after = served.call(lambda exchange: ledger_value(exchange, TRADER))
    assert before - after == Decimal("12.5")
    now_ms = served.call(lambda exchange: exchange.now_ms)
    assert client.schedule_cancel(now_ms + 60_000)["status"] == "ok"
    assert client.schedule_cancel(None)["status"] == "ok"
    assert client.noop(now_ms)["status"] == "ok"


def test_the_user_streams_tell_what_the_ledger_tells(served: Served) -> None:
    info = Info(served.url)
    frames: dict[str, queue.Queue[Any]] = {}
    for kind in ("orderUpdates", "userFills", "userEvents"):
        frames[kind] = queue.Queue()
        topic: Any = {"type": kind, "user": TRADER}
        info.subscribe(topic, frames[kind].put)
    snapshot = frames["userFills"].get(timeout=TIMEOUT_SECS)["data"]
    assert snapshot["isSnapshot"] is True
    for client in opened(served, TRADER_KEY):
        quote = served.call(wide_quote)
        known = len(the_ledger(served))
        size = float(size_for(quote, 1_000))
        filled = only(client.market_open(quote.coin, True, size))["filled"]
        news = frames["userFills"].get(timeout=TIMEOUT_SECS)["data"]["fills"]
        assert as_ledger(news[::-1]) == the_ledger(served)[known:]
        event = frames["userEvents"].get(timeout=TIMEOUT_SECS)["data"]
        assert event["fills"] == news
        (update,) = frames["orderUpdates"].get(timeout=TIMEOUT_SECS)["data"]
        assert (update["order"]["oid"], update["status"]) == (filled["oid"], "filled")
    info.disconnect_websocket()
    info.session.close()

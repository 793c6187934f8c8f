"""The unmodified ccxt 4.5.90 trades on hlsim, to the ledger's last digit."""

import time
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

import ccxt
import ccxt.async_support
import pytest
from eth_account import Account as Wallet

from hlsim.core.commands import ApproveAgent
from hlsim.core.orders import Status
from hlsim.server.manual_clock import ManualClock
from hlsim.testing import Served, serving
from tests.contract.hlsim.ccxt_clients import (
    BUILDER,
    Trade,
    as_fetched_trade,
    configuration,
    exact,
    ledger_trades,
    symbol_of,
)
from tests.contract.hlsim.trading import (
    OTHER,
    OTHER_KEY,
    SETTINGS,
    TRADER,
    TRADER_KEY,
    Quote,
    ledger_oids,
    ledger_size,
    ledger_value,
    on_tick,
    size_for,
    standing_still,
    wide_quote,
)

AGENT_KEY = "0x" + "03" * 32  # fixture, of nobody
CLOID = "0x" + "5" * 32
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with standing_still() as one:
        yield one


@pytest.fixture(scope="module")
def clients(served: Served) -> Iterator[tuple[Any, Any]]:
    pair = (
        ccxt.hyperliquid(configuration(served, TRADER_KEY)),
        ccxt.hyperliquid(configuration(served, OTHER_KEY, OTHER)),
    )
    for one in pair:
        one.load_markets()
    yield pair
    for one in pair:
        one.session.close()


@pytest.fixture
def client(served: Served, clients: tuple[Any, Any]) -> Iterator[Any]:
    """The trader's client; neither orders nor positions stay behind."""
    yield clients[0]
    for one in clients:
        for order in one.fetch_open_orders():
            one.cancel_order(order["id"], order["symbol"])
        for held in one.fetch_positions():
            close(one, held["symbol"], exact(held["info"]["position"]["szi"]))


def close(client: Any, symbol: str, szi: Decimal) -> Any:
    side, px = ("sell", 0.98) if szi > 0 else ("buy", 1.02)
    px *= client.fetch_order_book(symbol)["bids"][0][0]
    params = {"reduceOnly": True}
    return client.create_order(symbol, "market", side, float(abs(szi)), px, params)


@pytest.fixture
def other(clients: tuple[Any, Any], client: Any) -> Any:
    return clients[1]


@pytest.fixture
def quote(served: Served, client: Any) -> Quote:
    return served.call(wide_quote)


@pytest.fixture
def symbol(client: Any, quote: Quote) -> str:
    return symbol_of(client, quote.asset)


def oids(served: Served) -> list[int]:
    return served.call(lambda exchange: ledger_oids(exchange, TRADER))


def the_trades(rows: list[dict[str, Any]]) -> list[Trade]:
    return sorted(as_fetched_trade(one) for one in rows)


def the_ledger(served: Served) -> list[Trade]:
    # Time stands still, and ccxt sorts by nothing but time.
    return sorted(served.call(ledger_trades))


def held(served: Served, quote: Quote) -> Decimal:
    return served.call(lambda exchange: ledger_size(exchange, TRADER, quote.coin))


def status_of(served: Served, order_id: str) -> Status:
    return served.call(
        lambda exchange: exchange.journal.history(TRADER).last[int(order_id)].status
    )


def test_a_market_order_fills_and_closes_to_the_last_digit(
    served: Served, client: Any, quote: Quote, symbol: str
) -> None:
    size = size_for(quote, 5_000)
    order = client.create_order(symbol, "market", "buy", float(size), float(quote.ask))
    assert exact(order["filled"]) == size
    assert exact(order["average"]) >= quote.ask
    (position,) = client.fetch_positions([symbol])
    assert position["side"] == "long"
    assert exact(position["contracts"]) == held(served, quote) == size
    assert exact(position["entryPrice"]) == exact(order["average"])
    balance = client.fetch_balance()["USDC"]
    value = served.call(lambda exchange: ledger_value(exchange, TRADER))
    assert exact(balance["total"]) == value
    assert exact(balance["free"]) + exact(balance["used"]) == value
    close(client, symbol, size)
    assert held(served, quote) == 0
    assert the_trades(client.fetch_my_trades()) == the_ledger(served)


def test_a_resting_order_is_filled_in_parts_and_canceled(
    served: Served, client: Any, other: Any, quote: Quote, symbol: str
) -> None:
    part = size_for(quote, 1_000)
    inside, post_only = float(quote.inside), {"postOnly": True}
    size = float(3 * part)
    placed = client.create_order(symbol, "limit", "buy", size, inside, post_only)
    ioc = {"timeInForce": "IOC"}
    taken = other.create_order(symbol, "limit", "sell", float(part), inside, ioc)
    assert exact(taken["average"]) == quote.inside
    order = client.fetch_order(placed["id"], symbol)
    assert (order["status"], order["timeInForce"]) == ("open", "ALO")
    assert exact(order["filled"]) == part
    assert exact(order["remaining"]) == 2 * part
    (listed,) = client.fetch_open_orders(symbol)
    assert listed["id"] == placed["id"]
    assert exact(listed["remaining"]) == 2 * part
    assert the_trades(client.fetch_my_trades()) == the_ledger(served)
    newest = served.call(ledger_trades)[-1]
    assert (newest.order, newest.sz, newest.is_maker) == (placed["id"], part, True)
    assert client.cancel_order(placed["id"], symbol)["status"] == "success"
    assert client.fetch_order(placed["id"], symbol)["status"] == "canceled"
    assert oids(served) == []
    with pytest.raises(ccxt.OrderNotFound):
        client.cancel_order(placed["id"], symbol)


def test_an_edit_gives_a_new_id_and_keeps_the_client_order_id(
    served: Served, client: Any, quote: Quote, symbol: str
) -> None:
    size, named = float(size_for(quote, 500)), {"clientOrderId": CLOID}
    old = client.create_order(symbol, "limit", "buy", size, float(quote.bid), named)
    lower = quote.bid - quote.tick
    new = client.edit_order(
        old["id"], symbol, "limit", "buy", size, float(lower), named
    )
    assert oids(served) == [int(new["id"])] != [int(old["id"])]
    found = client.fetch_order("", symbol, named)
    assert (found["id"], found["clientOrderId"]) == (new["id"], CLOID)
    assert exact(found["price"]) == lower
    assert client.fetch_order(old["id"], symbol)["status"] == "canceled"
    assert client.cancel_order("", symbol, named)["status"] == "success"
    assert oids(served) == []
    canceled = [one["id"] for one in client.fetch_canceled_orders(symbol)]
    assert new["id"] in canceled


def test_filled_orders_are_closed_and_refused_ones_rejected(
    served: Served, client: Any, quote: Quote, symbol: str
) -> None:
    size = float(size_for(quote, 500))
    # Beyond the best price, which may be of less than the order.
    beyond = float(on_tick(quote, quote.ask * Decimal("1.002")))
    filled = client.create_order(symbol, "limit", "buy", size, beyond)
    closed = client.fetch_closed_orders(symbol)
    assert filled["id"] in [one["id"] for one in closed]
    assert status_of(served, filled["id"]) is Status.FILLED
    with pytest.raises(ccxt.InvalidOrder):
        client.create_order(symbol, "limit", "buy", size, beyond, {"postOnly": True})
    known = served.call(lambda e: list(e.journal.history(TRADER).orders))
    refused = known[-1]
    assert refused.status is Status.BAD_ALO_PX_REJECTED
    order = client.fetch_order(str(refused.order.oid), symbol)
    assert order["status"] == "rejected"


def test_stops_and_targets_wait_and_vanish_with_the_position(
    served: Served, client: Any, quote: Quote, symbol: str
) -> None:
    size = float(size_for(quote, 2_000))
    client.create_order(symbol, "market", "buy", size, float(quote.ask))
    below, above = (on_tick(quote, quote.bid * Decimal(x)) for x in ("0.9", "1.1"))
    stop = {"stopLossPrice": float(below), "reduceOnly": True}
    target = {"takeProfitPrice": float(above), "reduceOnly": True}
    bid = float(quote.bid)
    first = client.create_order(symbol, "market", "sell", size, bid, stop)
    second = client.create_order(symbol, "limit", "sell", size, float(above), target)
    waiting = {one["id"]: one for one in client.fetch_open_orders(symbol)}
    assert exact(waiting[first["id"]]["stopLossPrice"]) == below
    assert waiting[first["id"]]["info"]["orderType"] == "Stop Market"
    assert exact(waiting[second["id"]]["takeProfitPrice"]) == above
    assert waiting[second["id"]]["info"]["orderType"] == "Take Profit Limit"
    close(client, symbol, exact(size))
    for one in (first, second):
        assert status_of(served, one["id"]) is Status.REDUCE_ONLY_CANCELED
        assert client.fetch_order(one["id"])["status"] == "canceled"


def test_a_bracket_waits_for_its_parent(
    served: Served, client: Any, quote: Quote, symbol: str
) -> None:
    size = float(size_for(quote, 500))
    below, above = (on_tick(quote, quote.bid * Decimal(x)) for x in ("0.9", "1.1"))
    params = {
        "stopLoss": {"triggerPrice": float(below), "type": "market"},
        "takeProfit": {"triggerPrice": float(above)},
    }
    placed = client.create_order(symbol, "limit", "buy", size, float(quote.bid), params)
    (shown,) = client.fetch_open_orders(symbol)
    assert shown["id"] == placed["id"]
    legs = [
        (one["orderType"], Decimal(one["triggerPx"]))
        for one in shown["info"]["children"]
    ]
    assert legs == [("Take Profit Limit", above), ("Stop Market", below)]
    client.cancel_order(placed["id"], symbol)
    assert oids(served) == []


def test_leverage_and_isolated_margin(
    served: Served, client: Any, quote: Quote, symbol: str
) -> None:
    assert client.set_margin_mode("isolated", symbol, {"leverage": 3})["status"] == "ok"
    size = float(size_for(quote, 3_000))
    client.create_order(symbol, "market", "buy", size, float(quote.ask))
    margins = [margin_of(client, symbol)]
    for move, amount in ((client.add_margin, 500), (client.reduce_margin, 200)):
        assert move(symbol, amount)["code"] == "ok"
        margins.append(margin_of(client, symbol))
    first, more, less = margins
    assert (more - first, less - more) == (Decimal(500), Decimal(-200))
    (position,) = client.fetch_positions([symbol])
    assert (position["marginMode"], position["leverage"]) == ("isolated", 3)
    state = served.call(lambda e: e.account(TRADER).positions[quote.asset].raw_usd)
    notional = exact(position["notional"])
    assert less == notional + Decimal(state).scaleb(-6)
    with pytest.raises(ccxt.ExchangeError, match="Cannot switch leverage type"):
        client.set_leverage(3, symbol)
    close(client, symbol, exact(size))
    assert client.set_leverage(7, symbol)["status"] == "ok"
    chosen = served.call(
        lambda e: e.account(TRADER).leverage(quote.asset, e.universe[quote.asset])
    )
    assert (chosen.value, chosen.is_cross) == (7, True)


def margin_of(client: Any, symbol: str) -> Decimal:
    (position,) = client.fetch_positions([symbol])
    return exact(position["collateral"])


def test_of_a_batch_partly_refused_the_rest_is_taken(
    served: Served, client: Any, quote: Quote, symbol: str
) -> None:
    def bid(dollars: int, px: Decimal) -> dict[str, Any]:
        amount = float(size_for(quote, dollars))
        one = {"symbol": symbol, "type": "limit", "side": "buy", "amount": amount}
        return {**one, "price": float(px), "params": {"postOnly": True}}

    lower = quote.bid - quote.tick
    good = client.create_orders([bid(100, quote.bid), bid(200, lower)])
    assert oids(served) == [int(one["id"]) for one in reversed(good)]
    # ccxt raises the first error, and says nothing of what was taken.
    with pytest.raises(ccxt.InvalidOrder, match="Post only order would have"):
        client.create_orders([bid(100, quote.ask), bid(300, lower)])
    newest, *rest = oids(served)
    assert rest == [int(one["id"]) for one in reversed(good)]
    order = client.fetch_order(str(newest))
    assert exact(order["amount"]) == size_for(quote, 300)


def test_a_price_off_its_tick_is_an_invalid_order(client: Any, quote: Quote) -> None:
    # ccxt rounds the prices of its own orders, not those of raw requests.
    px, size = quote.bid + quote.tick / 10, size_for(quote, 500)
    order = {"a": quote.asset, "b": True, "p": f"{px.normalize():f}", "s": str(size)}
    order |= {"r": False, "t": {"limit": {"tif": "Gtc"}}}
    action = {"type": "order", "orders": [order], "grouping": "na"}
    nonce = client.incrementing_nonce()
    signature = client.sign_l1_action(action, nonce)
    body = {"action": action, "nonce": nonce, "signature": signature}
    with pytest.raises(ccxt.InvalidOrder, match="divisible by tick size"):
        client.private_post_exchange(body)


@pytest.mark.parametrize(
    ("dollars", "px", "params", "error", "text"),
    [
        (9_000_000, "bid", {}, ccxt.InsufficientFunds, "Insufficient margin"),
        (1, "bid", {}, ccxt.InvalidOrder, "minimum value of"),
        (500, "ask", {"postOnly": True}, ccxt.InvalidOrder, "Post only order"),
        (500, "bid", {"timeInForce": "IOC"}, ccxt.InvalidOrder, "immediately match"),
        (500, "bid", {"reduceOnly": True}, ccxt.InvalidOrder, "Reduce only order"),
    ],
)
def test_refusals_are_the_errors_that_ccxt_knows(
    client: Any, quote: Quote, symbol: str, dollars: int, px: str, params: Any,
    error: type[Exception], text: str,
) -> None:  # fmt: skip
    size = float(max(size_for(quote, dollars), quote.lot))
    price = float(getattr(quote, px))
    with pytest.raises(error, match=text):
        client.create_order(symbol, "limit", "buy", size, price, dict(params))


def test_an_unknown_order_is_not_found(client: Any, symbol: str) -> None:
    with pytest.raises(ccxt.OrderNotFound):
        client.fetch_order("12345", symbol)
    with pytest.raises(ccxt.OrderNotFound):
        client.cancel_order("12345", symbol)


def test_ccxt_gets_its_referral_and_its_builder_fee(
    served: Served, client: Any, quote: Quote, symbol: str
) -> None:
    size = float(size_for(quote, 1_000))
    client.create_order(symbol, "market", "buy", size, float(quote.ask))
    referrers, approved, fill = served.call(
        lambda e: (
            dict(e.dispatcher.referrers),
            e.dispatcher.max_builder_fee(TRADER, BUILDER),
            e.journal.history(TRADER).fills[-1],
        )
    )
    assert referrers[TRADER] == "CCXT1"
    assert approved == 10
    cost = fill.px * fill.sz
    assert fill.builder_fee == round(cost / 10_000)
    # Taker's 0.045 %, less the 4 % of the referral, and the builder's 0.01 %.
    assert fill.fee == pytest.approx(cost * (0.00045 * 0.96 + 0.0001), abs=2)


def test_an_agents_key_trades_without_a_builder(
    served: Served, client: Any, quote: Quote, symbol: str
) -> None:
    address = Wallet.from_key(AGENT_KEY).address.lower()
    wish = ApproveAgent(address=address, name="ccxt")
    served.call(lambda exchange: exchange.act(TRADER, wish, exchange.now_ms))
    agent = ccxt.hyperliquid(configuration(served, AGENT_KEY))
    size = float(size_for(quote, 1_000))
    order = agent.create_order(symbol, "market", "buy", size, float(quote.ask))
    agent.session.close()
    assert agent.options["builderFee"] is False
    fill = served.call(lambda exchange: exchange.journal.history(TRADER).fills[-1])
    assert (str(fill.oid), fill.builder_fee) == (order["id"], 0)


def test_a_stranger_is_told_so_as_an_invalid_order(
    served: Served, quote: Quote, symbol: str
) -> None:
    stranger = ccxt.hyperliquid(configuration(served, "0x" + "04" * 32))  # fixture
    with pytest.raises(ccxt.InvalidOrder, match="User or API Wallet"):
        stranger.create_order(symbol, "limit", "buy", 1, float(quote.bid))
    stranger.session.close()


def test_dollars_move_to_the_spot_side_and_back(served: Served, client: Any) -> None:
    before = served.call(lambda exchange: ledger_value(exchange, TRADER))
    assert client.transfer("USDC", 12.5, "swap", "spot")["status"] == "ok"
    after, spot = served.call(
        lambda e: (ledger_value(e, TRADER), e.transfers.spot(TRADER))
    )
    assert before - after == Decimal("12.5") == Decimal(spot).scaleb(-6)
    balance = client.fetch_balance({"type": "spot"})
    assert exact(balance["USDC"]["total"]) == Decimal("12.5")
    assert client.transfer("USDC", 12.5, "spot", "swap")["status"] == "ok"
    assert served.call(lambda e: ledger_value(e, TRADER)) == before


def test_the_dead_mans_switch_cancels_all_orders(
    served: Served, client: Any, quote: Quote, symbol: str
) -> None:
    size = float(size_for(quote, 500))
    far = float(on_tick(quote, quote.bid / 2))
    order = client.create_order(symbol, "limit", "buy", size, far)
    assert client.cancel_all_orders_after(10_000)["status"] == "ok"
    assert oids(served) == [int(order["id"])]
    # The exchange's time has stood still since the module began.
    behind_ms = time.time_ns() // 1_000_000 - served.call(lambda e: e.now_ms)
    served.advance(max(behind_ms, 0) + 11_000)
    assert oids(served) == []
    assert status_of(served, order["id"]) is Status.SCHEDULED_CANCEL
    # A status that ccxt has no word for is passed on.
    assert client.fetch_order(order["id"])["status"] == "scheduledCancel"


def test_funding_is_paid_and_told_to_the_last_digit() -> None:
    hour_ms = time.time_ns() // 1_000_000 // HOUR_MS * HOUR_MS
    with serving(SETTINGS, ManualClock(hour_ms - 10_000)) as served:
        client = ccxt.hyperliquid(configuration(served, TRADER_KEY))
        client.load_markets()
        quote = served.call(wide_quote)
        symbol = symbol_of(client, quote.asset)
        size = float(size_for(quote, 20_000))
        client.create_order(symbol, "market", "buy", size, float(quote.ask))
        served.advance(11_000)
        (row,) = client.fetch_funding_history(symbol)
        client.session.close()
        (paid,) = served.call(lambda e: e.journal.history(TRADER).fundings)
    assert row["timestamp"] == paid.time_ms
    assert exact(row["amount"]) == Decimal(paid.usdc).scaleb(-6)
    assert exact(row["info"]["delta"]["szi"]) == exact(size)


@pytest.fixture
async def waiting(served: Served) -> AsyncIterator[Any]:
    """An asynchronous client of the trader's."""
    settings = configuration(served, TRADER_KEY)
    client = ccxt.async_support.hyperliquid(settings)
    yield client
    await client.close()


async def test_the_asynchronous_client_trades_alike(
    served: Served, client: Any, waiting: Any, quote: Quote, symbol: str
) -> None:
    size, bid = float(size_for(quote, 1_000)), float(quote.bid)
    placed = await waiting.create_order(symbol, "limit", "buy", size, bid)
    lower = float(quote.bid - quote.tick)
    moved = await waiting.edit_order(placed["id"], symbol, "limit", "buy", size, lower)
    assert oids(served) == [int(moved["id"])]
    await waiting.cancel_order(moved["id"], symbol)
    assert oids(served) == []
    await waiting.create_order(symbol, "market", "buy", size, float(quote.ask))
    assert the_trades(await waiting.fetch_my_trades()) == the_ledger(served)
    (position,) = await waiting.fetch_positions([symbol])
    assert exact(position["contracts"]) == held(served, quote)
    with pytest.raises(ccxt.InsufficientFunds):
        await waiting.create_order(symbol, "limit", "buy", size * 10_000, bid)

"""Orders and cancels as a bot signs and checks them, and desks with faults."""

import asyncio
from decimal import Decimal
from typing import Any

import aiohttp
import msgspec

from hlsim.faults.kinds import Plan
from hlsim.faults.plan import Fault
from hlsim.server.settings import Deposit
from tests.unit.hlsim import signers
from tests.unit.hlsim.server.conftest import USER, Desk, Open, said
from tests.unit.hlsim.signers import MASTER, OTHER

NOW = 1_760_000_000_000
GTC = {"limit": {"tif": "Gtc"}}
IOC = {"limit": {"tif": "Ioc"}}
ALO = {"limit": {"tif": "Alo"}}
STOP = {"trigger": {"isMarket": True, "triggerPx": "90000", "tpsl": "sl"}}
FUNDS = Decimal(10_000)


async def faulty(open_desk: Open, *faults: Fault, **options: Any) -> Desk:
    """A desk of three coins and three traders with these faults."""
    small = {"symbols": 3, "history_days": 0}
    accounts = tuple(Deposit(address=one, funds=FUNDS) for one in (MASTER, OTHER, USER))
    return await open_desk(
        faults=Plan(faults=faults),
        control_port=0,
        **(small | {"accounts": accounts, "holdings": ()} | options),
    )


def cloid(number: int) -> str:
    return f"0x{number:032x}"


def order(*numbers: int, t: object = GTC, **terms: Any) -> dict[str, Any]:
    """Orders to buy a little BTC far below the market, with client ids, or as told."""
    leg = {"a": 0, "b": True, "p": "100000", "s": "0.001", "r": False, "t": t} | terms
    legs = [leg | {"c": cloid(one)} for one in numbers]
    return {"type": "order", "orders": legs, "grouping": "na"}


def stop(number: int) -> dict[str, Any]:
    """A protective stop of a long position, far below the market."""
    return order(number, b=False, p="80000", r=True, t=STOP)


def cancel(number: int, asset: int = 0) -> dict[str, Any]:
    one = {"asset": asset, "cloid": cloid(number)}
    return {"type": "cancelByCloid", "cancels": [one]}


def signed(desk: Desk, action: dict[str, Any], **options: Any) -> dict[str, Any]:
    """The body of an action, with the next nonce unless one is told."""
    nonce = options.pop("nonce", None) or desk.nonce()
    return signers.signed(action, nonce, **options)


async def act(desk: Desk, action: dict[str, Any], **options: Any) -> Any:
    """Post a signed action and return the decoded answer."""
    status, _, body = await desk.post("/exchange", signed(desk, action, **options))
    assert status == 200
    return msgspec.json.decode(body)


async def statuses(desk: Desk, action: dict[str, Any], **options: Any) -> Any:
    """Post a signed action and return what is told of each leg."""
    return (await act(desk, action, **options))["response"]["data"]["statuses"]


async def state_of(desk: Desk, number: int, user: str = MASTER) -> str:
    """The status that `orderStatus` tells of an order, as a bot would ask."""
    found = await desk.ask(type="orderStatus", user=user, oid=cloid(number))
    return str(found["order"]["status"] if "order" in found else found["status"])


async def has_landed(desk: Desk, number: int) -> bool:
    """Whether an order is known to the exchange, and rests."""
    state = await state_of(desk, number)
    assert state in ("open", "unknownOid")
    open_orders = await desk.ask(type="frontendOpenOrders", user=MASTER)
    rests = cloid(number) in [one["cloid"] for one in open_orders]
    assert rests == (state == "open")
    return rests


async def best(desk: Desk, coin: str = "BTC") -> tuple[dict[str, Any], dict[str, Any]]:
    """The best bid and the best ask."""
    bids, asks = (await desk.ask(type="l2Book", coin=coin))["levels"]
    return bids[0], asks[0]


async def held(desk: Desk, coin: str = "BTC", user: str = MASTER) -> str:
    """The signed size of a position, 0 without one."""
    state = await desk.ask(type="clearinghouseState", user=user)
    rows = [one["position"] for one in state["assetPositions"]]
    return next((str(one["szi"]) for one in rows if one["coin"] == coin), "0")


async def buy(desk: Desk, number: int, sz: str, **options: Any) -> Any:
    """Buy at the market and return the status."""
    at_any_price = order(number, p="150000", s=sz, t=IOC)
    return (await statuses(desk, at_any_price, **options))[0]


async def lived(desk: Desk, ms: int) -> None:
    """Move the clock; return once the blocks until then are at the wire."""
    desk.clock.advance(ms)
    await act(desk, {"type": "noop"})


async def injected(desk: Desk, kind: str, times: int = 1) -> None:
    """Return once a fault was injected so often; each look is a round trip."""
    assert desk.server.faults is not None
    async with asyncio.timeout(60):
        while desk.server.faults.injector.counters[kind] < times:
            await desk.ask(type="exchangeStatus")


async def pinged(
    socket: aiohttp.ClientWebSocketResponse,
) -> list[aiohttp.WSMessage]:
    """Ping and return what came before the pong."""
    await socket.send_json({"method": "ping"})
    frames = []
    while (frame := await socket.receive(timeout=60)).data != '{"channel":"pong"}':
        assert frame.type is aiohttp.WSMsgType.TEXT, frame
        frames.append(frame)
    return frames


async def heard(
    socket: aiohttp.ClientWebSocketResponse, channel: str | None = None
) -> list[Any]:
    """Ping and return the data of what came before the pong."""
    frames = [msgspec.json.decode(one.data) for one in await pinged(socket)]
    return [one["data"] for one in frames if channel in (None, one["channel"])]


async def following(
    desk: Desk, *channels: str, user: str = MASTER
) -> aiohttp.ClientWebSocketResponse:
    """A socket that follows channels of a user, past acknowledgements and snapshots."""
    socket = await desk.connect()
    for channel in channels:
        topic = {"type": channel, "user": user}
        await socket.send_json({"method": "subscribe", "subscription": topic})
        await said(socket)
    await pinged(socket)
    return socket

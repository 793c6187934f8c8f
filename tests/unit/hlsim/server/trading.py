"""Orders and cancels as the fake venue takes them, and desks with faults."""

import asyncio
from typing import Any

import aiohttp
import msgspec

from hlsim.faults.kinds import Plan
from hlsim.faults.plan import Fault
from tests.unit.hlsim.server.conftest import USER, Desk, Open
from tests.unit.hlsim.server.fake_venue import FakeVenue

NOW = 1_760_000_000_000
GTC = {"limit": {"tif": "Gtc"}}
STOP = {"trigger": {"isMarket": True, "triggerPx": "1", "tpsl": "sl"}}


async def faulty(open_desk: Open, *faults: Fault, **options: Any) -> Desk:
    """A desk in front of the fake venue with these faults."""
    small = {"symbols": 3, "history_days": 0}
    return await open_desk(
        make_backend=lambda exchange, _: FakeVenue(exchange),
        faults=Plan(faults=faults),
        control_port=0,
        **(small | options),
    )


def signed(action: dict[str, Any], **more: object) -> dict[str, Any]:
    signature = {"r": "0x1", "s": "0x2", "v": 27}
    body = {"action": action, "nonce": NOW, "signature": signature, "user": USER}
    return body | more


def order(*cloids: str, asset: int = 0, t: object = None) -> dict[str, Any]:
    legs = [
        {"a": asset, "b": True, "p": "1", "c": one, "t": t or GTC} for one in cloids
    ]
    return {"type": "order", "orders": legs, "grouping": "na"}


def cancel(cloid: str) -> dict[str, Any]:
    return {"type": "cancelByCloid", "cancels": [{"asset": 0, "cloid": cloid}]}


async def act(desk: Desk, action: dict[str, Any], **more: object) -> Any:
    """Post a signed action and return the decoded answer."""
    status, _, body = await desk.post("/exchange", signed(action, **more))
    assert status == 200
    return msgspec.json.decode(body)


async def has_landed(desk: Desk, cloid: str) -> bool:
    """Whether an order rests, which canceling it tells."""
    answer = await act(desk, cancel(cloid))
    return bool(answer["response"]["data"]["statuses"] == ["success"])


async def injected(desk: Desk, kind: str, times: int = 1) -> None:
    """Return once a fault was injected so often; each look is a round trip."""
    assert desk.server.faults is not None
    async with asyncio.timeout(10):
        while desk.server.faults.injector.counters[kind] < times:
            await desk.ask(type="exchangeStatus")


async def pinged(
    socket: aiohttp.ClientWebSocketResponse,
) -> list[aiohttp.WSMessage]:
    """Ping and return what came before the pong."""
    await socket.send_json({"method": "ping"})
    frames = []
    while (frame := await socket.receive(timeout=10)).data != '{"channel":"pong"}':
        assert frame.type is aiohttp.WSMsgType.TEXT, frame
        frames.append(frame)
    return frames

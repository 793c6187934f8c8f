"""HyperLiquid's WebSocket frames as typed values: one decode for each frame.

Source of all shapes: HyperLiquid's API documentation, section "WebSocket", and the
recorded stream in tests/data.
"""

from typing import Literal

import msgspec

from threet.adapters.hyperliquid.order_answers import WireFill, WireStatedOrder


class WireTrade(msgspec.Struct, frozen=True, gc=False):
    coin: str
    side: Literal["A", "B"]
    px: str
    sz: str
    time: int
    tid: int


class WireLevel(msgspec.Struct, frozen=True, gc=False):
    px: str
    sz: str
    n: int


class WireMids(msgspec.Struct, frozen=True, gc=False):
    """``dex`` is None, or left out, for the first one."""

    mids: dict[str, str]
    dex: str | None = None


class WireBook(msgspec.Struct, frozen=True, gc=False):
    coin: str
    time: int
    levels: tuple[tuple[WireLevel, ...], tuple[WireLevel, ...]]


class WireBbo(msgspec.Struct, frozen=True, gc=False):
    coin: str
    time: int
    bbo: tuple[WireLevel | None, WireLevel | None]


class WireCandle(msgspec.Struct, frozen=True, gc=False):
    """``v`` and prices are strings on the wire; older answers hold numbers."""

    t: int
    s: str
    i: str
    o: str
    c: str
    h: str
    l: str  # noqa: E741  # the wire's name
    v: str
    n: int


class WireContext(msgspec.Struct, frozen=True, gc=False):
    """What 3T uses of an asset context."""

    markPx: str | None = None  # noqa: N815  # the wire's name
    oraclePx: str | None = None  # noqa: N815


class WireAssetContext(msgspec.Struct, frozen=True, gc=False):
    coin: str
    ctx: WireContext


class WireAcknowledged(msgspec.Struct, frozen=True, gc=False):
    method: str
    subscription: dict[str, object]


class _Frame(msgspec.Struct, frozen=True, gc=False, tag_field="channel"):
    pass


class MidsFrame(_Frame, frozen=True, gc=False, tag="allMids"):
    data: WireMids


class TradesFrame(_Frame, frozen=True, gc=False, tag="trades"):
    data: list[WireTrade]


class BookFrame(_Frame, frozen=True, gc=False, tag="l2Book"):
    data: WireBook


class BboFrame(_Frame, frozen=True, gc=False, tag="bbo"):
    data: WireBbo


class CandleFrame(_Frame, frozen=True, gc=False, tag="candle"):
    data: WireCandle


class ContextFrame(_Frame, frozen=True, gc=False, tag="activeAssetCtx"):
    data: WireAssetContext


class AcknowledgedFrame(_Frame, frozen=True, gc=False, tag="subscriptionResponse"):
    data: WireAcknowledged


class PongFrame(_Frame, frozen=True, gc=False, tag="pong"):
    pass


class ErrorFrame(_Frame, frozen=True, gc=False, tag="error"):
    data: str


class OrderUpdatesFrame(_Frame, frozen=True, gc=False, tag="orderUpdates"):
    data: list[WireStatedOrder]


class WireUserEvents(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What 3T uses of an account's events; each frame has one of them."""

    fills: tuple[WireFill, ...] = ()
    liquidation: dict[str, object] | None = None
    non_user_cancel: tuple[dict[str, object], ...] = ()


class UserFrame(_Frame, frozen=True, gc=False, tag="user"):
    data: WireUserEvents


MarketFrame = (
    MidsFrame | TradesFrame | BookFrame | BboFrame | CandleFrame | ContextFrame
)
AccountFrame = OrderUpdatesFrame | UserFrame
Frame = MarketFrame | AccountFrame | AcknowledgedFrame | PongFrame | ErrorFrame

FRAME_DECODER: msgspec.json.Decoder[Frame] = msgspec.json.Decoder(Frame)

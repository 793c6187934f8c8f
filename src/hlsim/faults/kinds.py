"""Every kind of fault; the docstring names its rows of the fault catalogue."""

from typing import Annotated, Literal

import msgspec

from hlsim.faults.plan import (
    DEFAULT_HUGE_BYTES,
    Address,
    Body,
    ConnectionFault,
    Damage,
    Ending,
    Event,
    Fault,
    FrameFault,
    Name,
    Names,
    Positive,
    RequestFault,
    SessionEvent,
    State,
    Status,
)

GOING_AWAY = 1001
Dollars = Annotated[str, msgspec.Meta(pattern=r"^\d+(\.\d+)?$")]
SizeDecimals = Annotated[int, msgspec.Meta(ge=0, le=6)]


class LoseRequest(RequestFault, frozen=True, kw_only=True, tag="lose_request"):
    """O2: never executed; the client is left with ``instead``."""

    instead: Ending | Status = "reset"
    body: Body = "html"


class LoseAnswer(RequestFault, frozen=True, kw_only=True, tag="lose_answer"):
    """O1: executed, but the client is left with ``instead``."""

    instead: Ending | Status = "hang"
    body: Body = "html"


class DelayRequest(RequestFault, frozen=True, kw_only=True, tag="delay_request"):
    """O3: the client is left with ``instead`` now; executed ``by_ms`` later."""

    by_ms: Positive
    instead: Ending | Status = 504
    body: Body = "html"


class DelayAnswer(RequestFault, frozen=True, kw_only=True, tag="delay_answer"):
    """O1: executed now, answered ``by_ms`` later."""

    by_ms: Positive


class RefuseRequest(RequestFault, frozen=True, kw_only=True, tag="refuse_request"):
    """O9: answered by a status, not executed."""

    status: Status = 429
    body: Body = "text"
    retry_after_secs: Positive | None = None


class RefuseAction(RequestFault, frozen=True, kw_only=True, tag="refuse_action"):
    """O4 O9 O11 O12: an action refused in the words of the wire, not executed.

    In the ``err`` shape the whole request is refused, in the ``statuses`` shape an
    ``ok`` carries the error for each leg (§3.4).
    """

    text: Name
    in_statuses: bool = False


class SwallowAction(RequestFault, frozen=True, kw_only=True, tag="swallow_action"):
    """O1 F43: an order answered as if it was taken, and not executed.

    Each leg is told to rest under a number that no order has, or with ``says``
    ``nothing`` there is an ``ok`` and no word of any.
    """

    says: Literal["resting", "nothing"] = "resting"


class MalformedAnswer(RequestFault, frozen=True, kw_only=True, tag="malformed_answer"):
    """W6 O1: executed, and the answer damaged."""

    how: Damage
    size_bytes: Positive = DEFAULT_HUGE_BYTES


class Silence(FrameFault, frozen=True, kw_only=True, tag="silence"):
    """W3: frames of a channel, coin or user are left out on a live socket."""


class NeverFirst(FrameFault, frozen=True, kw_only=True, tag="never_first"):
    """W4: a subscription is acknowledged, and nothing ever comes of it."""


class Duplicate(FrameFault, frozen=True, kw_only=True, tag="duplicate"):
    """W5: a frame is sent ``times`` times."""

    times: Positive = 2


class Reorder(FrameFault, frozen=True, kw_only=True, tag="reorder"):
    """W5: a frame is sent after the ``by`` next ones of its topic."""

    by: Positive = 1


class Stale(FrameFault, frozen=True, kw_only=True, tag="stale"):
    """W5: after a frame, the one ``back`` before it comes again."""

    back: Positive = 1


class MalformedFrame(FrameFault, frozen=True, kw_only=True, tag="malformed_frame"):
    """W6 M1: a frame is damaged; ``zero`` makes all its prices and sizes 0."""

    how: Damage
    size_bytes: Positive = DEFAULT_HUGE_BYTES


class RefuseConnection(
    ConnectionFault, frozen=True, kw_only=True, tag="refuse_connection"
):
    """W1: a websocket is not opened; the client is left with ``instead``."""

    instead: Ending | Status = 503
    body: Body = "html"


class Close(SessionEvent, frozen=True, kw_only=True, tag="close"):
    """W1: sockets are closed with ``code``, or ``reset`` without a word."""

    code: int = GOING_AWAY
    reset: bool = False

    def problems(self) -> list[str]:
        """Return what of it contradicts itself."""
        sendable = self.code in {1000, 1001, 1002, 1003, *range(1007, 1015)}
        if sendable or 3000 <= self.code < 5000:  # noqa: PLR2004 - RFC 6455, 7.4.2
            return super().problems()
        return [*super().problems(), f"no close frame may carry code {self.code}"]


class HalfOpen(SessionEvent, frozen=True, kw_only=True, tag="half_open"):
    """W2: nothing is read or written any more; reset once ``lasts_ms`` is over."""

    lasts_ms: Positive | None = None


class SnapshotAgain(SessionEvent, frozen=True, kw_only=True, tag="snapshot_again"):
    """W5: what a topic says right after subscribing is sent once more."""


class ClockSkew(State, frozen=True, kw_only=True, tag="clock_skew"):
    """O7: the exchange's stamps and its nonce window are off by ``by_ms``."""

    by_ms: int


class Maintenance(State, frozen=True, kw_only=True, tag="maintenance"):
    """O8: ``text`` as specialStatuses; actions refused unless ``allow`` has them."""

    text: Name = "maintenance"
    allow: Names = ()


class PostOnly(Event, frozen=True, kw_only=True, tag="post_only"):
    """O8: orders are refused unless they are Alo."""

    lasts_ms: Positive


class Delist(Event, frozen=True, kw_only=True, tag="delist"):
    """M1: ``coin`` is delisted."""

    coin: Name


class Enlist(Event, frozen=True, kw_only=True, tag="enlist"):
    """M1: a coin is listed, on a builder dex if it is called ``dex:NAME``."""

    coin: Name
    px: Dollars
    sz_decimals: SizeDecimals = 2
    max_leverage: Positive = 3


class Liquidate(Event, frozen=True, kw_only=True, tag="liquidate"):
    """O5: the positions of ``user`` are liquidated."""

    user: Address


class ExpireAgent(Event, frozen=True, kw_only=True, tag="expire_agent"):
    """O12: an agent wallet of ``user``, by address or name, is valid no more."""

    user: Address
    agent: str


class LateCandles(Event, frozen=True, kw_only=True, tag="late_candles"):
    """W9: the next ``minutes`` of ``coin`` are missing first, and flat later."""

    coin: Name
    minutes: Positive = 1


class DropOrders(Event, frozen=True, kw_only=True, tag="drop_orders"):
    """O11: resting orders of ``user`` vanish; nobody is told unless ``told``."""

    user: Address
    coin: Name | None = None
    only_triggers: bool = True
    told: bool = False


KINDS: tuple[type[Fault], ...] = (
    LoseRequest, LoseAnswer, DelayRequest, DelayAnswer, RefuseRequest, RefuseAction,
    SwallowAction, MalformedAnswer, Silence, NeverFirst, Duplicate, Reorder, Stale,
    MalformedFrame,
    RefuseConnection, Close, HalfOpen, SnapshotAgain, ClockSkew, Maintenance, PostOnly,
    Delist, Enlist, Liquidate, ExpireAgent, LateCandles, DropOrders,
)  # fmt: skip


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Faults in the order in which they are asked; ``seed`` None is the server's."""

    faults: tuple[Fault, ...] = ()
    seed: int | None = None

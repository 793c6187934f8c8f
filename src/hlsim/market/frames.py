"""Reads what a HyperLiquid says of its market: frames of four channels.

Numbers become counts of units; what is finer than a unit is rounded half-even.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN

import msgspec

from hlsim.core.market import Book, Context, Level, Trade
from hlsim.core.numbers import RATE_DECIMALS, USD_DECIMALS, finite
from hlsim.core.universe import Instrument

CHANNELS = ("l2Book", "trades", "bbo", "activeAssetCtx")
_MOST_UNITS = 1 << 60


class SeenLevel(msgspec.Struct, frozen=True, gc=False):
    """One price of a book."""

    px: str
    sz: str
    n: int


class SeenBook(msgspec.Struct, frozen=True):
    """Data of an l2Book frame."""

    coin: str
    time: int
    levels: tuple[list[SeenLevel], list[SeenLevel]]


class SeenTrade(msgspec.Struct, frozen=True):
    """One trade of a trades frame."""

    coin: str
    side: str
    px: str
    sz: str
    time: int
    hash: str
    tid: int
    users: tuple[str, str]


class SeenBest(msgspec.Struct, frozen=True):
    """Data of a bbo frame."""

    coin: str
    time: int
    bbo: tuple[SeenLevel | None, SeenLevel | None]


class SeenFigures(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A coin's context."""

    funding: str
    open_interest: str
    prev_day_px: str
    day_ntl_vlm: str
    oracle_px: str
    mark_px: str
    premium: str | None = None
    mid_px: str | None = None
    impact_pxs: tuple[str, str] | None = None
    day_base_vlm: str = "0"


class SeenContext(msgspec.Struct, frozen=True):
    """Data of an activeAssetCtx frame."""

    coin: str
    ctx: SeenFigures


class _BookFrame(msgspec.Struct, frozen=True, tag_field="channel", tag="l2Book"):
    data: SeenBook


class _TradesFrame(msgspec.Struct, frozen=True, tag_field="channel", tag="trades"):
    data: list[SeenTrade]


class _BestFrame(msgspec.Struct, frozen=True, tag_field="channel", tag="bbo"):
    data: SeenBest


class _ContextFrame(
    msgspec.Struct, frozen=True, tag_field="channel", tag="activeAssetCtx"
):
    data: SeenContext


class _Topic(msgspec.Struct, frozen=True):
    type: str
    coin: str = ""


class _Ack(msgspec.Struct, frozen=True):
    method: str
    subscription: _Topic


class _AckFrame(
    msgspec.Struct, frozen=True, tag_field="channel", tag="subscriptionResponse"
):
    data: _Ack


Content = SeenBook | tuple[SeenTrade, ...] | SeenBest | SeenContext
_Frame = _BookFrame | _TradesFrame | _BestFrame | _ContextFrame
_ACKS: msgspec.json.Decoder[_AckFrame] = msgspec.json.Decoder(_AckFrame)
_DECODER: msgspec.json.Decoder[_Frame] = msgspec.json.Decoder(_Frame)


def decode_frame(payload: bytes) -> Content | None:
    """Return what a frame of the four channels says, None for anything else."""
    try:
        data = _DECODER.decode(payload).data
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return (tuple(data) or None) if isinstance(data, list) else data


def followed_trades(payload: bytes) -> str | None:
    """Return the coin whose trades a frame says are followed from now on."""
    try:
        ack = _ACKS.decode(payload).data
    except msgspec.DecodeError:
        return None
    is_it = (ack.method, ack.subscription.type) == ("subscribe", "trades")
    return ack.subscription.coin if is_it else None


def channel_of(content: Content) -> str:
    """Return the channel a content came on."""
    match content:
        case SeenBook():
            return "l2Book"
        case SeenBest():
            return "bbo"
        case SeenContext():
            return "activeAssetCtx"
        case _:
            return "trades"


def coin_of(content: Content) -> str:
    """Return the coin a content is about."""
    return content[0].coin if isinstance(content, tuple) else content.coin


def units(text: str, decimals: int) -> int:
    """Read a decimal string as a count of 10**-``decimals``, rounded half-even.

    Raises ValueError for what is no number, or one that candles cannot hold.
    """
    try:
        scaled = finite(text).scaleb(decimals)
        count = int(scaled.to_integral_value(rounding=ROUND_HALF_EVEN))
    except (ArithmeticError, ValueError) as error:
        raise ValueError(f"not a number: {text!r}") from error
    if abs(count) > _MOST_UNITS:
        raise ValueError(f"not a number of any market: {text!r}")
    return count


def book_of(seen: SeenBook, one: Instrument) -> Book:
    """Return a book in units; raises ValueError."""
    bids, asks = (tuple(_level(row, one) for row in side) for side in seen.levels)
    return Book(seen.time, bids, asks)


def best_of(seen: SeenBest, one: Instrument) -> Book:
    """Return a book of the best levels alone; raises ValueError."""
    bids, asks = (() if row is None else (_level(row, one),) for row in seen.bbo)
    return Book(seen.time, bids, asks)


def _level(row: SeenLevel, one: Instrument) -> Level:
    return Level(units(row.px, one.px_decimals), units(row.sz, one.sz_decimals), row.n)


def trades_of(seen: Sequence[SeenTrade], one: Instrument) -> tuple[Trade, ...]:
    """Return trades in units; raises ValueError."""
    return tuple(
        Trade(
            side=row.side,
            px=units(row.px, one.px_decimals),
            sz=units(row.sz, one.sz_decimals),
            time_ms=row.time,
            hash=row.hash,
            tid=row.tid,
            users=row.users,
        )
        for row in seen
    )


def figures_of(seen: SeenFigures, one: Instrument) -> Context:
    """Return a context in units; raises ValueError."""
    px, sz = one.px_decimals, one.sz_decimals
    mid, impact = seen.mid_px, seen.impact_pxs
    return Context(
        funding=units(seen.funding, RATE_DECIMALS),
        open_interest=units(seen.open_interest, sz),
        prev_day_px=units(seen.prev_day_px, px),
        day_ntl_vlm=units(seen.day_ntl_vlm, USD_DECIMALS),
        day_base_vlm=units(seen.day_base_vlm, sz),
        premium=None if seen.premium is None else units(seen.premium, RATE_DECIMALS),
        oracle_px=units(seen.oracle_px, px),
        mark_px=units(seen.mark_px, px),
        # Doubled, a middle has one decimal more: exact in half units.
        mid_halves=None if mid is None else units(mid, px + 1) // 5,
        impact_pxs=impact and (units(impact[0], px), units(impact[1], px)),
    )

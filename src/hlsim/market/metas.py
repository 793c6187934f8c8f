"""Reads answers of `meta` into instruments."""

from decimal import Decimal

import msgspec

from hlsim.core.market import Context
from hlsim.core.universe import (
    FIRST_DEX,
    Instrument,
    MarginTable,
    MarginTier,
    flat_table,
)
from hlsim.market.frames import SeenFigures, figures_of


class _SeenTier(msgspec.Struct, frozen=True, rename="camel"):
    lower_bound: Decimal
    max_leverage: int


class _SeenTable(msgspec.Struct, frozen=True, rename="camel"):
    description: str
    margin_tiers: list[_SeenTier]


class _SeenInstrument(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    name: str
    sz_decimals: int
    max_leverage: int
    margin_table_id: int = 0
    only_isolated: bool = False
    is_delisted: bool = False


class _SeenMeta(msgspec.Struct, frozen=True, rename="camel"):
    universe: list[_SeenInstrument]
    margin_tables: list[tuple[int, _SeenTable]] = []


class _MetaFrame(msgspec.Struct, frozen=True, tag_field="channel", tag="meta"):
    data: _SeenMeta


_ANSWER: msgspec.json.Decoder[_SeenMeta] = msgspec.json.Decoder(_SeenMeta)
_CONTEXTS: msgspec.json.Decoder[tuple[_SeenMeta, list[SeenFigures]]] = (
    msgspec.json.Decoder(tuple[_SeenMeta, list[SeenFigures]])
)
_FRAME: msgspec.json.Decoder[_MetaFrame] = msgspec.json.Decoder(_MetaFrame)


def read_meta(answer: bytes) -> tuple[Instrument, ...]:
    """Return the instruments of an answer; raises msgspec.DecodeError."""
    return _instruments(_ANSWER.decode(answer))


def read_contexts(answer: bytes) -> tuple[tuple[Instrument, ...], list[Context]]:
    """Return instruments and contexts of an answer of metaAndAssetCtxs.

    Raises msgspec.DecodeError, or ValueError for a number that is none.
    """
    meta, figures = _CONTEXTS.decode(answer)
    instruments = _instruments(meta)
    pairs = zip(instruments, figures, strict=True)
    return instruments, [figures_of(seen, one) for one, seen in pairs]


def read_meta_frame(payload: bytes) -> tuple[Instrument, ...] | None:
    """Return the instruments of a recording's first lines, None for another line."""
    try:
        return _instruments(_FRAME.decode(payload).data)
    except msgspec.DecodeError:
        return None


def meta_frame(answer: bytes) -> bytes:
    """Return the line of a recording that keeps an answer of meta."""
    return b'{"channel":"meta","data":' + answer + b"}"


def _instruments(meta: _SeenMeta) -> tuple[Instrument, ...]:
    tables = {number: _table(number, one) for number, one in meta.margin_tables}
    return tuple(_instrument(one, tables) for one in meta.universe)


def _table(number: int, seen: _SeenTable) -> MarginTable:
    tiers = tuple(
        MarginTier(one.lower_bound, one.max_leverage) for one in seen.margin_tiers
    )
    return MarginTable(number, seen.description, tiers)


def _instrument(seen: _SeenInstrument, tables: dict[int, MarginTable]) -> Instrument:
    dex, colon, _ = seen.name.partition(":")
    flat = flat_table(seen.max_leverage)
    return Instrument(
        name=seen.name,
        sz_decimals=seen.sz_decimals,
        max_leverage=seen.max_leverage,
        margin_table=tables.get(seen.margin_table_id, flat),
        only_isolated=seen.only_isolated,
        is_delisted=seen.is_delisted,
        dex=dex if colon else FIRST_DEX,
    )

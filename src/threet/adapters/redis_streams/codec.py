"""Events as stream entries: which stream, which fields, and back."""

from collections.abc import Mapping

import msgspec

from threet.model.errors import InvalidValueError
from threet.model.events import (
    AlertRaised,
    BalanceUpdated,
    BookUpdated,
    CandleFormed,
    CandlesClosed,
    Envelope,
    Event,
    FillsReceived,
    PositionsUpdated,
    PricesUpdated,
    TargetsDecided,
    TradesPrinted,
)

VERSION = b"1"
DEAD_LETTERS = "dead:letters"

STREAMS: Mapping[type, str] = {
    PricesUpdated: "prices:updated",
    TradesPrinted: "trades:printed",
    BookUpdated: "books:updated",
    CandleFormed: "candles:formed",
    CandlesClosed: "candles:closed",
    BalanceUpdated: "balance:updated",
    PositionsUpdated: "positions:updated",
    FillsReceived: "fills:received",
    TargetsDecided: "targets:decided",
    AlertRaised: "alerts:raised",
}
_ENCODER = msgspec.json.Encoder()
_DECODERS: Mapping[bytes, msgspec.json.Decoder[Event]] = {
    stream.encode(): msgspec.json.Decoder(kind) for kind, stream in STREAMS.items()
}
# RecursionError: brackets nested deeper than the decoder can follow.
_UNREADABLE = (KeyError, msgspec.DecodeError, UnicodeDecodeError, RecursionError)

Fields = Mapping[bytes, bytes]


def stream_of(event: Event) -> str:
    return STREAMS[type(event)]


def fields(envelope: Envelope) -> tuple[str | bytes, ...]:
    """Names and values in turn, as XADD takes them."""
    event = envelope.event
    return (
        b"id",
        envelope.event_id,
        b"type",
        STREAMS[type(event)],
        b"v",
        VERSION,
        b"event_ms",
        b"" if event.event_ms is None else str(event.event_ms),
        b"received_ns",
        str(event.received_ns),
        b"traceparent",
        envelope.traceparent,
        b"data",
        _ENCODER.encode(event),
    )


def envelope(entry: Fields) -> Envelope:
    """Raises ``InvalidValueError`` for an entry that this version cannot read."""
    version = entry.get(b"v")
    decoder = _DECODERS.get(entry.get(b"type", b""))
    if version != VERSION or decoder is None or b"id" not in entry:
        raise InvalidValueError("entry", "have a known type and version 1", entry)
    try:
        event = decoder.decode(entry[b"data"])
    except _UNREADABLE as error:
        raise InvalidValueError("entry data", f"be readable ({error})", "") from error
    return Envelope(
        event_id=entry[b"id"].decode("utf-8", "replace"),
        event=event,
        traceparent=entry.get(b"traceparent", b"").decode("ascii", "replace"),
    )

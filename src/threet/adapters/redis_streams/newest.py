"""The newest prices and forming bars in Redis hashes: written by the producer alone."""

from collections.abc import Collection, Mapping, Sequence

import msgspec
import structlog

from threet.adapters.redis_streams.pipe import Command
from threet.model.candles import Candle, Timeframe
from threet.model.errors import InvalidValueError
from threet.model.events import CandleFormed, Event, PricesUpdated
from threet.model.numbers import exact
from threet.model.prices import NewestPrice, PriceKey, PriceKind
from threet.model.products import dex_of

_log = structlog.get_logger(__name__)
PRICES = "prices:newest"  # symbol|kind -> price, exchange ms or "", received ns
CONFIRMED = "prices:confirmed"  # symbol|kind -> received ns of a frame that repeated it
FORMING = "candles:forming"  # symbol|timeframe -> the bar as JSON
EVERY_MID = "*|mid"  # of the first dex; of a builder's "xyz:*|mid"
_CANDLES: msgspec.json.Decoder[Candle] = msgspec.json.Decoder(Candle)


class NewestState:
    """What has changed since the last ``commands``; bounded by symbols and kinds.

    With ``starts_anew`` it is all that is known: what an earlier run wrote goes first.
    """

    def __init__(self, *, starts_anew: bool = False) -> None:
        self._starts_anew = starts_anew
        self._prices: dict[str, str | None] = {}
        self._confirmed: dict[str, int] = {}
        self._forming: dict[str, Candle] = {}

    def apply(self, event: Event) -> None:
        if isinstance(event, PricesUpdated):
            self._apply_prices(event)
        elif isinstance(event, CandleFormed):
            candle = event.candle
            self._forming[f"{candle.symbol}|{candle.timeframe.value}"] = candle

    def commands(self) -> list[Command]:
        """The writes that bring Redis up to date; repeating them does no harm."""
        commands: list[Command] = []
        if self._starts_anew:
            commands.append(("DEL", PRICES, CONFIRMED, FORMING))
        present = {f: v for f, v in self._prices.items() if v is not None}
        gone = [f for f, v in self._prices.items() if v is None]
        if present:
            commands.append(("HSET", PRICES, *_flat(present)))
        if gone:
            commands.append(("HDEL", PRICES, *gone))
        if self._confirmed:
            commands.append(("HSET", CONFIRMED, *_flat(self._confirmed)))
        if self._forming:
            rows = {f: msgspec.json.encode(c) for f, c in self._forming.items()}
            commands.append(("HSET", FORMING, *_flat(rows)))
        return commands

    def followed_by(self, later: "NewestState") -> "NewestState":
        """Both together, where ``later`` wins; for what could not be written."""
        self._prices.update(later._prices)
        self._confirmed.update(later._confirmed)
        self._forming.update(later._forming)
        return self

    def _apply_prices(self, event: PricesUpdated) -> None:
        event_ms = "" if event.event_ms is None else event.event_ms
        for change in event.changes:
            field = f"{change.symbol}|{change.kind.value}"
            self._prices[field] = f"{change.price} {event_ms} {event.received_ns}"
        for key in event.vanished:
            self._prices[_field(key)] = None
        for key in event.confirmed:
            self._confirmed[_field(key)] = event.received_ns
        if event.confirms_mids:
            self._confirmed[_every_mid(event.dex)] = event.received_ns


def prices(
    newest: Mapping[bytes, bytes], confirmed: Mapping[bytes, bytes]
) -> Sequence[NewestPrice]:
    """What the two hashes say together; a row that cannot be read is left out."""
    found = []
    for field, text in newest.items():
        try:
            found.append(_price(field, text.decode(), confirmed))
        except (ValueError, InvalidValueError) as error:
            _log.warning("price_unreadable", field=repr(field), reason=str(error)[:200])
    return found


def price_fields(symbols: Collection[str]) -> Sequence[str]:
    return [_field((symbol, kind)) for symbol in symbols for kind in PriceKind]


def mid_fields(symbols: Collection[str]) -> Sequence[str]:
    """Where it is said of all mid prices of a dex at once, for the dexes of these."""
    return [_every_mid(dex) for dex in dict.fromkeys(map(dex_of, symbols))]


def _price(field: bytes, text: str, confirmed: Mapping[bytes, bytes]) -> NewestPrice:
    symbol, _, kind_name = field.decode().rpartition("|")
    kind = PriceKind(kind_name)
    price, event_ms, received_ns = text.split(" ")
    received = max(int(received_ns), _nanos(confirmed.get(field)))
    if kind is PriceKind.MID:
        every = _every_mid(dex_of(symbol)).encode()
        received = max(received, _nanos(confirmed.get(every)))
    return NewestPrice(
        symbol=symbol,
        kind=kind,
        price=exact("price", price),
        event_ms=int(event_ms) if event_ms else None,
        received_ns=received,
    )


def _every_mid(dex: str) -> str:
    return f"{dex}:{EVERY_MID}" if dex else EVERY_MID


def _nanos(text: bytes | None) -> int:
    """0 for a row that is not there, or that cannot be read: it confirms nothing."""
    return int(text) if text is not None and text.isdigit() else 0


def forming_field(symbol: str, timeframe: Timeframe) -> str:
    return f"{symbol}|{timeframe.value}"


def candle(row: bytes) -> Candle:
    return _CANDLES.decode(row)


def _field(key: PriceKey) -> str:
    symbol, kind = key
    return f"{symbol}|{kind.value}"


def _flat(
    fields: Mapping[str, str | bytes | int],
) -> tuple[str | bytes | int, ...]:
    return tuple(part for pair in fields.items() for part in pair)

"""What a client has not seen yet, as one frame of its event stream."""

import msgspec

from threet.model.candles import Timeframe
from threet.model.prices import NewestPrice, PriceKind
from threet.web.answers import exact
from threet.web.desk import Desk

_NS_PER_MS = 1_000_000
_FOR_ALL = frozenset({PriceKind.MID, PriceKind.MARK})
_NEWEST_ROWS = 2


class Frames:
    """One client's place: versions it has seen, and the bars it looks at."""

    def __init__(
        self, desk: Desk, symbol: str | None, timeframe: Timeframe | None
    ) -> None:
        self._desk = desk
        self._symbol = symbol
        self._timeframe = timeframe
        self._health_version = -1
        self._account_version = -1
        self._candle_mark: tuple[int, int] | None = None
        self.seen = -1

    def hello(self) -> bytes:
        parts = self._desk.parts
        content = {
            "now_ms": parts.clock.now_ms(),
            "network": parts.network,
            "has_account": parts.address is not None,
            "price_stale_after_ms": parts.price_stale_after_ms,
            "account_stale_after_ms": parts.account_stale_after_ms,
        }
        return b"retry: 1000\n" + _event(b"hello", msgspec.json.encode(content))

    def next(self) -> bytes | None:
        """All that changed since the last frame; None when nothing did."""
        hub = self._desk.hub
        fields: list[bytes] = []
        prices = [
            _price_row(price)
            for price in hub.prices_since(self.seen)
            if price.kind in _FOR_ALL or price.symbol == self._symbol
        ]
        self.seen = hub.version
        if prices:
            fields.append(b'"prices":' + msgspec.json.encode(prices))
        fields += self._candle()
        fields += self._boards()
        if not fields:
            return None
        now = b'"now_ms":%d' % self._desk.parts.clock.now_ms()
        return _event(b"frame", b"{" + b",".join((now, *fields)) + b"}")

    def _candle(self) -> list[bytes]:
        if self._symbol is None or self._timeframe is None:
            return []
        window = self._desk.candles.followed(self._symbol, self._timeframe)
        if window is None:
            self._candle_mark = None
            return []
        mark = (window.version, window.revision)
        known, self._candle_mark = self._candle_mark, mark
        if known == mark:
            return []
        # The first time, too: bars may have moved since the client asked for them.
        is_revised = b"true" if known and known[1] != mark[1] else b"false"
        rows = window.rows(_NEWEST_ROWS)
        return [b'"candles":{"revised":%s,"rows":[%s]}' % (is_revised, rows)]

    def _boards(self) -> list[bytes]:
        fields = []
        health, account = self._desk.health, self._desk.account
        if health.newest is not None and health.version != self._health_version:
            self._health_version = health.version
            fields.append(b'"health":' + health.newest.model_dump_json().encode())
        if account.newest is not None and account.version != self._account_version:
            self._account_version = account.version
            fields.append(b'"account":' + account.newest.model_dump_json().encode())
        return fields


def _price_row(price: NewestPrice) -> tuple[str, str, str, int, int | None]:
    received_ms = price.received_ns // _NS_PER_MS
    text = exact(price.price)
    return price.symbol, price.kind.value, text, received_ms, price.event_ms


def _event(name: bytes, content: bytes) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name, content)

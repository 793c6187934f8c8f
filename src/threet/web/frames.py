"""What a client has not seen yet, as one frame of its event stream."""

import msgspec

from threet.model.candles import Timeframe
from threet.model.prices import Missing, PriceKey, PriceKind
from threet.web.answers import exact
from threet.web.desk import Desk
from threet.web.live_hub import Quoted

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
        self._trading_version = -1
        self._candle_mark: tuple[int, int] | None = None
        self._sparklines_version = -1
        self._mids_ns: dict[str, int] = {}
        self.seen = -1

    def hello(self) -> bytes:
        parts = self._desk.parts
        content = {
            "now_ms": parts.clock.now_ms(),
            "network": parts.network,
            "has_account": parts.address is not None,
            "trades": parts.trading is not None,
            "price_stale_after_ms": parts.price_stale_after_ms,
            "account_stale_after_ms": parts.account_stale_after_ms,
        }
        return b"retry: 1000\n" + _event(b"hello", msgspec.json.encode(content))

    def next(self) -> bytes | None:
        """All that changed since the last frame; None when nothing did."""
        fields = [*self._prices(), *self._candle(), *self._boards()]
        if not fields:
            return None
        now = b'"now_ms":%d' % self._desk.parts.clock.now_ms()
        return _event(b"frame", b"{" + b",".join((now, *fields)) + b"}")

    def _prices(self) -> list[bytes]:
        hub = self._desk.hub
        news = [
            (key, found)
            for key, found in hub.prices_since(self.seen)
            if key[1] in _FOR_ALL or key[0] == self._symbol
        ]
        self.seen = hub.version
        fields = []
        if news:
            rows = [_price_row(key, found) for key, found in news]
            fields.append(b'"prices":' + msgspec.json.encode(rows))
        if hub.mids_confirmed_ns != self._mids_ns:
            self._mids_ns = dict(hub.mids_confirmed_ns)
            by_dex = {dex: ns // _NS_PER_MS for dex, ns in self._mids_ns.items()}
            fields.append(b'"mids_ms":' + msgspec.json.encode(by_dex))
        return fields

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
        sparklines = self._desk.sparklines
        if sparklines.version != self._sparklines_version:
            self._sparklines_version = sparklines.version
            fields.append(b'"sparklines":%d' % sparklines.version)
        if health.newest is not None and health.version != self._health_version:
            self._health_version = health.version
            fields.append(b'"health":' + health.newest.model_dump_json().encode())
        if account.newest is not None and account.version != self._account_version:
            self._account_version = account.version
            fields.append(b'"account":' + account.newest.model_dump_json().encode())
        trading = self._desk.trading
        if trading.version != self._trading_version:
            self._trading_version = trading.version
            fields.append(b'"trading":%d' % trading.version)
        return fields


def _price_row(
    key: PriceKey, found: Quoted
) -> tuple[str, str, str | None, int | None, int | None]:
    """Without a price and a time: it has vanished."""
    symbol, kind = key
    if isinstance(found, Missing):
        return symbol, kind.value, None, None, None
    received_ms = found.received_ns // _NS_PER_MS
    return symbol, kind.value, exact(found.price), received_ms, found.event_ms


def _event(name: bytes, content: bytes) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name, content)

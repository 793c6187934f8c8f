"""Frames in, events out: remembers what was said before, so that only news is told.

No I/O: whoever owns the socket hands in each frame with the time it was received.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import msgspec

from threet.adapters.hyperliquid import frames, order_answers, wire
from threet.adapters.hyperliquid.frames import (
    AcknowledgedFrame,
    BboFrame,
    BookFrame,
    CandleFrame,
    ContextFrame,
    ErrorFrame,
    MidsFrame,
    OrderUpdatesFrame,
    PongFrame,
    TradesFrame,
    UserFrame,
)
from threet.market_data.trade_tape import TradeTape
from threet.model.candles import Candle, Timeframe
from threet.model.errors import InvalidValueError
from threet.model.events import (
    AccountSeized,
    BookUpdated,
    CandleFormed,
    CandlesClosed,
    Event,
    FillsReceived,
    OrdersUpdated,
    PricesUpdated,
    TradesPrinted,
)
from threet.model.numbers import exact
from threet.model.prices import PriceChange, PriceKey, PriceKind
from threet.model.products import dex_of
from threet.model.times import require_past_ms
from threet.model.topics import Channel, Topic
from threet.model.trades import Trade

# What the server says as plain text when a connection opens (HYPERLIQUID.md 1.6).
_GREETING = b"Websocket connection established."
# RecursionError: brackets nested deeper than the decoder can follow.
_MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The server's echo of a subscription; it may hold more fields than were asked."""

    subscription: dict[str, object]


@dataclass(frozen=True, slots=True)
class ServerError:
    text: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A frame, or one value of it, that breaks the protocol; it moved nothing."""

    reason: str


Control = Acknowledged | ServerError | Refusal


@dataclass(frozen=True, slots=True)
class Decoded:
    """``topic`` spoke: None for what is not market data, or broken, or late."""

    topic: Topic | None
    results: Sequence[Event | Control]


class FrameDecoder:
    """State of the topics of one connection; it outlives the connection.

    ``account`` is whose orders and fills it carries, "" for none.
    """

    def __init__(self) -> None:
        self.account = ""
        self._mids: dict[str, dict[str, str]] = {}  # by dex
        self._delisted: Collection[str] = frozenset()
        self._levels: dict[PriceKey, frames.WireLevel] = {}
        self._contexts: dict[PriceKey, str] = {}
        self._tape = TradeTape()
        self._said_ms: dict[Topic, int] = {}
        self._heard: Topic | None = None
        self.late = 0
        self._forming: dict[tuple[str, Timeframe], Candle] = {}
        self._handlers: dict[type, Callable[..., Sequence[Event | Control]]] = {
            MidsFrame: self._on_mids,
            TradesFrame: self._on_trades,
            BookFrame: self._on_book,
            BboFrame: self._on_bbo,
            CandleFrame: self._on_candle,
            ContextFrame: self._on_context,
            AcknowledgedFrame: _on_acknowledged,
            ErrorFrame: _on_error,
            PongFrame: _on_nothing,
            OrderUpdatesFrame: _on_orders,
            UserFrame: self._on_user,
        }

    @property
    def tape(self) -> TradeTape:
        """What is known of trades."""
        return self._tape

    def read(self, frame: bytes | str, received_ns: int) -> Decoded:
        """The events of a frame, in its order, and which topic it is of."""
        self._heard = None
        results = self.decode(frame, received_ns)
        return Decoded(self._heard, results)

    def decode(self, frame: bytes | str, received_ns: int) -> Sequence[Event | Control]:
        """Events of the frame, in its order; a ``Refusal`` when it is malformed."""
        try:
            decoded = frames.FRAME_DECODER.decode(frame)
            return self._handlers[type(decoded)](decoded, received_ns)
        except (*_MALFORMED, InvalidValueError) as error:
            if _is_greeting(frame):
                return ()
            return (Refusal(str(error)[:200]),)

    def connection_lost(self) -> None:
        """The bars that were forming may have changed unseen: none closes by us."""
        self._forming.clear()
        self._said_ms.clear()
        self._tape.interrupted()

    def interrupted(self, topics: Iterable[Topic]) -> None:
        """These fell silent, and are subscribed to anew."""
        for topic in topics:
            self._said_ms.pop(topic, None)
            if topic.channel is Channel.TRADES:
                self._tape.interrupted((topic.subject,))
            if topic.channel is Channel.CANDLE and topic.timeframe is not None:
                self._forming.pop((topic.subject, topic.timeframe), None)

    def delisted(self, symbols: Collection[str]) -> None:
        """Mid prices that the exchange still shows for these are none."""
        self._delisted = frozenset(symbols)

    def forget(self, symbol: str, received_ns: int) -> Sequence[Event]:
        """It is followed no more: its prices vanish."""
        self._tape.forget(symbol)
        self._forming = {k: bar for k, bar in self._forming.items() if k[0] != symbol}
        self._said_ms = {k: at for k, at in self._said_ms.items() if k[1] != symbol}
        known = [key for key in (*self._levels, *self._contexts) if key[0] == symbol]
        if self._mids.get(dex_of(symbol), {}).pop(symbol, None) is not None:
            known.append((symbol, PriceKind.MID))
        for key in known:
            self._levels.pop(key, None)
            self._contexts.pop(key, None)
        if not known:
            return ()
        vanished = tuple(known)
        return (PricesUpdated(received_ns=received_ns, changes=(), vanished=vanished),)

    def recovered(
        self, symbol: str, trades: Sequence[Trade], received_ns: int
    ) -> Sequence[Event]:
        """Recent trades that were asked for after an outage; those that are news."""
        return _printed(self._tape.recovered(symbol, trades), received_ns)

    def _is_late(self, topic: Topic, said_ms: int) -> bool:
        """Whether the topic said something newer already; if not, it spoke now."""
        if said_ms < self._said_ms.get(topic, 0):
            self.late += 1
            return True
        self._said_ms[topic] = said_ms
        self._heard = topic
        return False

    def _on_mids(self, frame: MidsFrame, received_ns: int) -> Sequence[Event | Control]:
        """A frame says all of its own dex, and nothing of the others."""
        mids, dex = frame.data.mids, _dex_told(frame.data)
        before = self._mids.get(dex, {})
        self._heard = Topic(Channel.MIDS, dex)
        if self._delisted:
            gone = self._delisted
            mids = {coin: px for coin, px in mids.items() if coin not in gone}
        changes: list[PriceChange] = []
        refusals: list[Control] = []
        vanished: list[PriceKey] = []
        if not before.keys() <= mids.keys():
            vanished += [(coin, PriceKind.MID) for coin in before if coin not in mids]
        for coin, px in [one for one in mids.items() if before.get(one[0]) != one[1]]:
            if wire.is_spot(coin):
                continue
            try:
                changes.append(PriceChange(coin, PriceKind.MID, exact("mid", px)))
            except InvalidValueError as error:
                # A delisted symbol at "0.0" must not keep the price of yesterday.
                vanished.append((coin, PriceKind.MID))
                refusals.append(Refusal(f"allMids {coin!r:.40}: {error}"))
        self._mids[dex] = mids
        updated = PricesUpdated(
            received_ns=received_ns,
            changes=tuple(changes),
            confirms_mids=True,
            vanished=tuple(vanished),
            dex=dex,
        )
        return (updated, *refusals)

    def _on_trades(self, frame: TradesFrame, received_ns: int) -> Sequence[Event]:
        trades = tuple(map(wire.trade, frame.data))
        news = self._tape.take(trades)
        if trades:
            self._heard = Topic(Channel.TRADES, trades[0].symbol)
        return _printed(news, received_ns)

    def _on_book(self, frame: BookFrame, received_ns: int) -> Sequence[Event]:
        require_past_ms("time", frame.data.time, received_ns)
        bids, asks = frame.data.levels
        updated = BookUpdated(
            received_ns=received_ns,
            event_ms=frame.data.time,
            symbol=frame.data.coin,
            bids=wire.levels(bids),
            asks=wire.levels(asks),
        )
        if self._is_late(Topic(Channel.BOOK, updated.symbol), frame.data.time):
            return ()
        return (updated,)

    def _on_bbo(self, frame: BboFrame, received_ns: int) -> Sequence[Event]:
        require_past_ms("time", frame.data.time, received_ns)
        bid, ask = frame.data.bbo
        _require_uncrossed(bid, ask)
        changes: list[PriceChange] = []
        confirmed: list[PriceKey] = []
        vanished: list[PriceKey] = []
        levels: dict[PriceKey, frames.WireLevel] = {}
        for kind, now in ((PriceKind.BID, bid), (PriceKind.ASK, ask)):
            key = (frame.data.coin, kind)
            if now is None:
                vanished.append(key)
            elif now == self._levels.get(key):
                confirmed.append(key)
            else:
                levels[key] = now
                px, sz = exact("px", now.px), exact("sz", now.sz)
                changes.append(PriceChange(key[0], kind, px, sz))
        if self._is_late(Topic(Channel.QUOTE, frame.data.coin), frame.data.time):
            return ()
        for key in vanished:
            self._levels.pop(key, None)
        self._levels.update(levels)
        return (
            PricesUpdated(
                received_ns=received_ns,
                event_ms=frame.data.time,
                changes=tuple(changes),
                confirmed=tuple(confirmed),
                vanished=tuple(vanished),
            ),
        )

    def _on_context(self, frame: ContextFrame, received_ns: int) -> Sequence[Event]:
        coin, context = frame.data.coin, frame.data.ctx
        changes: list[PriceChange] = []
        confirmed: list[PriceKey] = []
        told: dict[PriceKey, str] = {}
        for kind, px in (
            (PriceKind.MARK, context.markPx),
            (PriceKind.ORACLE, context.oraclePx),
        ):
            if px is None:
                continue
            key = (coin, kind)
            if self._contexts.get(key) == px:
                confirmed.append(key)
            else:
                changes.append(PriceChange(coin, kind, exact(kind.value, px)))
                told[key] = px
        # After the last value that could be refused: a refused frame moved nothing.
        self._contexts.update(told)
        self._heard = Topic(Channel.CONTEXT, coin)
        return (
            PricesUpdated(
                received_ns=received_ns,
                changes=tuple(changes),
                confirmed=tuple(confirmed),
            ),
        )

    def _on_user(self, frame: UserFrame, received_ns: int) -> Sequence[Event | Control]:
        """Its fills; a liquidation, or a cancel that nobody asked for, says no more
        than that the account is to be read."""
        fills = tuple(
            order_answers.fill(one, self.account)
            for one in frame.data.fills
            if one.fee_token == order_answers.USDC  # of a spot market it is another
        )
        found: list[Event | Control] = []
        if fills:
            found.append(FillsReceived(received_ns=received_ns, fills=fills))
        if frame.data.liquidation is not None or frame.data.non_user_cancel:
            found.append(AccountSeized(received_ns=received_ns))
        return found

    def _on_candle(self, frame: CandleFrame, received_ns: int) -> Sequence[Event]:
        # A bar on the stream is forming until its successor shows up, whatever the
        # clock says: trades of its last instant may still be on their way.
        candle = wire.candle(frame.data, now_ms=0)
        require_past_ms("open", candle.open_ms, received_ns)
        key = (candle.symbol, candle.timeframe)
        before = self._forming.get(key)
        if self._is_late(Topic(Channel.CANDLE, *key), candle.open_ms):
            return ()
        if before is not None and _is_earlier_reading(candle, before):
            self.late += 1
            return ()
        self._forming[key] = candle
        formed = CandleFormed(received_ns=received_ns, candle=candle)
        if before is None or before.open_ms == candle.open_ms:
            return (formed,)
        closed = msgspec.structs.replace(before, is_closed=True)
        return (
            CandlesClosed(
                received_ns=received_ns, event_ms=closed.end_ms, candles=(closed,)
            ),
            formed,
        )


def _dex_told(told: frames.WireMids) -> str:
    """By its name, or by its coins', which all begin with it."""
    return told.dex or dex_of(next(iter(told.mids), ""))


def _is_earlier_reading(candle: Candle, before: Candle) -> bool:
    """A bar only ever gains trades: of two readings, that with fewer is the older."""
    return candle.open_ms == before.open_ms and candle.trades < before.trades


def _printed(news: Sequence[Trade], received_ns: int) -> Sequence[Event]:
    if not news:
        return ()
    newest = max(trade.trade_ms for trade in news)
    return (
        TradesPrinted(received_ns=received_ns, event_ms=newest, trades=tuple(news)),
    )


def _require_uncrossed(
    bid: frames.WireLevel | None, ask: frames.WireLevel | None
) -> None:
    if bid is None or ask is None:
        return
    if exact("bid", bid.px) >= exact("ask", ask.px):
        raise InvalidValueError("bbo", "have its bid below its ask", (bid.px, ask.px))


def _on_acknowledged(
    frame: AcknowledgedFrame, received_ns: int
) -> Sequence[Event | Control]:
    del received_ns
    if frame.data.method != "subscribe":
        return ()
    return (Acknowledged(frame.data.subscription),)


def _on_error(frame: ErrorFrame, received_ns: int) -> Sequence[Event | Control]:
    del received_ns
    return (ServerError(frame.data),)


def _on_nothing(frame: PongFrame, received_ns: int) -> Sequence[Event | Control]:
    del frame, received_ns
    return ()


def _on_orders(frame: OrderUpdatesFrame, received_ns: int) -> Sequence[Event | Control]:
    told = tuple(
        order_answers.report(one.order, one.status, one.status_timestamp)
        for one in frame.data
    )
    return (OrdersUpdated(received_ns=received_ns, orders=told),) if told else ()


def _is_greeting(frame: bytes | str) -> bool:
    text = frame.encode() if isinstance(frame, str) else frame
    return text[:64].strip() == _GREETING

"""A market that plays a capture: the frames as they were, with their spacing.

Playback begins a moment after the first subscription, so that a client which
subscribes to several channels misses nothing. Frames keep their own times; candles are
counted in the exchange's time, in which the playback happens.
"""

from collections.abc import Iterator, Sequence

from hlsim.core.candles import Candle
from hlsim.core.market import (
    Book,
    Changes,
    Context,
    FundingRate,
    Level,
    RawFrame,
    Trade,
)
from hlsim.core.numbers import parse_units
from hlsim.core.universe import Instrument, Universe
from hlsim.market.agents import Agents
from hlsim.market.capture import (
    CapturedBook,
    CapturedFrame,
    CapturedLevel,
    CapturedTrade,
)
from hlsim.market.catalogue import known_listing, universe_of
from hlsim.market.contexts import context_of, no_context
from hlsim.market.funding import Funding
from hlsim.market.history import History
from hlsim.market.marks import Marks
from hlsim.market.quotes import Quote
from hlsim.market.tape import Tape

_POLL_MS = 20
_LIVE_MINUTES = 5 * 1440


class FixedRecordingError(ValueError):
    """A recording was asked to happen differently."""

    def __str__(self) -> str:
        return "a recording has the coins and the trades that were recorded"


class RecordedMarket:
    """The coins of one capture."""

    def __init__(
        self,
        frames: Sequence[CapturedFrame],
        *,
        seed: int,
        start_ms: int,
        delay_ms: int = 250,
        loop: bool = False,
    ) -> None:
        """Wait for `start`; ``delay_ms`` later the first frame is due."""
        self._frames = frames
        self._delay_ms = delay_ms
        self._loop = loop
        self._began_ms: int | None = None
        self._next = 0
        self._played_ms = start_ms
        coins = sorted({one.coin for one in frames})
        self._listings = tuple(known_listing(coin) for coin in coins)
        self._universe = universe_of(self._listings)
        self._funding = Funding(seed)
        self._maker = Agents(seed).maker(0)
        self._marks = Marks(self._listings, self._funding)
        self._prepare_coins(seed, start_ms)

    def _prepare_coins(self, seed: int, start_ms: int) -> None:
        coins = range(len(self._listings))
        history = History(
            self._listings,
            seed=seed,
            days=0,
            origin_ms=start_ms,
            trades_per_minute=[0 for _ in coins],
        )
        self._books = [Book(start_ms, (), ()) for _ in coins]
        self._tape = Tape(history, len(coins), _LIVE_MINUTES)

    @property
    def universe(self) -> Universe:
        """The coins of the capture."""
        return self._universe

    @property
    def participants(self) -> Sequence[str]:
        """The maker; trades name whoever traded when it was recorded."""
        return (self._maker,)

    def maker(self, asset: int) -> str:
        """Return who stands for all whose orders were in the recorded books."""
        return self._maker

    @property
    def keeps_queue(self) -> bool:
        """Return that a recorded order keeps its place."""
        return True

    @property
    def recorded_channels(self) -> frozenset[str]:
        """Books and trades go out as they were recorded."""
        return frozenset({"l2Book", "trades"})

    def start(self, at_ms: int) -> None:
        """Begin playback, if that was not done before."""
        if self._began_ms is None:
            self._began_ms = at_ms + self._delay_ms

    def next_ms(self, now_ms: int) -> int:
        """Return when the next frame is due; soon, as a subscription may come."""
        due = self._due_ms()
        return now_ms + _POLL_MS if due is None else min(due, now_ms + _POLL_MS)

    def _due_ms(self) -> int | None:
        if self._began_ms is None or self._next == len(self._frames):
            return None
        offset = self._frames[self._next].received_ms - self._frames[0].received_ms
        return self._began_ms + offset

    def advance(self, now_ms: int) -> Iterator[Changes]:
        """Yield the frames that are due, one by one."""
        while (due := self._due_ms()) is not None and due <= now_ms:
            frame = self._frames[self._next]
            self._next += 1
            if self._loop and self._next == len(self._frames):
                self._next = 0
                self._began_ms = due + self._delay_ms
            yield self._play(frame, due)

    def _play(self, frame: CapturedFrame, at_ms: int) -> Changes:
        asset = self._universe.asset(frame.coin)
        if asset is None:
            raise LookupError(frame.coin)
        raw = (RawFrame(frame.channel, asset, frame.payload),)
        if isinstance(frame.content, CapturedBook):
            before = self._books[asset].best
            self._books[asset] = _book(frame.content, self._universe[asset])
            if self._books[asset].best == before:
                return Changes(at_ms, (), (), raw)
            self._mark(asset, at_ms)
            return Changes(at_ms, (asset,), (), raw)
        trades = tuple(_trade(one, self._universe[asset]) for one in frame.content)
        self._played_ms = at_ms
        return Changes(at_ms, (), ((asset, trades),), raw)

    def _mark(self, asset: int, at_ms: int) -> None:
        bid, ask = self.best_px(asset)
        if bid and ask:
            last_px = self._tape.last_px(asset) or bid
            self._marks.quoted(asset, at_ms, bid, ask, last_px)

    def delist(self, asset: int) -> None:
        """Refuse by ValueError."""
        raise FixedRecordingError

    def enlist(self, instrument: Instrument, px: int) -> int:
        """Refuse by ValueError."""
        raise FixedRecordingError

    def hold_back(self, asset: int, minutes: int) -> None:
        """Refuse by ValueError."""
        raise FixedRecordingError

    def publish_flat(self, asset: int) -> None:
        """Refuse by ValueError."""
        raise FixedRecordingError

    def printed(self, asset: int, trades: Sequence[Trade]) -> None:
        """Put trades on the tape, at the time of the playback."""
        self._tape.remember(asset, trades)
        for one in trades:
            # What was a backlog in the recording did not trade now.
            if one.time_ms >= self._frames[0].received_ms:
                self._tape.count(asset, self._played_ms, one.px, one.sz)

    def best_px(self, asset: int) -> tuple[int, int]:
        """Return the best prices of the last recorded book."""
        bid, ask = self._books[asset].best
        return bid.px if bid else 0, ask.px if ask else 0

    def mid_halves(self, asset: int) -> int | None:
        """Return bid + ask of the last recorded book."""
        bid, ask = self._books[asset].best
        return None if bid is None or ask is None else bid.px + ask.px

    def book(self, asset: int) -> Book:
        """Return the last recorded book."""
        return self._books[asset]

    def top(self, asset: int) -> Book:
        """Return the best level a side of the last recorded book."""
        whole = self._books[asset]
        return Book(whole.time_ms, whole.bids[:1], whole.asks[:1])

    def recent_trades(self, asset: int) -> Sequence[Trade]:
        """Return up to 30 last trades, oldest first."""
        return self._tape.recent(asset)

    def minutes(self, asset: int, first_ms: int, last_ms: int) -> list[Candle]:
        """Return the candles of the playback."""
        return self._tape.minutes(asset, first_ms, last_ms)

    def mark_px(self, asset: int, now_ms: int) -> int:
        """Return the mark price in units."""
        return self._marks.mark_px(asset, now_ms)

    def oracle_px(self, asset: int) -> int:
        """Return the oracle price in units."""
        return self._marks.oracle_px(asset)

    def context(self, asset: int, now_ms: int) -> Context:
        """Return the context; before the first book there are no prices."""
        listing = self._listings[asset]
        bid, ask = self._books[asset].best
        if bid is None or ask is None:
            return no_context(self._marks.oracle_px(asset))
        return context_of(
            listing,
            Quote(now_ms, bid.px, ask.px, 0),
            mark_px=self._marks.mark_px(asset, now_ms),
            oracle_px=self._marks.oracle_px(asset),
            day=self._tape.day(asset),
            funding=self._funding,
            asset=asset,
            now_ms=now_ms,
        )

    def funding_history(
        self, asset: int, start_ms: int, end_ms: int
    ) -> list[FundingRate]:
        """Return synthetic funding: a capture has none."""
        return self._funding.history(asset, start_ms, end_ms)


def _book(captured: CapturedBook, instrument: Instrument) -> Book:
    bids, asks = (_levels(side, instrument) for side in captured.levels)
    return Book(captured.time, bids, asks)


def _levels(side: Sequence[CapturedLevel], instrument: Instrument) -> tuple[Level, ...]:
    return tuple(
        Level(
            parse_units(one.px, instrument.px_decimals),
            parse_units(one.sz, instrument.sz_decimals),
            one.n,
        )
        for one in side
    )


def _trade(one: CapturedTrade, instrument: Instrument) -> Trade:
    return Trade(
        side=one.side,
        px=parse_units(one.px, instrument.px_decimals),
        sz=parse_units(one.sz, instrument.sz_decimals),
        time_ms=one.time,
        hash=one.hash,
        tid=one.tid,
        users=one.users,
    )

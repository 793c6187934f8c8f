"""A market that repeats the live one of another HyperLiquid, whose frames it is told.

Frames keep the other exchange's times. A coin of which nothing was heard for a while
has no book, so that nothing trades at prices that may be gone. Trades that came late
(the backlog after subscribing) are on the tape, but meet no orders.

Exact: universe, contexts, books (as deep as they are told), trades, and the candles
that began and ended while trades were followed. Fetched when first asked for, so that
the first answer lacks them: earlier candles (the newest 5,000 minutes) and the history
of funding (500 rows). Before they came the candles are those of the trades heard, and
the history is empty.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from hlsim.core.candles import Candle
from hlsim.core.intervals import MINUTE_MS
from hlsim.core.market import Changes, Context, FundingRate, Trade
from hlsim.core.universe import Instrument
from hlsim.market.catalogue import listing_of, universe_of
from hlsim.market.framed import FramedMarket
from hlsim.market.frames import (
    Content,
    SeenBest,
    SeenBook,
    coin_of,
    decode_frame,
    followed_trades,
)

_POLL_MS = 20


def _opened(one: Candle) -> int:
    return one.t


class Past(Enum):
    """What of a coin's past can be fetched."""

    CANDLES = "candleSnapshot"
    FUNDING = "fundingHistory"


@dataclass(slots=True)
class _Coin:
    """What a mirror keeps of a coin besides its books."""

    heard_ms: int
    last_trade_ms: int = 0
    last_tids: frozenset[int] = frozenset()
    tape_ms: int = 0
    # From this minute on the trades heard are all there were.
    whole_from_ms: int | None = None
    candles: Sequence[Candle] = ()
    candles_until_ms: int = -1
    funding: Sequence[FundingRate] | None = None


class MirrorMarket(FramedMarket):
    """The coins of another exchange."""

    def __init__(
        self,
        instruments: Sequence[Instrument],
        *,
        seed: int,
        start_ms: int,
        stale_ms: int = 10_000,
    ) -> None:
        """Begin without books; a book unheard of for ``stale_ms`` is emptied."""
        super().__init__(instruments, seed=seed, start_ms=start_ms)
        self._stale_ms = stale_ms
        self._now_ms = start_ms
        self._newest_ms = 0
        self._heard: deque[tuple[Content, int]] = deque()
        self._listed: list[int] = []
        self._coins = [_Coin(start_ms) for _ in instruments]
        self._wanted: dict[tuple[Past, int], None] = {}

    @property
    def keeps_queue(self) -> bool:
        """Return that an order of the live market keeps its place."""
        return True

    @property
    def recorded_channels(self) -> frozenset[str]:
        """None: users trade here too, so frames are made from what was heard."""
        return frozenset()

    def start(self, at_ms: int) -> None:
        """Do nothing: the other exchange goes on whether anyone listens or not."""

    def next_ms(self, now_ms: int) -> int:
        """Return soon: a frame may come at any time."""
        return now_ms + _POLL_MS

    def hear(self, payload: bytes, now_ms: int) -> None:
        """Take a frame that came at ``now_ms``; `advance` believes it."""
        content = decode_frame(payload)
        if content is not None:
            self._heard.append((content, now_ms))
            return
        asset = self._universe.asset(followed_trades(payload) or "")
        if asset is not None:
            minute = now_ms - now_ms % MINUTE_MS
            self._coins[asset].whole_from_ms = minute + MINUTE_MS

    def advance(self, now_ms: int) -> Iterator[Changes]:
        """Yield what was heard, frame by frame, and what became stale."""
        self._now_ms = now_ms
        if self._listed:
            listed, self._listed = self._listed, []
            yield Changes(now_ms, listed=listed)
        while self._heard:
            content, at_ms = self._heard.popleft()
            changes = self._believe(content, at_ms)
            if changes is not None:
                yield changes
        stale = [asset for asset in range(len(self._coins)) if self._empty(asset)]
        if stale:
            yield Changes(now_ms, stale)

    def _believe(self, content: Content, at_ms: int) -> Changes | None:
        asset = self._universe.asset(coin_of(content))
        if asset is None or self._universe[asset].is_delisted:
            return None
        if isinstance(content, SeenBook | SeenBest):
            self._coins[asset].heard_ms = at_ms
            self._newest_ms = max(self._newest_ms, content.time)
        try:
            changed, trades = self._take(asset, content, at_ms)
        except ValueError:  # a number that is none
            return None
        fresh = self._fresh(asset, trades)
        if not changed and not fresh:
            return None
        traded = ((asset, fresh),) if fresh else ()
        return Changes(at_ms, (asset,) if changed else (), traded)

    def _fresh(self, asset: int, trades: Sequence[Trade]) -> tuple[Trade, ...]:
        """Return the trades that are new; print those that are new and came late."""
        coin = self._coins[asset]
        found: list[Trade] = []
        for one in sorted(trades, key=lambda trade: trade.time_ms):
            seen = one.time_ms == coin.last_trade_ms and one.tid in coin.last_tids
            if one.time_ms < coin.last_trade_ms or seen:
                continue
            same = coin.last_tids if one.time_ms == coin.last_trade_ms else frozenset()
            coin.last_trade_ms, coin.last_tids = one.time_ms, same | {one.tid}
            if self._newest_ms - one.time_ms > self._stale_ms:
                self.printed(asset, (one,))
            else:
                found.append(one)
        return tuple(found)

    def _empty(self, asset: int) -> bool:
        if self._now_ms - self._coins[asset].heard_ms < self._stale_ms:
            return False
        return self._board.clear(asset)

    def printed(self, asset: int, trades: Sequence[Trade]) -> None:
        """Put trades on the tape, in the order they are printed."""
        coin = self._coins[asset]
        for one in trades:
            # Those of the other exchange and of its users here are not of one clock.
            coin.tape_ms = max(coin.tape_ms, one.time_ms)
            self._tape.count(asset, coin.tape_ms, one.px, one.sz)
        self._tape.remember(asset, trades)

    def learn(
        self, instruments: Sequence[Instrument], contexts: Sequence[Context]
    ) -> list[int]:
        """Take a newer catalogue and its contexts; return the assets that are new.

        Raises ValueError if an instrument changed its place, which cannot happen.
        """
        names = [one.name for one in instruments]
        known = [one.name for one in self._universe.instruments]
        if names[: len(known)] != known:
            raise ValueError("the other exchange has numbered its coins anew")
        for asset, one in enumerate(instruments):
            if asset >= len(known):
                self._add(one)
            elif one != self._universe[asset]:
                self._change(asset, one)
        self._universe = universe_of(self._listings)
        for asset, context in enumerate(contexts):
            self._board.tell(asset, context)
        return list(range(len(known), len(names)))

    def _add(self, one: Instrument) -> None:
        listing = listing_of(one)
        self._listed.append(len(self._listings))
        self._listings.append(listing)
        self._marks.enlist(listing)
        self._history.enlist(listing)
        self._board.enlist(self._now_ms)
        self._tape.enlist()
        self._coins.append(_Coin(self._now_ms))

    def _change(self, asset: int, one: Instrument) -> None:
        if one.is_delisted != self._universe[asset].is_delisted:
            self._listed.append(asset)
        if one.is_delisted:
            self._board.clear(asset)
        self._listings[asset] = replace(self._listings[asset], instrument=one)

    def wanted(self) -> list[tuple[Past, int]]:
        """Return what was asked for and is to be fetched, and forget it."""
        wanted = list(self._wanted)
        self._wanted.clear()
        return wanted

    def learn_candles(self, asset: int, rows: Sequence[Candle], now_ms: int) -> None:
        """Take the newest one-minute candles, as they were at ``now_ms``."""
        coin = self._coins[asset]
        coin.candles = rows
        coin.candles_until_ms = now_ms - now_ms % MINUTE_MS

    def learn_funding(self, asset: int, rows: Sequence[FundingRate]) -> None:
        """Take the newest rows of the history of funding."""
        self._coins[asset].funding = rows

    def minutes(self, asset: int, first_ms: int, last_ms: int) -> list[Candle]:
        """Return candles fetched and, from when all trades were heard on, made."""
        coin = self._coins[asset]
        made = self._tape.minutes(asset, first_ms, last_ms)
        whole = coin.whole_from_ms
        bound = self._now_ms + MINUTE_MS if whole is None else whole
        if coin.candles_until_ms < min(bound, self._now_ms - self._now_ms % MINUTE_MS):
            self._wanted[Past.CANDLES, asset] = None
        begin = bisect_left(coin.candles, first_ms, key=_opened)
        end = bisect_left(coin.candles, min(bound, last_ms + 1), key=_opened)
        rows = {one.t: one for one in (*made, *coin.candles[begin:end])}
        return [rows[t] for t in sorted(rows)]

    def funding_history(
        self, asset: int, start_ms: int, end_ms: int
    ) -> list[FundingRate]:
        """Return what was fetched, and have it fetched anew each hour."""
        coin = self._coins[asset]
        rows = coin.funding or ()
        if not rows or end_ms - rows[-1].time_ms > 61 * MINUTE_MS:
            self._wanted[Past.FUNDING, asset] = None
        return [one for one in rows if start_ms <= one.time_ms <= end_ms]

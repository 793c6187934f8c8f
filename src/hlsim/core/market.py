"""The market port: quotes, books, trades, candles and contexts, in exact units."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from hlsim.core.candles import Candle
from hlsim.core.universe import Instrument, Universe


class Level(msgspec.Struct, frozen=True, gc=False):
    """One price of a book: price and size in units, number of orders."""

    px: int
    sz: int
    n: int


class Book(msgspec.Struct, frozen=True):
    """Both sides of a book, best first, as of a moment."""

    time_ms: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]

    @property
    def best(self) -> tuple[Level | None, Level | None]:
        """Best bid and best ask, None where a side is empty."""
        bid = self.bids[0] if self.bids else None
        return bid, self.asks[0] if self.asks else None


class Trade(msgspec.Struct, frozen=True):
    """One trade; ``side`` is the aggressor's, B or A."""

    side: str
    px: int
    sz: int
    time_ms: int
    hash: str
    tid: int
    users: tuple[str, str]


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What `metaAndAssetCtxs` tells of a coin.

    Prices in units, ``mid_halves`` in half units, rates in 10**-10, volumes in size
    units and millionths of a dollar.
    """

    funding: int
    open_interest: int
    prev_day_px: int
    day_ntl_vlm: int
    day_base_vlm: int
    premium: int | None
    oracle_px: int
    mark_px: int
    mid_halves: int | None
    impact_pxs: tuple[int, int] | None


class FundingRate(msgspec.Struct, frozen=True):
    """One hour's funding: rate and premium in 10**-10."""

    time_ms: int
    rate: int
    premium: int


class RawFrame(msgspec.Struct, frozen=True):
    """A recorded frame, to be sent on as it is to whoever follows that channel."""

    channel: str
    asset: int
    payload: bytes


class Changes(msgspec.Struct, frozen=True):
    """What one block did: assets whose best prices or sizes changed, and trades.

    As a market yields them, trades are those of its own participants, which the
    exchange lets meet resting orders first; as the exchange yields them, they are what
    traded. ``listed`` are the assets that were listed or delisted.
    """

    time_ms: int
    quoted: Sequence[int] = ()
    trades: Sequence[tuple[int, tuple[Trade, ...]]] = ()
    raw: Sequence[RawFrame] = ()
    listed: Sequence[int] = ()


class Market(Protocol):
    """Where prices come from; driven by event time alone."""

    @property
    def universe(self) -> Universe:
        """The instruments, by asset id."""
        ...

    @property
    def participants(self) -> Sequence[str]:
        """The addresses that trade here of their own accord.

        A recording's trades may name others besides.
        """
        ...

    def maker(self, asset: int) -> str:
        """Return the participant who owns the ladder of a coin."""
        ...

    @property
    def recorded_channels(self) -> frozenset[str]:
        """Channels whose frames come from a recording, as `Changes.raw`."""
        ...

    @property
    def keeps_queue(self) -> bool:
        """Whether a new book is the old one seen again, whose orders keep their place.

        True for real markets that are played or mirrored; makers of the synthetic one
        cancel and quote anew.
        """
        ...

    def start(self, at_ms: int) -> None:
        """Tell that somebody listens; a recording waits for it."""
        ...

    def next_ms(self, now_ms: int) -> int:
        """Return when `advance` should be called next."""
        ...

    def advance(self, now_ms: int) -> Iterator[Changes]:
        """Yield the blocks up to ``now_ms``; each is done once it is yielded."""
        ...

    def printed(self, asset: int, trades: Sequence[Trade]) -> None:
        """Put trades on the tape: recent trades, candles and the day's figures.

        The only door to it: whoever advances the market prints what truly traded.
        """
        ...

    def delist(self, asset: int) -> None:
        """End the trading of a coin: no quotes, no trades; its asset and id stay.

        The next block says so in ``listed``, and `universe` is another value at once.
        Raises ValueError if the coin is delisted or the market cannot do it.
        """
        ...

    def enlist(self, instrument: Instrument, px: int) -> int:
        """Begin the trading of a new coin near ``px`` units; return its asset.

        It is the last asset; what `delist` says of block and universe holds here too.
        Raises ValueError for an instrument that cannot be added.
        """
        ...

    def hold_back(self, asset: int, minutes: int) -> None:
        """Let a coin not trade in the next whole minutes, which then lack candles."""
        ...

    def publish_flat(self, asset: int) -> None:
        """Let the minutes held back so far appear as flat candles without volume."""
        ...

    def best_px(self, asset: int) -> tuple[int, int]:
        """Return best bid and best ask in units, 0 for an empty side; the cheapest."""
        ...

    def mid_halves(self, asset: int) -> int | None:
        """Return bid + ask, the middle price in half units; None without a book."""
        ...

    def book(self, asset: int) -> Book:
        """Return the current book, up to 20 levels a side."""
        ...

    def top(self, asset: int) -> Book:
        """Return the current book of one level a side; cheaper than `book`."""
        ...

    def recent_trades(self, asset: int) -> Sequence[Trade]:
        """Return the last trades, oldest first."""
        ...

    def minutes(self, asset: int, first_ms: int, last_ms: int) -> list[Candle]:
        """Return the one-minute candles that opened in the span, ascending."""
        ...

    def mark_px(self, asset: int, now_ms: int) -> int:
        """Return the mark price in units; cheap."""
        ...

    def oracle_px(self, asset: int) -> int:
        """Return the oracle price in units; the cheapest."""
        ...

    def premium(self, asset: int) -> int | None:
        """Return how far the impact prices are off the oracle, in 10**-10.

        None without a book; cheaper than the whole context.
        """
        ...

    def context(self, asset: int, now_ms: int) -> Context:
        """Return the coin's context."""
        ...

    def funding_history(
        self, asset: int, start_ms: int, end_ms: int
    ) -> list[FundingRate]:
        """Return the hourly rates of the span (inclusive), ascending."""
        ...

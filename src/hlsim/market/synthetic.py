"""The synthetic market: seeded, correlated, in blocks, the same on every machine."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hlsim.core.candles import Candle
from hlsim.core.funding import premium_of
from hlsim.core.intervals import MINUTE_MS
from hlsim.core.market import Book, Changes, Context, FundingRate, Trade
from hlsim.core.rng import MASK, mix, stream
from hlsim.core.universe import Instrument, Universe
from hlsim.market.activity import Liveliness, thresholds
from hlsim.market.agents import Agents, Moves
from hlsim.market.catalogue import Listing, newly_listed, universe_of
from hlsim.market.contexts import context_of, no_context
from hlsim.market.funding import Funding
from hlsim.market.history import History
from hlsim.market.holds import Holds
from hlsim.market.marks import Marks
from hlsim.market.path import FINE_BITS, LivePath, Path
from hlsim.market.quotes import Quote, book, quote, top, trades
from hlsim.market.tape import Tape

_QUOTES = 0x51
_TRADES_BIT = 1 << 60
_LEAST_DAYS_KEPT = 4


class SyntheticMarket:
    """Quotes and trades around a path of fair prices, block by block.

    The origin lies one to two minutes before the first moment, so that recent trades
    and the forming candle exist from the start.
    """

    def __init__(
        self,
        listings: Sequence[Listing],
        *,
        seed: int,
        start_ms: int,
        block_ms: int = 200,
        history_days: int = 10,
        rate: int | None = None,
        path: Path | None = None,
    ) -> None:
        """Build the market and run it up to ``start_ms``.

        ``path`` replaces the seeded path of fair prices. Raises RateTooHighError.
        """
        self._listings = list(listings)
        self._universe = universe_of(self._listings)
        self._seed = seed
        self._block_ms = block_ms
        self._origin_ms = start_ms - start_ms % MINUTE_MS - MINUTE_MS
        self._block = 0
        self._listed: list[int] = []
        self._listed_ms: dict[int, int] = {}
        self._path = path or LivePath(self._listings, seed, block_ms)
        self._funding = Funding(seed)
        self._marks = Marks(self._listings, self._funding)
        self._agents = Agents(seed)
        self._moves = Moves(self._listings, self._path.fine, block_ms)
        self._prepare_coins(thresholds(self._listings, rate, block_ms), history_days)
        for block in self.advance(start_ms):
            # The first minute is lived through before anyone looks.
            for asset, done in block.trades:
                self.printed(asset, done)

    def _prepare_coins(self, shares: Sequence[int], history_days: int) -> None:
        coins = range(len(self._listings))
        bases = [stream(self._seed, _QUOTES, asset) for asset in coins]
        self._liveliness = Liveliness(bases, shares)
        per_minute = 43 * MINUTE_MS * 65536 // (64 * self._block_ms)
        self._history = History(
            self._listings,
            seed=self._seed,
            days=history_days,
            origin_ms=self._origin_ms,
            trades_per_minute=[share * per_minute >> 32 for share in shares],
        )
        limit = max(history_days, _LEAST_DAYS_KEPT) * 1440
        self._tape = Tape(self._history, len(coins), limit)
        self._holds = Holds(self._tape)
        self._decimals = [one.instrument.px_decimals for one in self._listings]
        self._makers = [self._agents.maker(asset) for asset in coins]
        self._quotes = [self._first_quote(asset) for asset in coins]

    def _first_quote(self, asset: int) -> Quote | None:
        if self._universe[asset].is_delisted:
            return None
        fair = int(self._path.fine[asset]) >> FINE_BITS
        word = mix(stream(self._seed, _QUOTES, asset))
        return quote(fair, self._decimals[asset], word, self._now_ms)

    @property
    def _now_ms(self) -> int:
        return self._origin_ms + self._block * self._block_ms

    @property
    def universe(self) -> Universe:
        """The instruments, by asset; another value after each listing."""
        return self._universe

    @property
    def participants(self) -> Sequence[str]:
        """The addresses of all agents."""
        return self._agents.participants

    def maker(self, asset: int) -> str:
        """Return the agent who quotes the coin."""
        return self._makers[asset]

    @property
    def keeps_queue(self) -> bool:
        """Return that the makers here cancel and quote anew."""
        return False

    @property
    def recorded_channels(self) -> frozenset[str]:
        """None: every frame is made anew."""
        return frozenset()

    def start(self, at_ms: int) -> None:
        """Let a recorded path of prices begin; a seeded one always runs."""
        self._path.begin()

    def next_ms(self, now_ms: int) -> int:
        """Return when the next block is due."""
        return self._now_ms + self._block_ms

    def advance(self, now_ms: int) -> Iterator[Changes]:
        """Yield the blocks up to ``now_ms``."""
        while self._now_ms + self._block_ms <= now_ms:
            self._block += 1
            yield self._one_block(self._now_ms)

    def _one_block(self, time_ms: int) -> Changes:
        fine = self._path.step(self._block)
        self._moves.follow(fine)
        lively, words = self._liveliness.of(self._block)
        fair = fine[lively].tolist()
        decimals, bits = self._decimals, FINE_BITS
        traded: list[tuple[int, tuple[Trade, ...]]] = []
        for asset, price, word in zip(lively, fair, words, strict=True):
            at = quote(price >> bits, decimals[asset], mix(word ^ MASK), time_ms)
            self._set_quote(asset, at)
            if at.word & _TRADES_BIT and not self._holds.is_held(asset, time_ms):
                traded.append((asset, self._trades(asset, at, price)))
        listed, self._listed = self._listed, []
        return Changes(time_ms, lively, traded, (), listed)

    def _trades(self, asset: int, at: Quote, fine: int) -> tuple[Trade, ...]:
        heat = self._moves.heat(asset, fine)
        size_usd = self._listings[asset].size_usd
        takings = self._agents.takings(mix(at.word + 2), heat, size_usd)
        return trades(at, takings, self._makers[asset])

    def _set_quote(self, asset: int, at: Quote) -> None:
        self._quotes[asset] = at
        last_px = self._tape.last_px(asset) or at.bid
        self._marks.quoted(asset, at.time_ms, at.bid, at.ask, last_px)

    def delist(self, asset: int) -> None:
        """End the trading of a coin; its id stays, its mark stands still.

        Raises ValueError if that was done before.
        """
        instrument = self._universe[asset]
        if instrument.is_delisted:
            raise ValueError(f"{instrument.name} is delisted already")
        self._marks.freeze(asset, self._now_ms)
        self._liveliness.silence(asset)
        self._quotes[asset] = None
        gone = replace(instrument, is_delisted=True)
        self._list(asset, replace(self._listings[asset], instrument=gone))

    def enlist(self, instrument: Instrument, px: int) -> int:
        """Begin the trading of a new coin near ``px`` units; return its asset.

        Raises ValueError for a name that exists, a dex that does not, a price that
        cannot be, or where prices come from a recording.
        """
        listing = newly_listed(instrument, px)
        listings = [*self._listings, listing]
        universe_of(listings, self._universe.dexes)
        self._path.enlist(listings)
        asset = len(self._universe)
        self._moves.enlist(listing, int(self._path.fine[asset]))
        base = stream(self._seed, _QUOTES, asset)
        self._liveliness.enlist(base, listing.liveliness)
        self._history.enlist(listing)
        self._marks.enlist(listing)
        self._tape.enlist()
        self._decimals.append(instrument.px_decimals)
        self._makers.append(self._agents.maker(asset))
        self._list(asset, listing)
        self._listed_ms[asset] = self._now_ms
        self._quotes.append(self._first_quote(asset))
        return asset

    def _list(self, asset: int, listing: Listing) -> None:
        self._listings[asset : asset + 1] = [listing]
        self._universe = universe_of(self._listings, self._universe.dexes)
        self._listed.append(asset)

    def hold_back(self, asset: int, minutes: int) -> None:
        """Let a coin not trade in the next ``minutes`` whole minutes."""
        self._holds.begin(asset, self._now_ms, minutes)

    def publish_flat(self, asset: int) -> None:
        """Make the minutes held back until now appear as flat candles."""
        self._holds.publish(asset, self._now_ms)

    def printed(self, asset: int, trades: Sequence[Trade]) -> None:
        """Put trades on the tape."""
        self._tape.add(asset, trades)

    def best_px(self, asset: int) -> tuple[int, int]:
        """Return bid and ask of the last quote."""
        at = self._quotes[asset]
        return (0, 0) if at is None else (at.bid, at.ask)

    def mid_halves(self, asset: int) -> int | None:
        """Return bid + ask of a listed coin."""
        at = self._quotes[asset]
        return None if at is None else at.bid + at.ask

    def book(self, asset: int) -> Book:
        """Return the book of the last quote; empty for a delisted coin."""
        at = self._quotes[asset]
        if at is None:
            return Book(self._now_ms, (), ())
        return book(at, self._listings[asset])

    def top(self, asset: int) -> Book:
        """Return the best level a side of the last quote."""
        at = self._quotes[asset]
        if at is None:
            return Book(self._now_ms, (), ())
        return top(at, self._listings[asset])

    def recent_trades(self, asset: int) -> Sequence[Trade]:
        """Return up to 30 last trades, oldest first."""
        return self._tape.recent(asset)

    def minutes(self, asset: int, first_ms: int, last_ms: int) -> list[Candle]:
        """Return history and live candles of the span as one series."""
        return self._tape.minutes(asset, first_ms, last_ms)

    def mark_px(self, asset: int, now_ms: int) -> int:
        """Return the mark price in units; that of a delisted coin stands still."""
        return self._marks.mark_px(asset, now_ms)

    def oracle_px(self, asset: int) -> int:
        """Return the oracle price in units."""
        return self._marks.oracle_px(asset)

    def premium(self, asset: int) -> int | None:
        """Return the premium of the last quote, None for a delisted coin."""
        at = self._quotes[asset]
        if at is None:
            return None
        return premium_of(at.bid, at.ask, self._marks.oracle_px(asset))

    def context(self, asset: int, now_ms: int) -> Context:
        """Return the coin's context; prices of a delisted coin stand still."""
        at = self._quotes[asset]
        if at is None:
            return no_context(self._marks.oracle_px(asset))
        return context_of(
            self._listings[asset],
            at,
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
        """Return up to 500 hourly payments of the span."""
        first_ms = self._listed_ms.get(asset, self._history.first_ms)
        oldest = max(start_ms, first_ms)
        return self._funding.history(asset, oldest, end_ms)

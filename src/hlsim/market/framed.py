"""What markets that hear frames have in common: the last state each coin was said in.

Contexts are the heard ones; before a coin's first they are made from its book, with
synthetic funding, as everything about funding's past is.
"""

from collections.abc import Sequence

from hlsim.core.candles import Candle
from hlsim.core.funding import premium_of
from hlsim.core.market import Book, Context, FundingRate, Trade
from hlsim.core.universe import Instrument, Universe
from hlsim.market.agents import Agents
from hlsim.market.board import Board
from hlsim.market.catalogue import Listing, listing_of, universe_of
from hlsim.market.contexts import context_of, no_context
from hlsim.market.frames import (
    Content,
    SeenBest,
    SeenBook,
    SeenContext,
    best_of,
    book_of,
    figures_of,
    trades_of,
)
from hlsim.market.funding import Funding
from hlsim.market.history import History
from hlsim.market.marks import Marks
from hlsim.market.quotes import Quote
from hlsim.market.tape import Tape

_LIVE_MINUTES = 5 * 1440


class FixedMarketError(ValueError):
    """A market that is heard was asked to happen differently."""

    def __str__(self) -> str:
        return "this market repeats what was recorded, or happens elsewhere"


class FramedMarket:
    """State and answers; how frames come is for the subclasses."""

    def __init__(
        self, instruments: Sequence[Instrument], *, seed: int, start_ms: int
    ) -> None:
        """Begin with empty books."""
        self._listings: list[Listing] = [listing_of(one) for one in instruments]
        self._universe = universe_of(self._listings)
        self._funding = Funding(seed)
        self._marks = Marks(self._listings, self._funding)
        self._maker = Agents(seed).maker(0)
        self._board = Board(len(self._listings), start_ms)
        self._history = History(
            self._listings,
            seed=seed,
            days=0,
            origin_ms=start_ms,
            trades_per_minute=[0] * len(self._listings),
        )
        self._tape = Tape(self._history, len(self._listings), _LIVE_MINUTES)

    def _take(
        self, asset: int, content: Content, at_ms: int
    ) -> tuple[bool, tuple[Trade, ...]]:
        """Believe a frame; return whether best prices changed, and what traded.

        Raises ValueError for a number that is none.
        """
        one = self._universe[asset]
        changed, trades = False, ()
        match content:
            case SeenBook():
                changed = self._board.place(asset, book_of(content, one))
            case SeenBest():
                changed = self._board.place_best(asset, best_of(content, one))
            case SeenContext():
                self._board.tell(asset, figures_of(content.ctx, one))
            case _:
                return False, trades_of(content, one)
        if changed:
            self._mark(asset, at_ms)
        return changed, trades

    def _mark(self, asset: int, at_ms: int) -> None:
        bid, ask = self.best_px(asset)
        if bid and ask:
            last_px = self._tape.last_px(asset) or bid
            self._marks.quoted(asset, at_ms, bid, ask, last_px)

    @property
    def universe(self) -> Universe:
        """The coins."""
        return self._universe

    @property
    def participants(self) -> Sequence[str]:
        """The maker; trades name whoever traded elsewhere."""
        return (self._maker,)

    def maker(self, asset: int) -> str:
        """Return who stands for all whose orders were in the books heard."""
        return self._maker

    def printed(self, asset: int, trades: Sequence[Trade]) -> None:
        """Put trades on the tape."""
        self._tape.add(asset, trades)

    def delist(self, asset: int) -> None:
        """Refuse by ValueError."""
        raise FixedMarketError

    def enlist(self, instrument: Instrument, px: int) -> int:
        """Refuse by ValueError."""
        raise FixedMarketError

    def hold_back(self, asset: int, minutes: int) -> None:
        """Refuse by ValueError."""
        raise FixedMarketError

    def publish_flat(self, asset: int) -> None:
        """Refuse by ValueError."""
        raise FixedMarketError

    def best_px(self, asset: int) -> tuple[int, int]:
        """Return the best prices last heard."""
        return self._board.best_px(asset)

    def mid_halves(self, asset: int) -> int | None:
        """Return bid + ask as last heard."""
        bid, ask = self._board.best_px(asset)
        return bid + ask if bid and ask else None

    def book(self, asset: int) -> Book:
        """Return the book last heard."""
        return self._board.book(asset)

    def top(self, asset: int) -> Book:
        """Return the best levels last heard."""
        whole = self._board.book(asset)
        return Book(whole.time_ms, whole.bids[:1], whole.asks[:1])

    def recent_trades(self, asset: int) -> Sequence[Trade]:
        """Return up to 30 last trades, oldest first."""
        return self._tape.recent(asset)

    def minutes(self, asset: int, first_ms: int, last_ms: int) -> list[Candle]:
        """Return the candles of what was heard."""
        return self._tape.minutes(asset, first_ms, last_ms)

    def mark_px(self, asset: int, now_ms: int) -> int:
        """Return the mark price heard, or one made from the book."""
        told = self._board.figures(asset)
        return self._marks.mark_px(asset, now_ms) if told is None else told.mark_px

    def oracle_px(self, asset: int) -> int:
        """Return the oracle price heard, or one made from the book."""
        told = self._board.figures(asset)
        return self._marks.oracle_px(asset) if told is None else told.oracle_px

    def premium(self, asset: int) -> int | None:
        """Return the premium heard, or that of the book; None without either."""
        told = self._board.figures(asset)
        if told is not None:
            return told.premium
        bid, ask = self._board.best_px(asset)
        if not (bid and ask):
            return None
        return premium_of(bid, ask, self._marks.oracle_px(asset))

    def context(self, asset: int, now_ms: int) -> Context:
        """Return the context heard, or one made from the book."""
        told = self._board.context(asset)
        if told is not None:
            return told
        bid, ask = self._board.best_px(asset)
        if not (bid and ask):
            return no_context(self._marks.oracle_px(asset))
        return context_of(
            self._listings[asset],
            Quote(now_ms, bid, ask, 0),
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
        """Return synthetic funding: frames tell only the present rate."""
        return self._funding.history(asset, start_ms, end_ms)

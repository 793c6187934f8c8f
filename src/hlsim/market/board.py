"""The newest books and contexts of coins whose frames are heard, not made."""

from collections.abc import Sequence

import msgspec

from hlsim.core.market import Book, Context, Level


class Board:
    """Books of one coin each: whole ones, kept fresh by best prices in between."""

    def __init__(self, coins: int, at_ms: int) -> None:
        """Begin with empty books as of ``at_ms``."""
        self._books = [Book(at_ms, (), ())] * coins
        self._best: list[Book | None] = [None] * coins
        self._contexts: list[Context | None] = [None] * coins

    def enlist(self, at_ms: int) -> None:
        """Add a coin."""
        self._books.append(Book(at_ms, (), ()))
        self._best.append(None)
        self._contexts.append(None)

    def place(self, asset: int, book: Book) -> bool:
        """Take a whole book; return whether the best prices or sizes changed."""
        best = self._best[asset]
        if best is not None and best.time_ms > book.time_ms:
            book = with_best(book, best)
        return self._replace(asset, book)

    def place_best(self, asset: int, best: Book) -> bool:
        """Take best levels; return whether they changed. Older ones are ignored."""
        if best.time_ms < self._books[asset].time_ms:
            return False
        self._best[asset] = best
        return self._replace(asset, with_best(self._books[asset], best))

    def _replace(self, asset: int, book: Book) -> bool:
        before = self._books[asset].best
        self._books[asset] = book
        return book.best != before

    def clear(self, asset: int) -> bool:
        """Empty a book that may no longer be believed; return whether it was not."""
        self._best[asset] = None
        return self._replace(asset, Book(self._books[asset].time_ms, (), ()))

    def tell(self, asset: int, context: Context) -> None:
        """Take a context."""
        self._contexts[asset] = context

    def book(self, asset: int) -> Book:
        """Return the newest book."""
        return self._books[asset]

    def best_px(self, asset: int) -> tuple[int, int]:
        """Return best bid and ask, 0 for an empty side."""
        bid, ask = self._books[asset].best
        return bid.px if bid else 0, ask.px if ask else 0

    def figures(self, asset: int) -> Context | None:
        """Return the newest context, None before the first."""
        return self._contexts[asset]

    def context(self, asset: int) -> Context | None:
        """Return the newest context, without a middle if there is no book."""
        told = self._contexts[asset]
        if told is None or 0 not in self.best_px(asset):
            return told
        return msgspec.structs.replace(told, mid_halves=None, impact_pxs=None)


def with_best(book: Book, best: Book) -> Book:
    """Return a book whose first levels are those of ``best``, the rest behind them."""
    return Book(
        best.time_ms,
        _side(best.bids, [one for one in book.bids if one.px < _px(best.bids)]),
        _side(best.asks, [one for one in book.asks if one.px > _px(best.asks)]),
    )


def _px(side: Sequence[Level]) -> int:
    return side[0].px if side else 0


def _side(best: tuple[Level, ...], behind: list[Level]) -> tuple[Level, ...]:
    return (*best, *behind) if best else ()

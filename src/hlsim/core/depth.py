"""What the market's own participants offer, less what was taken since they quoted.

A ladder is only materialised once somebody takes from it; until its maker quotes anew,
what was taken stays gone.
"""

from collections.abc import Iterable, Sequence

from hlsim.core.market import Level, Market


class Ladder:
    """One side of an ambient book; the best price is last."""

    __slots__ = ("_levels",)

    def __init__(self, levels: Sequence[Level]) -> None:
        """Begin with ``levels``, best first."""
        self._levels = list(reversed(levels))

    @property
    def best(self) -> Level | None:
        """The level that trades next."""
        return self._levels[-1] if self._levels else None

    def take(self, sz: int) -> None:
        """Take ``sz`` (at most what is there) from the best level."""
        best = self._levels.pop()
        if best.sz > sz:
            self._levels.append(Level(best.px, best.sz - sz, best.n))

    def levels(self) -> Iterable[Level]:
        """Return what is left, best first."""
        return reversed(self._levels)

    def size_at(self, px: int) -> int:
        """Return what stands at a price."""
        return next((one.sz for one in self._levels if one.px == px), 0)


class Depth:
    """The ambient books of all coins."""

    def __init__(self, market: Market) -> None:
        """Read the books of ``market``."""
        self._market = market
        self._taken: dict[int, tuple[Ladder, Ladder]] = {}

    def renew(self, asset: int) -> None:
        """Forget what was taken: the makers have quoted anew."""
        self._taken.pop(asset, None)

    def is_touched(self, asset: int) -> bool:
        """Tell whether something was taken since the last quote."""
        return asset in self._taken

    def ladders(self, asset: int) -> tuple[Ladder, Ladder]:
        """Return the bids and asks, materialised."""
        found = self._taken.get(asset)
        if found is None:
            book = self._market.book(asset)
            found = Ladder(book.bids), Ladder(book.asks)
            self._taken[asset] = found
        return found

    def best_px(self, asset: int) -> tuple[int, int]:
        """Return best bid and ask in units, 0 for an empty side."""
        found = self._taken.get(asset)
        if found is None:
            return self._market.best_px(asset)
        bid, ask = found[0].best, found[1].best
        return bid.px if bid else 0, ask.px if ask else 0

    def size_at(self, asset: int, px: int, *, is_buy: bool) -> int:
        """Return what ambient orders of a side stand at a price."""
        bid, ask = self.best_px(asset)
        best = bid if is_buy else ask
        if not best or (px > best if is_buy else px < best):
            return 0
        return self.ladders(asset)[0 if is_buy else 1].size_at(px)

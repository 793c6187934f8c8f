"""Who trades with whom next: resting orders and ambient ladders as one book.

Price first, then time. An order that came to a price where ambient size already stood
waits until that size is gone (`Order.ahead`): makers that quote anew lose their place,
in a real market that is merely seen again they keep it.
"""

from collections.abc import Iterable

import msgspec

from hlsim.core.depth import Depth
from hlsim.core.market import Book, Level, Market
from hlsim.core.orders import Order
from hlsim.core.resting import RestingBook

BOOK_DEPTH = 20


class Match(msgspec.Struct, frozen=True):
    """The next trade of an aggressor; ``maker`` None is an ambient participant."""

    px: int
    sz: int
    maker: Order | None


class Matching:
    """The books of all coins."""

    def __init__(self, market: Market) -> None:
        """Begin without resting orders."""
        self._market = market
        self.depth = Depth(market)
        self._books: dict[int, RestingBook] = {}
        self._changed_ms: dict[int, int] = {}

    def resting(self, asset: int) -> RestingBook:
        """Return the resting orders of a coin."""
        found = self._books.get(asset)
        if found is None:
            found = self._books[asset] = RestingBook()
        return found

    def has_orders(self, asset: int) -> bool:
        """Tell whether any order of a user rests."""
        return bool(self._books.get(asset))

    def is_active(self, asset: int) -> bool:
        """Tell whether a new ambient book has anything to change for users."""
        return bool(self._books.get(asset)) or self.depth.is_touched(asset)

    def best_px(self, asset: int) -> tuple[int, int]:
        """Return best bid and ask over all orders, 0 for an empty side."""
        bid, ask = self.depth.best_px(asset)
        resting = self._books.get(asset)
        if resting:
            bid = max(bid, resting.bids.best_px)
            own = resting.asks.best_px
            ask = min(ask, own) if ask and own else ask or own
        return bid, ask

    def rest(self, order: Order) -> None:
        """Put an order into the book, behind what stands at its price."""
        order.ahead = self.depth.size_at(order.asset, order.px, is_buy=order.is_buy)
        self.resting(order.asset).side(is_buy=order.is_buy).add(order)

    def remove(self, order: Order) -> None:
        """Take a resting order out."""
        self.resting(order.asset).side(is_buy=order.is_buy).remove(order)

    def next(self, taker: Order) -> Match | None:
        """Return whom an aggressor meets next, None if nothing crosses its price."""
        maker = self.resting(taker.asset).side(is_buy=not taker.is_buy).first()
        offered = self._offered(taker)
        if maker is not None and offered is not None:
            if maker.px == offered.px:
                if maker.ahead:
                    sz = min(offered.sz, taker.sz, maker.ahead)
                    return Match(offered.px, sz, None)
            elif (maker.px > offered.px) == taker.is_buy:
                maker = None
        if maker is None:
            if offered is None or not _crosses(taker, offered.px):
                return None
            return Match(offered.px, min(offered.sz, taker.sz), None)
        if not _crosses(taker, maker.px):
            return None
        return Match(maker.px, min(maker.sz, taker.sz), maker)

    def _offered(self, taker: Order) -> Level | None:
        bid, ask = self.depth.best_px(taker.asset)
        px = ask if taker.is_buy else bid
        if not px or not _crosses(taker, px):
            return None
        bids, asks = self.depth.ladders(taker.asset)
        return (asks if taker.is_buy else bids).best

    def took(self, taker: Order, match: Match) -> None:
        """Carry a match out in the books (not on accounts)."""
        taker.sz -= match.sz
        if match.maker is None:
            bids, asks = self.depth.ladders(taker.asset)
            (asks if taker.is_buy else bids).take(match.sz)
            self._advance_queue(taker, match)
            return
        match.maker.sz -= match.sz
        if not match.maker.sz:
            self.remove(match.maker)

    def _advance_queue(self, taker: Order, match: Match) -> None:
        side = self.resting(taker.asset).side(is_buy=not taker.is_buy)
        for order in side.orders():
            if order.px != match.px:
                break
            order.ahead = max(order.ahead - match.sz, 0)

    def next_for_print(self, taker: Order) -> Match | None:
        """Return what stands before the rest of an ambient participant's trade.

        That trade happened at its price, whatever the ladder says now: only resting
        orders of a better price, or of the same one and first in line, take part.
        """
        maker = self.resting(taker.asset).side(is_buy=not taker.is_buy).first()
        if maker is None or not taker.sz or not _crosses(taker, maker.px):
            return None
        if maker.px == taker.px and maker.ahead:
            return Match(taker.px, min(taker.sz, maker.ahead), None)
        return Match(maker.px, min(taker.sz, maker.sz), maker)

    def printed(self, taker: Order, match: Match) -> None:
        """Carry out a match of an ambient trade: the ladder stays as it is."""
        if match.maker is None:
            taker.sz -= match.sz
            self._advance_queue(taker, match)
        else:
            self.took(taker, match)

    def renew(self, asset: int) -> None:
        """Take note that a coin's ambient book is a new one."""
        self.depth.renew(asset)
        resting = self._books.get(asset)
        if not resting:
            return
        keeps_queue = self._market.keeps_queue
        for order in resting.orders():
            if not order.ahead:
                continue
            stands = 0
            if keeps_queue:
                stands = self.depth.size_at(asset, order.px, is_buy=order.is_buy)
            order.ahead = min(order.ahead, stands)

    def crossed(self, asset: int) -> Order | None:
        """Return a resting order that the ambient book crosses, if there is one."""
        resting = self._books.get(asset)
        if not resting:
            return None
        bid, ask = self.depth.best_px(asset)
        buyer, seller = resting.bids.first(), resting.asks.first()
        if buyer is not None and ask and buyer.px >= ask:
            return buyer
        if seller is not None and bid and seller.px <= bid:
            return seller
        return None

    def book(self, asset: int) -> Book:
        """Return the book that everybody sees, up to 20 levels a side."""
        return self._merged(asset, BOOK_DEPTH)

    def top(self, asset: int) -> Book:
        """Return the best level a side."""
        return self._merged(asset, 1)

    def changed(self, assets: Iterable[int], now_ms: int) -> None:
        """Take note that users changed books: theirs is a later time than the quote."""
        for asset in assets:
            self._changed_ms[asset] = now_ms

    def _merged(self, asset: int, depth: int) -> Book:
        market = self._market
        seen = market.top(asset) if depth == 1 else market.book(asset)
        resting = self._books.get(asset)
        if not resting and not self.depth.is_touched(asset):
            return seen
        bids, asks = self.depth.ladders(asset)
        resting = self.resting(asset)
        return Book(
            max(seen.time_ms, self._changed_ms.get(asset, 0)),
            _joined(bids.levels(), resting.bids.levels(depth), depth, sign=-1),
            _joined(asks.levels(), resting.asks.levels(depth), depth, sign=1),
        )


def _crosses(taker: Order, px: int) -> bool:
    return px <= taker.px if taker.is_buy else px >= taker.px


def _joined(
    ambient: Iterable[Level], resting: Iterable[Level], depth: int, *, sign: int
) -> tuple[Level, ...]:
    sums: dict[int, Level] = {one.px: one for one in ambient}
    for own in resting:
        there = sums.get(own.px, Level(own.px, 0, 0))
        sums[own.px] = Level(own.px, there.sz + own.sz, there.n + own.n)
    return tuple(sums[px] for px in sorted(sums, key=lambda px: sign * px)[:depth])

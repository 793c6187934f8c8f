"""What a coin's quote looks like around its fair price: best prices, book, trades.

Everything is derived from one 64-bit draw, so a book is made only when asked for.
"""

from collections.abc import Sequence

import msgspec

from hlsim.core.market import Book, Level, Trade
from hlsim.core.numbers import USD, ceil_to_tick, floor_to_tick, tick_units
from hlsim.core.rng import draw, mix
from hlsim.market.agents import Taking
from hlsim.market.catalogue import Listing

DEPTH = 20
_TID_MASK = (1 << 50) - 1
_HASH_MASK = (1 << 256) - 1
# A product with an odd number of 256 bits: another hash for every word.
_SPREAD = (
    0xD6E8FEB86659FD93 << 192
    | 0xA0761D6478BD642F << 128
    | 0xE7037ED1A0B428DB << 64
    | 0x8EBC6AF09C88C6E3
)


class Quote(msgspec.Struct, frozen=True, gc=False):
    """A coin's best prices in units, and the draw its book is made from."""

    time_ms: int
    bid: int
    ask: int
    word: int


def quote(fair: int, decimals: int, word: int, time_ms: int) -> Quote:
    """Return the quote around ``fair`` units: valid prices, one to four ticks apart."""
    tick = tick_units(fair, decimals)
    bid = fair - fair % tick or 1
    gap = 1 + (word & word >> 1 & 3)
    return Quote(time_ms, bid, ceil_to_tick(bid + gap * tick, decimals), word)


def book(at: Quote, listing: Listing) -> Book:
    """Return the book of a quote, 20 levels a side, fewer only near zero."""
    return _book(at, listing, DEPTH)


def top(at: Quote, listing: Listing) -> Book:
    """Return the first level of `book` a side."""
    return _book(at, listing, 1)


def _book(at: Quote, listing: Listing, depth: int) -> Book:
    return Book(
        time_ms=at.time_ms,
        bids=_side(at.bid, -1, mix(at.word), listing, depth),
        asks=_side(at.ask, 1, mix(at.word + 1), listing, depth),
    )


def _side(
    best: int, direction: int, base: int, listing: Listing, depth: int
) -> tuple[Level, ...]:
    decimals = listing.instrument.px_decimals
    levels: list[Level] = []
    px = best
    while len(levels) < depth and px > 0:
        word = draw(base, len(levels))
        levels.append(Level(px, _size(px, word, listing), 1 + (word >> 40) % 9))
        step = tick_units(px, decimals) * (1 + (word >> 50 & 1))
        px = px + direction * step
        px = ceil_to_tick(px, decimals) if direction > 0 else _floor(px, decimals)
    return tuple(levels)


def _floor(px: int, decimals: int) -> int:
    return floor_to_tick(px, decimals) if px > 0 else 0


def _size(px: int, word: int, listing: Listing) -> int:
    usd = listing.size_usd * (1 + (word & 0x1F)) * USD
    return max(usd // px + (word >> 8 & 0x7), 1)


def trades(at: Quote, takings: Sequence[Taking], maker: str) -> tuple[Trade, ...]:
    """Return the trades of a quote's block: takers at its ask or its bid."""
    tx = f"0x{at.word * _SPREAD & _HASH_MASK:064x}"
    return tuple(
        _trade(at, one, maker, tx, mix(at.word + number))
        for number, one in enumerate(takings, start=3)
    )


def _trade(at: Quote, one: Taking, maker: str, tx: str, word: int) -> Trade:
    px = at.ask if one.buys else at.bid
    return Trade(
        side="B" if one.buys else "A",
        px=px,
        sz=max(one.micro_usd // px, 1),
        time_ms=at.time_ms,
        hash=tx,
        tid=word & _TID_MASK,
        users=(one.user, maker) if one.buys else (maker, one.user),
    )

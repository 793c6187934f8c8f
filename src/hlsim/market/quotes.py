"""What a coin's quote looks like around its fair price: best prices, book, trades.

Everything is derived from one 64-bit draw, so a book is made only when asked for.
"""

import msgspec

from hlsim.core.market import Book, Level, Trade
from hlsim.core.numbers import ceil_to_tick, floor_to_tick, tick_units
from hlsim.core.rng import MASK, draw, mix
from hlsim.market.catalogue import Listing

DEPTH = 20
_MICRO_USD = 1_000_000
_ADDRESSES = 64
_TID_MASK = (1 << 50) - 1


class Quote(msgspec.Struct, frozen=True, gc=False):
    """A coin's best prices in units, and the draw its book is made from."""

    time_ms: int
    bid: int
    ask: int
    word: int


def quote(fair: int, decimals: int, word: int, time_ms: int) -> Quote:
    """Return the quote around ``fair`` units: valid prices, one to four ticks apart."""
    bid = max(floor_to_tick(fair, decimals), 1)
    gap = 1 + (word & word >> 1 & 3)
    ask = ceil_to_tick(bid + gap * tick_units(bid, decimals), decimals)
    return Quote(time_ms, bid, ask, word)


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
    usd = listing.size_usd * (1 + (word & 0x1F)) * _MICRO_USD
    return max(usd // px + (word >> 8 & 0x7), 1)


def trades(at: Quote, listing: Listing, users: tuple[str, ...]) -> tuple[Trade, ...]:
    """Return the trades of a quote's block, at its bid or its ask."""
    word = mix(at.word + 2)
    tx = f"0x{word:016x}{mix(word + 1):016x}{mix(word + 2):016x}{mix(word + 3):016x}"
    count = 2 if word & 3 == 0 else 1
    return tuple(
        _trade(at, listing, users, mix(word + 5 + i), tx) for i in range(count)
    )


def _trade(
    at: Quote, listing: Listing, users: tuple[str, ...], word: int, tx: str
) -> Trade:
    buy = word & 1 == 1
    px = at.ask if buy else at.bid
    # Each doubling is half as likely: many small trades, now and then a big one.
    tail = 6 - (word >> 48 & 0x3F).bit_length()
    usd = (listing.size_usd << tail) * (64 + (word >> 8 & 0xFF)) // 128 * _MICRO_USD
    return Trade(
        side="B" if buy else "A",
        px=px,
        sz=max(usd // (px * 2), 1),
        time_ms=at.time_ms,
        hash=tx,
        tid=mix(word) & _TID_MASK,
        users=(users[word >> 20 & 63], users[word >> 30 & 63]),
    )


def addresses(base: int) -> tuple[str, ...]:
    """Return the accounts that trade with each other on the synthetic market."""
    return tuple(
        f"0x{draw(base, 2 * i):016x}{draw(base, 2 * i + 1):016x}"
        f"{draw(base, -1 - i) & MASK >> 32:08x}"
        for i in range(_ADDRESSES)
    )

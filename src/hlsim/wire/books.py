"""Books on the wire, with HyperLiquid's grouping of prices."""

from collections.abc import Sequence

from hlsim.core.market import Book, Level
from hlsim.core.numbers import decimal_string
from hlsim.core.universe import Instrument
from hlsim.wire.market_shapes import WireBook, levels

FAST_DEPTH = 5


def l2_book(
    instrument: Instrument,
    book: Book,
    *,
    n_sig_figs: int | None = None,
    mantissa: int | None = None,
    fast: bool = False,
) -> WireBook:
    """Write a book; grouped if significant figures are given, 5 levels if fast."""
    bids, asks = book.bids, book.asks
    if n_sig_figs is not None:
        bids = grouped(bids, n_sig_figs, mantissa or 1, up=False)
        asks = grouped(asks, n_sig_figs, mantissa or 1, up=True)
    if fast:
        bids, asks = bids[:FAST_DEPTH], asks[:FAST_DEPTH]
    decimals = instrument.px_decimals
    return WireBook(
        coin=instrument.name,
        time=book.time_ms,
        levels=(
            levels(bids, decimals, instrument.sz_decimals),
            levels(asks, decimals, instrument.sz_decimals),
        ),
        spread=_spread(bids, asks, decimals) if n_sig_figs is not None else None,
        fast=fast,
    )


def _spread(bids: Sequence[Level], asks: Sequence[Level], decimals: int) -> str | None:
    if not bids or not asks:
        return None
    return decimal_string(asks[0].px - bids[0].px, decimals)


def grouped(
    side: Sequence[Level], n_sig_figs: int, mantissa: int, *, up: bool
) -> tuple[Level, ...]:
    """Merge levels into steps of ``mantissa`` at ``n_sig_figs`` figures.

    Bids are rounded down and asks up, so that a grouped book never looks better.
    """
    sums: dict[int, tuple[int, int]] = {}
    for one in side:
        step = mantissa * 10 ** max(len(str(one.px)) - n_sig_figs, 0)
        px = one.px + -one.px % step if up else one.px - one.px % step
        sz, n = sums.get(px, (0, 0))
        sums[px] = (sz + one.sz, n + one.n)
    return tuple(Level(px, sz, n) for px, (sz, n) in sums.items() if px > 0)

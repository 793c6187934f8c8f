"""Contexts of coins: mark, oracle, premium and funding from a quote.

Mark is the median of best bid, best ask and last trade, the second of the real rule's
three medians; impact prices are the best prices. Both approximate the real exchange.
"""

from hlsim.core.market import Context
from hlsim.core.numbers import floor_to_tick
from hlsim.market.catalogue import Listing
from hlsim.market.day import DayFigures
from hlsim.market.funding import SCALE, Funding
from hlsim.market.quotes import Quote

_MICRO_USD = 1_000_000


def mark_px(bid: int, ask: int, last_px: int) -> int:
    """Return the median of the three prices."""
    return sorted((bid, ask, last_px))[1]


def premium_of(bid: int, ask: int, oracle: int) -> int:
    """Return how far the impact prices are off the oracle, in 10**-10 (§6)."""
    off = max(bid - oracle, 0) - max(oracle - ask, 0)
    return off * SCALE // oracle


def context_of(
    listing: Listing,
    at: Quote,
    *,
    last_px: int,
    day: DayFigures,
    funding: Funding,
    asset: int,
    now_ms: int,
) -> Context:
    """Return the context of a listed coin."""
    middle = (at.bid + at.ask) // 2
    fair = middle * SCALE // (SCALE + funding.premium(asset, now_ms))
    oracle = max(floor_to_tick(fair, listing.instrument.px_decimals), 1)
    day_base, day_ntl = day.volumes(now_ms)
    return Context(
        funding=funding.rate(asset, now_ms),
        open_interest=_open_interest(listing),
        prev_day_px=day.prev_px,
        day_ntl_vlm=day_ntl,
        day_base_vlm=day_base,
        premium=premium_of(at.bid, at.ask, oracle),
        oracle_px=oracle,
        mark_px=mark_px(at.bid, at.ask, last_px),
        mid_halves=at.bid + at.ask,
        impact_pxs=(at.bid, at.ask),
    )


def no_context(listing: Listing) -> Context:
    """Return the context of a delisted coin: a price that nobody trades at."""
    return Context(
        funding=0,
        open_interest=0,
        prev_day_px=listing.px,
        day_ntl_vlm=0,
        day_base_vlm=0,
        premium=None,
        oracle_px=listing.px,
        mark_px=listing.px,
        mid_halves=None,
        impact_pxs=None,
    )


def _open_interest(listing: Listing) -> int:
    return listing.size_usd * 20_000 * _MICRO_USD // listing.px

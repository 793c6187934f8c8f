"""Contexts of coins: what `metaAndAssetCtxs` tells, put together.

Impact prices are the best prices, which approximates the real exchange; open interest
stands still.
"""

from hlsim.core.funding import premium_of
from hlsim.core.market import Context
from hlsim.core.numbers import USD
from hlsim.market.catalogue import Listing
from hlsim.market.day import DayFigures
from hlsim.market.funding import Funding
from hlsim.market.quotes import Quote


def context_of(
    listing: Listing,
    at: Quote,
    *,
    mark_px: int,
    oracle_px: int,
    day: DayFigures,
    funding: Funding,
    asset: int,
    now_ms: int,
) -> Context:
    """Return the context of a listed coin."""
    day_base, day_ntl = day.volumes(now_ms)
    return Context(
        funding=funding.rate(asset, now_ms),
        open_interest=_open_interest(listing),
        prev_day_px=day.prev_px,
        day_ntl_vlm=day_ntl,
        day_base_vlm=day_base,
        premium=premium_of(at.bid, at.ask, oracle_px),
        oracle_px=oracle_px,
        mark_px=mark_px,
        mid_halves=at.bid + at.ask,
        impact_pxs=(at.bid, at.ask),
    )


def no_context(px: int) -> Context:
    """Return the context of a delisted coin: a price that nobody trades at."""
    return Context(
        funding=0,
        open_interest=0,
        prev_day_px=px,
        day_ntl_vlm=0,
        day_base_vlm=0,
        premium=None,
        oracle_px=px,
        mark_px=px,
        mid_halves=None,
        impact_pxs=None,
    )


def _open_interest(listing: Listing) -> int:
    return listing.size_usd * 20_000 * USD // listing.px

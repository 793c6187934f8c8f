"""Market data as HyperLiquid writes it: trades, levels, candles, contexts, meta."""

from collections.abc import Iterable

import msgspec

from hlsim.core.candles import Candle
from hlsim.core.intervals import close_ms
from hlsim.core.market import Book, Context, FundingRate, Level, Trade
from hlsim.core.numbers import decimal_string, decimal_text, rate_string, usd_string
from hlsim.core.universe import FIRST_DEX, Instrument, MarginTable, Universe

_OI_CAP, _TOTAL_OI_CAP = "100000000.0", "1000000000.0"
_OI_SZ_CAP, _MAX_TRANSFER_NTL = "10000000000.0", "100000000.0"


class WireLevel(msgspec.Struct, frozen=True, gc=False):
    """One price of a book."""

    px: str
    sz: str
    n: int


class WireBook(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Answer to `l2Book` and data of its channel."""

    coin: str
    time: int
    levels: tuple[list[WireLevel], list[WireLevel]]
    spread: str | None = None
    fast: bool = False


class WireTrade(msgspec.Struct, frozen=True, gc=False):
    """One public trade; ``users`` are buyer and seller."""

    coin: str
    side: str
    px: str
    sz: str
    time: int
    hash: str
    tid: int
    users: tuple[str, str]


class WireBbo(msgspec.Struct, frozen=True):
    """Data of the channel `bbo`."""

    coin: str
    time: int
    bbo: tuple[WireLevel | None, WireLevel | None]


class WireCandle(msgspec.Struct, frozen=True, kw_only=True):
    """One candle; T is its last millisecond."""

    t: int
    close_ms: int = msgspec.field(name="T")
    s: str
    i: str
    o: str
    c: str
    h: str
    l: str  # noqa: E741 - the wire's name of the low
    v: str
    n: int


class WireContext(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One coin's context, as in `metaAndAssetCtxs`."""

    funding: str
    open_interest: str
    prev_day_px: str
    day_ntl_vlm: str
    premium: str | None
    oracle_px: str
    mark_px: str
    mid_px: str | None
    impact_pxs: tuple[str, str] | None
    day_base_vlm: str


class WireFunding(msgspec.Struct, frozen=True, rename="camel"):
    """One row of `fundingHistory`."""

    coin: str
    funding_rate: str
    premium: str
    time: int


class WireInstrument(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True
):
    """One row of the universe; flags are there only when they are true."""

    sz_decimals: int
    name: str
    max_leverage: int
    margin_table_id: int
    only_isolated: bool = False
    is_delisted: bool = False


class WireTier(msgspec.Struct, frozen=True, rename="camel"):
    """One row of a margin table."""

    lower_bound: str
    max_leverage: int


class WireTable(msgspec.Struct, frozen=True, rename="camel"):
    """A margin table."""

    description: str
    margin_tiers: list[WireTier]


class WireMeta(msgspec.Struct, frozen=True, rename="camel"):
    """Answer to `meta`; the asset id is the place in the universe."""

    universe: list[WireInstrument]
    margin_tables: list[tuple[int, WireTable]]
    collateral_token: int = 0


class WirePerpDex(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One builder dex of `perpDexs`."""

    name: str
    full_name: str
    deployer: str
    oracle_updater: str | None = None
    fee_recipient: str | None = None
    asset_to_streaming_oi_cap: list[tuple[str, str]]
    sub_deployers: list[object] = []
    deployer_fee_scale: str = "1.0"
    asset_to_funding_multiplier: list[tuple[str, str]] = []


class WireDexLimits(msgspec.Struct, frozen=True, rename="camel"):
    """Answer to `perpDexLimits`."""

    total_oi_cap: str
    oi_sz_cap_per_perp: str
    max_transfer_ntl: str
    coin_to_oi_cap: list[tuple[str, str]]


def perp_dex(universe: Universe, dex: str) -> WirePerpDex:
    """Write a builder dex; its deployer is its name in hexadecimal digits."""
    return WirePerpDex(
        name=dex,
        full_name=dex.upper(),
        deployer="0x" + dex.encode().hex().ljust(40, "0"),
        asset_to_streaming_oi_cap=_oi_caps(universe, dex),
    )


def dex_limits(universe: Universe, dex: str) -> WireDexLimits:
    """Write the limits of a builder dex, which are the same for all and never met."""
    return WireDexLimits(
        _TOTAL_OI_CAP, _OI_SZ_CAP, _MAX_TRANSFER_NTL, _oi_caps(universe, dex)
    )


def _oi_caps(universe: Universe, dex: str) -> list[tuple[str, str]]:
    return [(universe[asset].name, _OI_CAP) for asset in universe.members(dex)]


def meta(universe: Universe, dex: str = FIRST_DEX) -> WireMeta:
    """Write the universe of a dex, delisted instruments in their places."""
    instruments = [universe[asset] for asset in universe.members(dex)]
    tables = [(one.id, table(one)) for one in universe.listed_tables(dex)]
    return WireMeta([_instrument(one) for one in instruments], tables)


def _instrument(one: Instrument) -> WireInstrument:
    return WireInstrument(
        sz_decimals=one.sz_decimals,
        name=one.name,
        max_leverage=one.max_leverage,
        margin_table_id=one.margin_table.id,
        only_isolated=one.only_isolated,
        is_delisted=one.is_delisted,
    )


def table(one: MarginTable) -> WireTable:
    """Write a margin table."""
    tiers = [WireTier(decimal_text(t.lower_bound), t.max_leverage) for t in one.tiers]
    return WireTable(one.description, tiers)


def mid_string(halves: int, decimals: int) -> str:
    """Write a middle price, given as bid + ask."""
    return decimal_string(halves * 5, decimals + 1)


def levels(
    side: Iterable[Level], px_decimals: int, sz_decimals: int
) -> list[WireLevel]:
    """Write one side of a book."""
    return [
        WireLevel(
            decimal_string(one.px, px_decimals),
            decimal_string(one.sz, sz_decimals),
            one.n,
        )
        for one in side
    ]


def bbo(instrument: Instrument, book: Book) -> WireBbo:
    """Write the best prices of a book."""
    bids, asks = (
        levels(side[:1], instrument.px_decimals, instrument.sz_decimals)
        for side in (book.bids, book.asks)
    )
    best = (bids[0] if bids else None, asks[0] if asks else None)
    return WireBbo(instrument.name, book.time_ms, best)


def trade(instrument: Instrument, one: Trade) -> WireTrade:
    """Write a trade."""
    return WireTrade(
        coin=instrument.name,
        side=one.side,
        px=decimal_string(one.px, instrument.px_decimals),
        sz=decimal_string(one.sz, instrument.sz_decimals),
        time=one.time_ms,
        hash=one.hash,
        tid=one.tid,
        users=one.users,
    )


def candle(instrument: Instrument, interval: str, one: Candle) -> WireCandle:
    """Write a candle."""
    decimals = instrument.px_decimals
    return WireCandle(
        t=one.t,
        close_ms=close_ms(interval, one.t),
        s=instrument.name,
        i=interval,
        o=decimal_string(one.o, decimals),
        c=decimal_string(one.c, decimals),
        h=decimal_string(one.h, decimals),
        l=decimal_string(one.l, decimals),
        v=decimal_string(one.v, instrument.sz_decimals),
        n=one.n,
    )


def context(instrument: Instrument, one: Context) -> WireContext:
    """Write a context."""
    decimals = instrument.px_decimals
    mid, impact = one.mid_halves, one.impact_pxs
    return WireContext(
        funding=rate_string(one.funding),
        open_interest=decimal_string(one.open_interest, instrument.sz_decimals),
        prev_day_px=decimal_string(one.prev_day_px, decimals),
        day_ntl_vlm=usd_string(one.day_ntl_vlm),
        premium=None if one.premium is None else rate_string(one.premium),
        oracle_px=decimal_string(one.oracle_px, decimals),
        mark_px=decimal_string(one.mark_px, decimals),
        mid_px=None if mid is None else mid_string(mid, decimals),
        impact_pxs=impact
        and (decimal_string(impact[0], decimals), decimal_string(impact[1], decimals)),
        day_base_vlm=decimal_string(one.day_base_vlm, instrument.sz_decimals),
    )


def funding(instrument: Instrument, one: FundingRate) -> WireFunding:
    """Write one hour's funding."""
    return WireFunding(
        instrument.name, rate_string(one.rate), rate_string(one.premium), one.time_ms
    )

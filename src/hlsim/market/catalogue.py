"""The perps of the synthetic exchange: names, prices, sizes, leverage, liveliness.

Leverage of the first 25 follows the platform's first products; prices are of their
usual size at some time, and no more than that.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from hlsim.core.numbers import floor_to_tick, px_decimals
from hlsim.core.rng import draw, stream
from hlsim.core.universe import (
    FIRST_DEX,
    Instrument,
    MarginTable,
    MarginTier,
    Universe,
    flat_table,
)

_TIERED = {
    40: MarginTable(
        56,
        "tiered 40x",
        (MarginTier(Decimal(0), 40), MarginTier(Decimal(150_000_000), 20)),
    ),
    25: MarginTable(
        55,
        "tiered 25x",
        (MarginTier(Decimal(0), 25), MarginTier(Decimal(100_000_000), 15)),
    ),
    20: MarginTable(
        54,
        "tiered 20x",
        (MarginTier(Decimal(0), 20), MarginTier(Decimal(70_000_000), 10)),
    ),
}

# Above it the 64 bits of the path's arithmetic would not do.
_MOST_PX_UNITS = 10**8
_NEW_LIVELINESS = 1 << 30

# name, price, szDecimals, maxLeverage, marks: d = delisted, i = isolated only
_PERPS = """
BTC 105000 5 40|ETH 3950 4 25|SOL 190 2 20|XRP 2.55 0 20|MKR 1750 4 10
TRUMP 8.4 1 10|HYPE 41.5 2 10|MATIC 0.38 1 20 d|SUI 3.35 1 10|DOGE 0.205 0 10
kPEPE 0.0093 0 10|ENA 0.52 0 10|ADA 0.72 0 10|AVAX 22.4 2 10|CRV 0.61 1 10
WLD 0.98 1 10|BCH 545 3 10|BERA 2.1 1 5 i|GRASS 0.65 1 5|TAO 415 3 5
FTM 0.7 0 10 d|RENDER 2.9 1 5|AI16Z 0.11 1 5|AIXBT 0.085 0 5|PAXG 4050 3 5
FARTCOIN 0.41 1 3 i|PENGU 0.021 0 3|BNB 1080 3 10|LINK 17.9 1 10|LTC 98 2 10
kBONK 0.0142 0 10|kSHIB 0.0101 0 10|ARB 0.31 1 10|OP 0.44 1 10|APT 3.4 2 10
ATOM 3.1 2 5|DOT 3.05 1 10|NEAR 2.2 1 10|TON 2.15 1 10|TRX 0.297 0 10|FIL 1.55 1 5
INJ 8.6 1 10|TIA 1.02 1 10|SEI 0.195 0 10|AAVE 228 2 10|UNI 6.3 1 10|LDO 0.89 1 10
DYDX 0.33 1 5|GMX 9.7 2 3|APE 0.41 1 5|STX 0.42 1 5|CFX 0.11 0 5|SNX 1.15 1 3
COMP 41.5 2 5|RUNE 0.95 1 5|RNDR 7.2 1 20 d|BLUR 0.05 0 3|GALA 0.0105 0 5
SAND 0.205 1 5|IMX 0.47 1 5|ETC 15.9 2 5|XLM 0.31 0 10|ALGO 0.18 0 5|HBAR 0.19 0 5
ICP 3.1 1 5|FET 0.245 0 5|JUP 0.42 0 10|PYTH 0.105 0 5|JTO 1.08 0 5|WIF 0.51 1 5
ONDO 0.73 0 10|STRK 0.115 1 5|ZRO 1.75 1 5|ZK 0.037 0 5|EIGEN 1.21 2 5|ETHFI 1.02 1 5
PENDLE 3.2 0 5|ORDI 4.3 2 3|SATS 0.02 0 3 d|kFLOKI 0.068 0 5|MEME 0.0017 0 3
BOME 0.0013 0 3|POPCAT 0.15 0 3|MEW 0.0018 0 3|GOAT 0.06 0 3|PNUT 0.125 1 3
MOODENG 0.08 0 3|VIRTUAL 1.35 1 5|ZEREBRO 0.02 0 3 i|GRIFFAIN 0.027 0 3 i
S 0.165 0 5|IP 4.8 1 3|KAITO 1.05 0 5|LAYER 0.22 0 3|MOVE 0.07 0 3|USUAL 0.03 1 3
VVV 1.4 2 3|JELLY 0.05 0 3 d|NIL 0.28 0 3|PROMPT 0.07 0 3|BABY 0.035 0 3
WCT 0.14 0 3|INIT 0.13 0 3|ZORA 0.08 0 3|SOPH 0.02 0 3|RESOLV 0.09 0 3|SYRUP 0.42 0 3
PUMP 0.0042 0 5|PROVE 0.75 0 3|YZY 0.4 0 3|WLFI 0.14 0 5|LINEA 0.016 0 3|SKY 0.06 0 3
ASTER 1.05 0 5|AVNT 0.6 0 3|STBL 0.1 0 3|XPL 0.35 0 10|MON 0.04 0 5|MEGA 0.15 0 3
ZEC 320 2 10|XMR 330 3 5|NEO 4.6 2 3|BSV 22 2 3|DASH 60 2 3|MINA 0.11 0 3|ENS 12.5 2 3
AR 4.2 2 3|GAS 2.3 1 3|TRB 28 2 3|YGG 0.12 0 3|REQ 0.12 0 3|NOT 0.0011 0 3
TURBO 0.0026 0 3|BRETT 0.03 0 3|BLAST 0.0016 0 3|IO 0.26 1 3|DYM 0.1 1 3|ALT 0.02 0 3
MANTA 0.12 1 3|UMA 1.05 1 3|SUPER 0.35 0 3|MAV 0.04 0 3|POLYX 0.09 0 3|CAKE 2.6 1 3
BIO 0.09 0 3|CHILLGUY 0.03 0 3|MORPHO 1.75 1 3|ME 0.4 1 3|ACE 0.3 2 3|XAI 0.03 1 3
BIGTIME 0.04 0 3|MAVIA 0.1 1 3|TNSR 0.1 1 3|SAGA 0.12 1 3|REZ 0.01 0 3|OMNI 2.9 2 3
MERL 0.3 0 3|kLUNC 0.05 0 3|kNEIRO 0.19 1 3|HMSTR 0.0005 0 3|CATI 0.07 1 3
"""


@dataclass(frozen=True, slots=True)
class Listing:
    """An instrument with its first price (units) and its character.

    ``volatility_pct`` is a year's, ``liveliness`` the share of blocks (of 2**32) in
    which its quote moves, ``size_usd`` the usual size of a trade.
    """

    instrument: Instrument
    px: int
    volatility_pct: int
    liveliness: int
    size_usd: int


def listings(count: int, seed: int) -> tuple[Listing, ...]:
    """Return the first ``count`` perps, generated ones after the well-known."""
    rows = _rows()
    made = [_generated(rank, seed) for rank in range(len(rows), count)]
    return tuple(_listing(row, rank) for rank, row in enumerate((rows + made)[:count]))


def known_listing(coin: str) -> Listing:
    """Return the perp called ``coin``, or a plain one if nobody knows it."""
    for rank, row in enumerate(_rows()):
        if row[0] == coin:
            return _listing([*row[:4], ""], rank)
    return _listing([coin, "100", "2", "10", ""], 0)


def listing_of(instrument: Instrument) -> Listing:
    """Return the listing of an instrument that is heard of, with a usual price."""
    known = known_listing(instrument.name)
    px = known.px * 10**instrument.px_decimals // 10**known.instrument.px_decimals
    return replace(known, instrument=instrument, px=px or 1)


def listing_from(coin: str, price: Decimal) -> Listing:
    """Return the perp called ``coin`` with another first price."""
    known = known_listing(coin)
    decimals = known.instrument.px_decimals
    return replace(known, px=floor_to_tick(int(price.scaleb(decimals)), decimals))


def newly_listed(instrument: Instrument, px: int) -> Listing:
    """Return the listing of an instrument of one's own, first traded at ``px`` units.

    Raises ValueError for a price that cannot be.
    """
    valid = floor_to_tick(px, instrument.px_decimals)
    if not 0 < valid < _MOST_PX_UNITS:
        raise ValueError(f"{instrument.name} cannot trade at such a price")
    return Listing(instrument, valid, 60, _NEW_LIVELINESS, 300)


def dex_listing(
    dex: str, name: str, price: Decimal, *, sz_decimals: int, max_leverage: int
) -> Listing:
    """Return the perp ``dex:name``; raises ValueError for a price that cannot be."""
    instrument = Instrument(
        name=f"{dex}:{name}",
        sz_decimals=sz_decimals,
        max_leverage=max_leverage,
        margin_table=flat_table(max_leverage),
        dex=dex,
    )
    return newly_listed(instrument, int(price.scaleb(instrument.px_decimals)))


def universe_of(
    listed: Sequence[Listing], dexes: Sequence[str] | None = None
) -> Universe:
    """Return the universe of these listings, in their order.

    ``dexes`` are by default the first one and then those of the listings.
    """
    if dexes is None:
        dexes = tuple(
            dict.fromkeys((FIRST_DEX, *(one.instrument.dex for one in listed)))
        )
    return Universe(tuple(one.instrument for one in listed), tuple(dexes))


def _rows() -> list[list[str]]:
    perps = _PERPS.strip().replace("\n", "|").split("|")
    # A perp without a mark gets an empty one.
    return [[*perp.split(), ""][:5] for perp in perps]


def _generated(rank: int, seed: int) -> list[str]:
    word = draw(stream(seed, 0xCA7), rank)
    cents = 10 + word % 4000
    return [f"SYN{rank}", f"{cents // 100}.{cents % 100:02}", "1", "3", ""]


def _listing(row: list[str], rank: int) -> Listing:
    name, price, size, leverage, mark = row
    sz_decimals, max_leverage = int(size), int(leverage)
    decimals = px_decimals(sz_decimals)
    return Listing(
        instrument=Instrument(
            name=name,
            sz_decimals=sz_decimals,
            max_leverage=max_leverage,
            margin_table=_TIERED.get(max_leverage) or flat_table(max_leverage),
            only_isolated=mark == "i",
            is_delisted=mark == "d",
        ),
        px=floor_to_tick(int(Decimal(price).scaleb(decimals)), decimals),
        volatility_pct=min(45 + 6 * rank, 110),
        liveliness=_liveliness(rank),
        size_usd=max(3000 // (1 + rank // 4), 60),
    )


def _liveliness(rank: int) -> int:
    """Return 0.9 / (1 + rank/8)**1.5 of 2**32, by integers."""
    # (8 + rank)**1.5 is the root of its cube; 22.627 = 8**1.5.
    cube = (8 + rank) ** 3
    return (9 * 22627 << 32) // (10 * math.isqrt(cube * 1_000_000))

"""Reads answers about a coin's past: candles and the history of funding."""

import msgspec

from hlsim.core.candles import Candle
from hlsim.core.market import FundingRate
from hlsim.core.numbers import RATE_DECIMALS
from hlsim.core.universe import Instrument
from hlsim.market.frames import units


class _SeenCandle(msgspec.Struct, frozen=True):
    t: int
    o: str
    h: str
    l: str  # noqa: E741 - the wire's name of the low
    c: str
    v: str
    n: int


class _SeenFunding(msgspec.Struct, frozen=True, rename="camel"):
    funding_rate: str
    premium: str
    time: int


_CANDLES: msgspec.json.Decoder[list[_SeenCandle]] = msgspec.json.Decoder(
    list[_SeenCandle]
)
_FUNDING: msgspec.json.Decoder[list[_SeenFunding]] = msgspec.json.Decoder(
    list[_SeenFunding]
)


def read_candles(answer: bytes, one: Instrument) -> list[Candle]:
    """Return the rows of a candleSnapshot, ascending.

    Raises msgspec.DecodeError, or ValueError for a number that is none.
    """
    px, sz = one.px_decimals, one.sz_decimals
    return [
        Candle(
            t=row.t,
            o=units(row.o, px),
            h=units(row.h, px),
            l=units(row.l, px),
            c=units(row.c, px),
            v=units(row.v, sz),
            n=row.n,
        )
        for row in _CANDLES.decode(answer)
    ]


def read_funding(answer: bytes) -> list[FundingRate]:
    """Return the rows of a fundingHistory, ascending.

    Raises msgspec.DecodeError, or ValueError for a number that is none.
    """
    return [
        FundingRate(
            row.time,
            units(row.funding_rate, RATE_DECIMALS),
            units(row.premium, RATE_DECIMALS),
        )
        for row in _FUNDING.decode(answer)
    ]

"""Fills, funding payments and TWAPs as HyperLiquid writes them (§2.3)."""

from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec
from msgspec import UNSET, UnsetType

from hlsim.core.journal import Fill, FundingPaid, Liquidation, TwapState
from hlsim.core.numbers import decimal_string, rate_string, ratio_string, usd_string
from hlsim.core.universe import Universe

_AVERAGE_DECIMALS = 8


class WireLiquidation(msgspec.Struct, frozen=True, rename="camel"):
    """Why a fill was forced."""

    liquidated_user: str
    mark_px: str
    method: str


class WireFill(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One user's side of a trade."""

    coin: str
    px: str
    sz: str
    side: str
    time: int
    start_position: str
    dir: str
    closed_pnl: str
    hash: str
    oid: int
    crossed: bool
    fee: str
    tid: int
    fee_token: str = "USDC"  # noqa: S105 - a coin's name
    twap_id: int | None = None
    cloid: str | UnsetType = UNSET
    builder_fee: str | UnsetType = UNSET
    liquidation: WireLiquidation | UnsetType = UNSET


def fill(one: Fill, universe: Universe) -> WireFill:
    """Write a fill."""
    return _fill(one, universe, decimal_string(one.px, _px_decimals(one, universe)))


def _px_decimals(one: Fill, universe: Universe) -> int:
    return universe[one.asset].px_decimals


def _fill(one: Fill, universe: Universe, px: str) -> WireFill:
    instrument = universe[one.asset]
    return WireFill(
        coin=instrument.name,
        px=px,
        sz=decimal_string(one.sz, instrument.sz_decimals),
        side="B" if one.is_buy else "A",
        time=one.time_ms,
        start_position=decimal_string(one.start_szi, instrument.sz_decimals),
        dir=str(one.dir),
        closed_pnl=usd_string(one.closed_pnl),
        hash=one.hash,
        oid=one.oid,
        crossed=one.crossed,
        fee=usd_string(one.fee),
        tid=one.tid,
        twap_id=one.twap_id,
        cloid=one.cloid or UNSET,
        builder_fee=usd_string(one.builder_fee) if one.builder_fee else UNSET,
        liquidation=_liquidation(one.liquidation, instrument.px_decimals),
    )


def _liquidation(one: Liquidation | None, decimals: int) -> WireLiquidation | UnsetType:
    if one is None:
        return UNSET
    mark = decimal_string(one.mark_px, decimals)
    return WireLiquidation(one.liquidated_user, mark, one.method)


def fills(
    rows: Iterable[Fill], universe: Universe, *, aggregate: bool = False
) -> list[WireFill]:
    """Write fills; ``aggregate`` joins those of one order in one transaction."""
    if not aggregate:
        return [fill(one, universe) for one in rows]
    groups = groupby(rows, key=lambda one: (one.oid, one.time_ms, one.hash))
    return [_joined(list(group), universe) for _, group in groups]


def _joined(group: Sequence[Fill], universe: Universe) -> WireFill:
    first = group[0]
    size = sum(one.sz for one in group)
    cost = sum(one.px * one.sz for one in group)
    whole = msgspec.structs.replace(
        first,
        sz=size,
        closed_pnl=sum(one.closed_pnl for one in group),
        fee=sum(one.fee for one in group),
        builder_fee=sum(one.builder_fee for one in group),
    )
    scale = 10 ** _px_decimals(first, universe)
    return _fill(whole, universe, ratio_string(cost, size * scale, _AVERAGE_DECIMALS))


def funding_delta(one: FundingPaid, universe: Universe) -> dict[str, object]:
    """Write what a funding payment did."""
    instrument = universe[one.asset]
    return {
        "coin": instrument.name,
        "usdc": usd_string(one.usdc),
        "szi": decimal_string(one.szi, instrument.sz_decimals),
        "fundingRate": rate_string(one.rate),
        "nSamples": one.samples,
    }


def funding_row(one: FundingPaid, universe: Universe) -> dict[str, object]:
    """Write a row of `userFunding`."""
    delta = {"type": "funding", **funding_delta(one, universe)}
    return {"time": one.time_ms, "hash": one.hash, "delta": delta}


def funding_event(one: FundingPaid, universe: Universe) -> dict[str, object]:
    """Write an element of a `userFundings` frame."""
    return {"time": one.time_ms, **funding_delta(one, universe)}


def twap_state(one: TwapState, universe: Universe) -> dict[str, object]:
    """Write a TWAP as it stands."""
    instrument = universe[one.asset]
    return {
        "coin": instrument.name,
        "user": one.user,
        "side": "B" if one.is_buy else "A",
        "sz": decimal_string(one.sz, instrument.sz_decimals),
        "executedSz": decimal_string(one.executed_sz, instrument.sz_decimals),
        "executedNtl": usd_string(one.executed_ntl),
        "minutes": one.minutes,
        "reduceOnly": one.reduce_only,
        "randomize": one.randomize,
        "timestamp": one.time_ms,
    }


def twap_history(one: TwapState, universe: Universe) -> dict[str, object]:
    """Write a row of `twapHistory`; its times are in seconds."""
    return {
        "time": one.updated_ms // 1000,
        "state": twap_state(one, universe),
        "status": {"status": one.status},
        "twapId": one.twap_id,
    }

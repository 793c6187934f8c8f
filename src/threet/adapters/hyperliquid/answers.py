"""/info answers as typed values, and from there into the model.

Shapes: HyperLiquid's API documentation, "Info endpoint", and tests/data.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Literal, TypeVar

import msgspec

from threet.adapters.hyperliquid import wire
from threet.adapters.hyperliquid.frames import WireCandle, WireTrade
from threet.adapters.hyperliquid.posting import Posting
from threet.model.accounts import (
    AccountPosition,
    AccountState,
    AddressUse,
    MarginMode,
)
from threet.model.candles import Candle
from threet.model.errors import InvalidValueError, MalformedAnswerError
from threet.model.numbers import ZERO, exact
from threet.model.products import Product
from threet.model.trades import Trade
from threet.ports.clock import Clock

EXCHANGE = "hyperliquid"
_T = TypeVar("_T")
_V = TypeVar("_V")


class WireAsset(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    sz_decimals: int
    max_leverage: int
    is_delisted: bool = False
    only_isolated: bool = False
    margin_mode: str | None = None


class WireMeta(msgspec.Struct, frozen=True, rename="camel"):
    """``collateral_token`` is a spot token's index; 0 is USDC."""

    universe: list[WireAsset]
    collateral_token: int = 0


class WireStatus(msgspec.Struct, frozen=True):
    time: int


class WireLeverage(msgspec.Struct, frozen=True):
    type: Literal["cross", "isolated"]
    value: int


class WireCumulativeFunding(msgspec.Struct, frozen=True, rename="camel"):
    since_open: str = "0"


class WirePosition(msgspec.Struct, frozen=True, rename="camel"):
    coin: str
    szi: str
    entry_px: str | None
    leverage: WireLeverage
    margin_used: str
    position_value: str
    unrealized_pnl: str
    liquidation_px: str | None = None
    cum_funding: WireCumulativeFunding = WireCumulativeFunding()


class WireAssetPosition(msgspec.Struct, frozen=True):
    position: WirePosition


class WireMarginSummary(msgspec.Struct, frozen=True, rename="camel"):
    account_value: str
    total_ntl_pos: str
    total_margin_used: str


class WireAccount(msgspec.Struct, frozen=True, rename="camel"):
    margin_summary: WireMarginSummary
    withdrawable: str
    asset_positions: list[WireAssetPosition]
    # Answers recorded in 2023 have neither of these two.
    cross_maintenance_margin_used: str | None = None
    time: int | None = None


class WireRateLimit(msgspec.Struct, frozen=True, rename="camel"):
    n_requests_used: int
    n_requests_cap: int


META: msgspec.json.Decoder[WireMeta] = msgspec.json.Decoder(WireMeta)
STATUS: msgspec.json.Decoder[WireStatus] = msgspec.json.Decoder(WireStatus)
CANDLES: msgspec.json.Decoder[list[WireCandle]] = msgspec.json.Decoder(list[WireCandle])
TRADES: msgspec.json.Decoder[list[WireTrade]] = msgspec.json.Decoder(list[WireTrade])
ACCOUNT: msgspec.json.Decoder[WireAccount] = msgspec.json.Decoder(WireAccount)
RATE_LIMIT: msgspec.json.Decoder[WireRateLimit] = msgspec.json.Decoder(WireRateLimit)


def read(
    request: str,
    body: bytes,
    decoder: msgspec.json.Decoder[_T],
    translate: Callable[[_T], _V],
) -> _V:
    """Decode and translate, or tell what of the answer breaks the protocol."""
    try:
        return translate(decoder.decode(body))
    except (msgspec.DecodeError, InvalidValueError, UnicodeDecodeError) as error:
        raise MalformedAnswerError(request, str(error)[:200]) from error


def products(meta: WireMeta, first_id: int = 0) -> Sequence[Product]:
    """Numbered from ``first_id`` on, delisted ones included: they keep their places."""
    return [
        Product(
            exchange=EXCHANGE,
            symbol=asset.name,
            pair=f"{asset.name}/USDC:USDC",
            max_leverage=asset.max_leverage,
            quantity_decimals=asset.sz_decimals,
            is_delisted=asset.is_delisted,
            asset_id=first_id + place,
            # "strictIsolated" and "noCross", of which neither shares its margin.
            only_isolated=asset.only_isolated or asset.margin_mode is not None,
        )
        for place, asset in enumerate(meta.universe)
    ]


def candles(rows: list[WireCandle], now_ms: int) -> Sequence[Candle]:
    return [wire.candle(row, now_ms) for row in rows]


def trades(rows: list[WireTrade]) -> Sequence[Trade]:
    return [wire.trade(row) for row in rows]


def account(answer: WireAccount, address: str, now_ms: int) -> AccountState:
    """``now_ms`` stands in where the exchange dates nothing (answers of 2023)."""
    summary = answer.margin_summary
    return AccountState(
        address=address,
        account_ms=now_ms if answer.time is None else answer.time,
        account_value=exact("accountValue", summary.account_value),
        total_margin_used=exact("totalMarginUsed", summary.total_margin_used),
        total_notional=exact("totalNtlPos", summary.total_ntl_pos),
        withdrawable=exact("withdrawable", answer.withdrawable),
        maintenance_margin=_optional(answer.cross_maintenance_margin_used) or ZERO,
        positions=tuple(
            _position(entry.position)
            for entry in answer.asset_positions
            if exact("szi", entry.position.szi) != ZERO
        ),
    )


def ask_account(info: Posting, address: str, dex: str, clock: Clock) -> AccountState:
    """On one dex. Raises the ``ExchangeError`` family."""
    name = "clearinghouseState"
    where = {"dex": dex} if dex else {}
    body = info.ask(name, {"type": name, "user": address, **where})
    now_ms = clock.now_ms()
    return read(name, body, ACCOUNT, lambda answer: account(answer, address, now_ms))


def address_use(answer: WireRateLimit, now_ms: int) -> AddressUse:
    return AddressUse(
        used=answer.n_requests_used, cap=answer.n_requests_cap, read_ms=now_ms
    )


def _position(wire_position: WirePosition) -> AccountPosition:
    entry = wire_position.entry_px
    if entry is None:
        raise InvalidValueError("entryPx", "be known for an open position", entry)
    return AccountPosition(
        symbol=wire_position.coin,
        quantity=exact("szi", wire_position.szi),
        entry_price=exact("entryPx", entry),
        leverage=wire_position.leverage.value,
        margin_mode=MarginMode(wire_position.leverage.type),
        margin_used=exact("marginUsed", wire_position.margin_used),
        position_value=exact("positionValue", wire_position.position_value),
        unrealized_pnl=exact("unrealizedPnl", wire_position.unrealized_pnl),
        liquidation_price=_optional(wire_position.liquidation_px),
        funding_since_open=exact("sinceOpen", wire_position.cum_funding.since_open),
    )


def _optional(text: str | None) -> Decimal | None:
    return None if text is None else exact("number", text)

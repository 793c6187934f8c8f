"""The spot side: one pair that exists, so that clients can load, and never trades."""

import msgspec

PURR = "PURR/USDC"
_TOKEN_IDS = ("0x" + "0" * 31 + "1", "0x" + "0" * 31 + "2")


class WireToken(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One token of `spotMeta`."""

    name: str
    sz_decimals: int
    wei_decimals: int
    index: int
    token_id: str
    is_canonical: bool = True
    evm_contract: None = None
    full_name: None = None
    deployer_trading_fee_share: str = "0.0"


class WirePair(msgspec.Struct, frozen=True, rename="camel"):
    """One pair of `spotMeta`."""

    tokens: tuple[int, int]
    name: str
    index: int
    is_canonical: bool


class WireSpotMeta(msgspec.Struct, frozen=True):
    """Answer to `spotMeta`."""

    universe: list[WirePair]
    tokens: list[WireToken]


class WireSpotContext(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The context of a pair that has no book."""

    prev_day_px: str = "0.2"
    day_ntl_vlm: str = "0.0"
    mark_px: str = "0.2"
    mid_px: None = None
    circulating_supply: str = "600000000.0"
    coin: str = PURR
    total_supply: str = "600000000.0"
    day_base_vlm: str = "0.0"


def meta() -> WireSpotMeta:
    """Return the spot universe."""
    usdc = WireToken(
        name="USDC", sz_decimals=8, wei_decimals=8, index=0, token_id=_TOKEN_IDS[0]
    )
    purr = WireToken(
        name="PURR", sz_decimals=0, wei_decimals=5, index=1, token_id=_TOKEN_IDS[1]
    )
    return WireSpotMeta([WirePair((1, 0), PURR, 0, True)], [usdc, purr])


def contexts() -> list[WireSpotContext]:
    """Return the contexts of the spot universe."""
    return [WireSpotContext()]

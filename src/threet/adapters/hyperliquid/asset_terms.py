"""Leverage, margin mode and mark price of an account's perpetual."""

from decimal import Decimal
from typing import Literal

import msgspec

from threet.adapters.hyperliquid import answers
from threet.adapters.hyperliquid.posting import Posting
from threet.model.numbers import require_positive
from threet.ports.asset_terms import AssetTerms


class WireLeverage(msgspec.Struct, frozen=True):
    type: Literal["cross", "isolated"]
    value: int


class WireAssetData(msgspec.Struct, frozen=True, rename="camel"):
    leverage: WireLeverage
    mark_px: Decimal


_DATA: msgspec.json.Decoder[WireAssetData] = msgspec.json.Decoder(WireAssetData)


class HyperliquidAssetTerms:
    """Implements ``threet.ports.asset_terms.AssetTermsReader``."""

    def __init__(self, info: Posting) -> None:
        self._info = info

    def terms(self, address: str, symbol: str) -> AssetTerms:
        question = {"type": "activeAssetData", "user": address, "coin": symbol}
        body = self._info.ask("activeAssetData", question, symbol)
        return answers.read("activeAssetData", body, _DATA, _terms)


def _terms(told: WireAssetData) -> AssetTerms:
    require_positive("markPx", told.mark_px)
    return AssetTerms(
        leverage=told.leverage.value,
        is_cross=told.leverage.type == "cross",
        mark=told.mark_px,
    )

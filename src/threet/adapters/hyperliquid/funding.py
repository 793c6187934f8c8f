"""Funding rates of every listed perpetual (HYPERLIQUID.md 2, `metaAndAssetCtxs`)."""

import math
from collections.abc import Mapping

import msgspec

from threet.adapters.hyperliquid import answers
from threet.adapters.hyperliquid.answers import WireMeta
from threet.adapters.hyperliquid.posting import Posting

# More than 4 % an hour the exchange never takes; beyond it somebody misread (F39).
_MOST = 0.04


class WireRate(msgspec.Struct, frozen=True):
    funding: str | None = None


_CONTEXTS: msgspec.json.Decoder[tuple[WireMeta, list[WireRate]]] = msgspec.json.Decoder(
    tuple[WireMeta, list[WireRate]]
)


class HyperliquidFunding:
    """Implements ``threet.ports.funding.FundingReader``."""

    def __init__(self, info: Posting) -> None:
        self._info = info

    def rates(self) -> Mapping[str, float]:
        question = {"type": "metaAndAssetCtxs"}
        body = self._info.ask("metaAndAssetCtxs", question)
        return answers.read("metaAndAssetCtxs", body, _CONTEXTS, _rates)


def _rates(told: tuple[WireMeta, list[WireRate]]) -> Mapping[str, float]:
    meta, contexts = told
    found = {}
    for asset, context in zip(meta.universe, contexts, strict=False):
        rate = _rate(context.funding)
        if rate is not None and not asset.is_delisted:
            found[asset.name] = rate
    return found


def _rate(text: str | None) -> float | None:
    """None for what is no rate: unknown is not 0 (F51)."""
    try:
        rate = float(text or "")
    except ValueError:
        return None
    return rate if math.isfinite(rate) and abs(rate) <= _MOST else None

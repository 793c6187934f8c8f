"""On which terms an account trades a perpetual."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetTerms:
    leverage: int
    is_cross: bool
    mark: Decimal


class AssetTermsReader(Protocol):
    def terms(self, address: str, symbol: str) -> AssetTerms:
        """Raises ``UnknownSymbolError`` and the ``ExchangeError`` family."""

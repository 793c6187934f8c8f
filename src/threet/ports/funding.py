"""The rates that holders pay each other, as they stand now."""

from collections.abc import Mapping
from typing import Protocol


class FundingReader(Protocol):
    def rates(self) -> Mapping[str, float]:
        """Of the current hour, by symbol; longs pay when positive. A symbol without a
        rate is not in it. Raises the ``ExchangeError`` family."""

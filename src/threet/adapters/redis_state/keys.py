"""The keys of shared state, all in one place."""

from threet.model.candles import Timeframe

_PREFIX = "threet:"

FETCH_SLOTS = f"{_PREFIX}fetch-slots"
FETCH_SLOT_NUMBERS = f"{_PREFIX}fetch-slot-numbers"
RATE_BUDGET = f"{_PREFIX}rate-budget"


def fetched(symbol: str, timeframe: Timeframe) -> str:
    return f"{_PREFIX}fetched:{symbol}:{timeframe.value}"


def claim(symbol: str, timeframe: Timeframe) -> str:
    return f"{_PREFIX}claim:{symbol}:{timeframe.value}"

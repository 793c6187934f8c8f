"""The keys of shared state, all in one place."""

from threet.model.candles import Timeframe

_PREFIX = "threet:"

FETCH_SLOTS = f"{_PREFIX}fetch-slots"
FETCH_SLOT_NUMBERS = f"{_PREFIX}fetch-slot-numbers"


def fetched(symbol: str, timeframe: Timeframe) -> str:
    return f"{_PREFIX}fetched:{symbol}:{timeframe.value}"


def claim(symbol: str, timeframe: Timeframe) -> str:
    return f"{_PREFIX}claim:{symbol}:{timeframe.value}"


def rate_budget(network: str) -> str:
    return f"{_PREFIX}rate-budget:{network}"


def address_use(network: str, address: str) -> str:
    return f"{_PREFIX}address-use:{network}:{address.lower()}"


def authority(network: str, account: str, signer: str, *, allows_own: bool) -> str:
    asked = "any" if allows_own else "agent"
    whose = f"{account.lower()}:{signer.lower()}"
    return f"{_PREFIX}authority:{network}:{whose}:{asked}"

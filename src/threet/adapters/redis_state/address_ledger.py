"""Readings of an account's allowance of actions, for whoever forecasts its end."""

from collections.abc import Sequence
from typing import cast

import msgspec
from redis import Redis

from threet.adapters.redis_state import keys
from threet.adapters.redis_state.faults import redis_errors
from threet.model.accounts import AddressUse

# A reading every five minutes makes six hours.
_KEPT = 72
_READING: msgspec.json.Decoder[AddressUse] = msgspec.json.Decoder(AddressUse)


class RedisAddressLedger:
    """Implements ``threet.ports.rate_budget.AddressLedger``."""

    def __init__(self, redis: Redis, *, network: str = "simulator") -> None:
        self._redis = redis
        self._network = network

    def note(self, address: str, use: AddressUse) -> None:
        key = keys.address_use(self._network, address)
        with redis_errors():
            self._redis.lpush(key, msgspec.json.encode(use))
            self._redis.ltrim(key, 0, _KEPT - 1)

    def readings(self, address: str) -> Sequence[AddressUse]:
        key = keys.address_use(self._network, address)
        with redis_errors():
            rows = cast("list[bytes]", self._redis.lrange(key, 0, -1))
        found = []
        for row in reversed(rows):
            try:
                found.append(_READING.decode(row))
            except msgspec.DecodeError:
                continue  # of another version; the next readings replace it
        return found

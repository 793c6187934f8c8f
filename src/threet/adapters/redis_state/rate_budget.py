"""The exchange's request weight of this address: a token bucket all processes share."""

from typing import Any

from redis import Redis

from threet.adapters.redis_state import keys
from threet.adapters.redis_state.faults import redis_errors
from threet.model.errors import InvalidValueError

# Redis' clock and arithmetic; answers milliseconds to wait, 0 when taken.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local burst, per_ms, weight = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(state[1] or burst)
local passed = math.max(0, now - tonumber(state[2] or now))
tokens = math.min(burst, tokens + passed * per_ms)
local wait = 0
if tokens >= weight then
    tokens = tokens - weight
else
    wait = math.ceil((weight - tokens) / per_ms)
end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now))
redis.call('PEXPIRE', KEYS[1], 120000)
return wait
"""


class RedisRateBudget:
    """``burst`` at once, then refilled so that no minute sees more than ``per_minute``.

    A full bucket and a minute of refill together are ``per_minute``: whichever way the
    exchange aligns its minutes, the budget holds. One request may weigh ``burst``.
    """

    def __init__(
        self, redis: Redis, *, per_minute: float = 1200, burst: float = 120
    ) -> None:
        if not 0 < burst < per_minute:
            raise InvalidValueError("burst", "be between 0 and per_minute", burst)
        self._burst = burst
        self._per_ms = (per_minute - burst) / 60_000
        self._take: Any = redis.register_script(_TAKE)

    def take(self, weight: int) -> float:
        """Raises ``InvalidValueError`` for a weight the bucket can never hold."""
        if not 0 < weight <= self._burst:
            raise InvalidValueError("weight", f"be 1 to {self._burst}", weight)
        arguments = [self._burst, self._per_ms, weight]
        with redis_errors():
            return int(self._take(keys=[keys.RATE_BUDGET], args=arguments)) / 1000

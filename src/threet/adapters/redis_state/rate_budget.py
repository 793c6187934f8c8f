"""The exchange's request weight of this address: one sliding minute for all processes.

The law is that of ``threet.resilience.weight_window``, here in Redis' own clock and
in one script, so that two processes cannot take the same weight.
"""

from typing import Any

from redis import Redis

from threet.adapters.redis_state import keys
from threet.adapters.redis_state.faults import redis_errors
from threet.model.errors import InvalidValueError
from threet.resilience.weight_window import WINDOW_SECS

# A hash of second -> weight taken in it. Answers seconds to wait, 0 when taken.
_TAKE = """
local now = tonumber(redis.call('TIME')[1])
local limit, weight, keep, window =
    tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local flat = redis.call('HGETALL', KEYS[1])
local taken, seconds, sum = {}, {}, 0
for i = 1, #flat, 2 do
    local at = tonumber(flat[i])
    if at > now - window then
        taken[at] = tonumber(flat[i + 1])
        sum = sum + taken[at]
        seconds[#seconds + 1] = at
    else
        redis.call('HDEL', KEYS[1], flat[i])
    end
end
local over = sum + weight + keep - limit
if over <= 0 then
    redis.call('HINCRBY', KEYS[1], now, weight)
    redis.call('EXPIRE', KEYS[1], window + 1)
    return 0
end
table.sort(seconds)
for _, at in ipairs(seconds) do
    over = over - taken[at]
    if over <= 0 then
        return at + window - now
    end
end
return window
"""


class RedisRateBudget:
    def __init__(
        self, redis: Redis, *, per_minute: int = 1200, window_secs: int = WINDOW_SECS
    ) -> None:
        self._per_minute = per_minute
        self._window_secs = window_secs
        self._take: Any = redis.register_script(_TAKE)

    def take(self, weight: int, *, keep: int = 0) -> float:
        """Raises ``InvalidValueError`` for a weight that no minute can hold."""
        if not 0 < weight <= self._per_minute - keep:
            raise InvalidValueError("weight", "fit into a minute's budget", weight)
        arguments = [self._per_minute, weight, keep, self._window_secs]
        with redis_errors():
            return float(self._take(keys=[keys.RATE_BUDGET], args=arguments))

"""The exchange's request weight of this address: one sliding minute for all processes.

The law is that of ``threet.resilience.weight_window``, here in Redis' own clock and
in one script, so that two processes cannot take the same weight. A Redis that lost its
memory is noticed by whoever knew it before: the lost minute then counts as used by
data, or what was taken twice would be too much.
"""

from collections.abc import Sequence
from typing import Any, cast

from redis import Redis

from threet.adapters.redis_state import keys
from threet.adapters.redis_state.faults import redis_errors
from threet.ports.rate_budget import BudgetState, Priority
from threet.resilience.weight_window import (
    WINDOW_SECS,
    heeds_pause,
    kept_by,
    require_weight,
    state_of,
)

# A hash of "second:priority" -> weight, "epoch", "paused" (until) and "forgot".
# Answers the seconds to wait, 0 when taken, and the epoch.
_TAKE = """
local now = tonumber(redis.call('TIME')[1])
local limit, weight, keep, window =
    tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local priority, heeds, known, lost = ARGV[5], ARGV[6], ARGV[7], tonumber(ARGV[8])
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if not epoch then
    epoch = ARGV[9]
    redis.call('HSET', KEYS[1], 'epoch', epoch)
end
if known ~= '' and known ~= epoch
        and redis.call('HSETNX', KEYS[1], 'forgot', 1) == 1 then
    redis.call('HINCRBY', KEYS[1], now .. ':4', lost)
end
local flat = redis.call('HGETALL', KEYS[1])
local taken, seconds, sum, wait = {}, {}, 0, 0
for i = 1, #flat, 2 do
    local at = tonumber(string.match(flat[i], '^(%d+):'))
    if at and at > now - window then
        if not taken[at] then
            taken[at] = 0
            seconds[#seconds + 1] = at
        end
        taken[at] = taken[at] + tonumber(flat[i + 1])
        sum = sum + tonumber(flat[i + 1])
    elseif at then
        redis.call('HDEL', KEYS[1], flat[i])
    end
end
local over = sum + weight + keep - limit
if over > 0 then
    wait = window
    table.sort(seconds)
    for _, at in ipairs(seconds) do
        over = over - taken[at]
        if over <= 0 then
            wait = at + window - now
            break
        end
    end
end
if heeds == '1' then
    local paused = tonumber(redis.call('HGET', KEYS[1], 'paused') or '0')
    wait = math.max(wait, paused - now)
end
if wait <= 0 then
    wait = 0
    redis.call('HINCRBY', KEYS[1], now .. ':' .. priority, weight)
end
return {wait, epoch}
"""
# Age, priority and weight of each in turn; ages are of the asking process' clock.
_CHARGE = """
local now = tonumber(redis.call('TIME')[1])
for i = 1, #ARGV, 3 do
    local at = now - tonumber(ARGV[i])
    redis.call('HINCRBY', KEYS[1], at .. ':' .. ARGV[i + 1], tonumber(ARGV[i + 2]))
end
return 0
"""
_PAUSE = """
local till = tonumber(redis.call('TIME')[1]) + tonumber(ARGV[1])
if till > tonumber(redis.call('HGET', KEYS[1], 'paused') or '0') then
    redis.call('HSET', KEYS[1], 'paused', till)
end
return 0
"""


class RedisRateBudget:
    """Implements ``SharedBudget``; one budget for each ``network``.

    ``run_id`` names this process' life, unlike any other's.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        network: str = "simulator",
        run_id: str = "run",
        per_minute: int = 1200,
        window_secs: int = WINDOW_SECS,
    ) -> None:
        self._redis = redis
        self._key = keys.rate_budget(network)
        self._run_id = run_id
        self._per_minute = per_minute
        self._window_secs = window_secs
        self._epoch = ""
        self._epochs = 0
        self._take: Any = redis.register_script(_TAKE)
        self._charge: Any = redis.register_script(_CHARGE)
        self._pause: Any = redis.register_script(_PAUSE)

    @property
    def limit(self) -> int:
        return self._per_minute

    def take(
        self, weight: int, *, keep: int = 0, priority: Priority = Priority.DATA
    ) -> float:
        kept = max(keep, kept_by(priority, self._per_minute))
        require_weight(weight, kept, self._per_minute)
        self._epochs += 1
        arguments = [
            *(self._per_minute, weight, kept, self._window_secs, int(priority)),
            *(int(heeds_pause(priority)), self._epoch, self._used_by_data()),
            f"{self._run_id}-{self._epochs}",
        ]
        with redis_errors():
            wait, epoch = self._take(keys=[self._key], args=arguments)
        self._epoch = epoch.decode()
        return float(wait)

    def charge(self, weight: int, *, priority: Priority = Priority.DATA) -> None:
        self.repay([(0, priority, weight)])

    def repay(self, owed: Sequence[tuple[int, Priority, int]]) -> None:
        arguments = [int(part) for row in owed for part in row]
        with redis_errors():
            self._charge(keys=[self._key], args=arguments)

    def pause(self, secs: float) -> None:
        with redis_errors():
            self._pause(keys=[self._key], args=[-int(-secs // 1)])

    def state(self) -> BudgetState:
        with redis_errors():
            now = int(self._redis.time()[0])
            rows = cast("dict[bytes, bytes]", self._redis.hgetall(self._key))
        used_by = dict.fromkeys(Priority, 0)
        for name, value in rows.items():
            at, _, priority = name.partition(b":")
            if priority and int(at) > now - self._window_secs:
                used_by[Priority(int(priority))] += int(value)
        paused = max(0, int(rows.get(b"paused", 0)) - now)
        return state_of(self._per_minute, used_by, paused)

    def _used_by_data(self) -> int:
        """All that data could have used of a minute that nobody remembers."""
        return self._per_minute - kept_by(Priority.DATA, self._per_minute)

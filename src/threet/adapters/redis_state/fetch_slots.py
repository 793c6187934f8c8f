"""At most N requests at once over all workers: leases that lapse with their holder."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis import Redis

from threet.adapters.redis_state import keys
from threet.adapters.redis_state.faults import redis_errors
from threet.model.errors import DependencyError

logger = logging.getLogger(__name__)

# By the server's clock, so that machines need not agree on the time. Returns the number
# of the lease, or nothing.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return false end
local number = redis.call('INCR', KEYS[2])
redis.call('ZADD', KEYS[1], now + ARGV[2], number)
return number
"""


class RedisFetchSlots:
    """A lease lasts ``lease_secs``: longer than a task may run."""

    def __init__(
        self, redis: Redis, *, limit: int = 10, lease_secs: float = 120.0
    ) -> None:
        self._redis = redis
        self._limit = limit
        self._lease_ms = int(lease_secs * 1000)
        self._take: Any = redis.register_script(_TAKE)

    @contextmanager
    def slot(self) -> Iterator[bool]:
        """Raises ``DependencyError`` when Redis cannot be asked for one."""
        with redis_errors():
            number = self._take(
                keys=[keys.FETCH_SLOTS, keys.FETCH_SLOT_NUMBERS],
                args=[self._limit, self._lease_ms],
            )
        try:
            yield number is not None
        finally:
            if number is not None:
                self._give_back(int(number))

    def _give_back(self, number: int) -> None:
        try:
            with redis_errors():
                self._redis.zrem(keys.FETCH_SLOTS, number)
        except DependencyError:
            # The work inside is done and counts; the lease lapses by itself.
            logger.warning("a fetch slot could not be given back: it lapses")

"""The board for threads: what a Celery worker says of itself."""

from collections.abc import Mapping

import msgspec
from redis import Redis
from redis.exceptions import RedisError

from threet.adapters.redis_streams.beat_check import PROCESSES
from threet.model.errors import DependencyError
from threet.ports.clock import Clock
from threet.ports.live_view import ProcessState


class BlockingBoard:
    def __init__(self, *, redis: Redis, clock: Clock, name: str, pid: int) -> None:
        self._redis = redis
        self._clock = clock
        self._name = name
        self._pid = pid
        self._started_ms = clock.now_ms()

    def beat(self, figures: Mapping[str, int | float | str]) -> None:
        """Raises ``DependencyError``."""
        state = ProcessState(
            name=self._name,
            pid=self._pid,
            started_ms=self._started_ms,
            beat_ms=self._clock.now_ms(),
            figures=dict(figures),
        )
        try:
            self._redis.hset(PROCESSES, self._name, msgspec.json.encode(state))
        except RedisError as error:
            raise DependencyError("redis", str(error)[:200]) from error

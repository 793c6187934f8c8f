"""Which bars were fetched, and who is at it, shared by all workers."""

from collections.abc import Callable, Sequence
from typing import Any

from redis import Redis

from threet.adapters.redis_state import keys
from threet.adapters.redis_state.faults import redis_errors
from threet.model.candles import Timeframe

_QUEUED, _RUNNING, _PAUSED = "queued", "running", "paused"

_REMEMBER = """
local known = redis.call('GET', KEYS[1])
if not known or tonumber(known) < tonumber(ARGV[1]) then
    redis.call('SET', KEYS[1], ARGV[1])
end
"""
_BEGIN = """
local state = redis.call('GET', KEYS[1])
if state and state ~= ARGV[3] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""


class RedisFetchMemory:
    """``stored_ms`` answers for what Redis forgot: the newest durable closed bar.

    So a flushed Redis fetches nothing twice. Raises ``DependencyError``.
    """

    def __init__(
        self, redis: Redis, stored_ms: Callable[[str, Timeframe], int | None]
    ) -> None:
        self._redis = redis
        self._stored_ms = stored_ms
        self._remember: Any = redis.register_script(_REMEMBER)
        self._begin: Any = redis.register_script(_BEGIN)

    def newest_closed_ms(self, symbol: str, timeframe: Timeframe) -> int | None:
        return self.newest_closed_of([(symbol, timeframe)])[0]

    def newest_closed_of(
        self, pairs: Sequence[tuple[str, Timeframe]]
    ) -> Sequence[int | None]:
        if not pairs:
            return []
        with redis_errors():
            found: Any = self._redis.mget([keys.fetched(*pair) for pair in pairs])
        return [
            self._from_store(*pair) if text is None else int(text)
            for pair, text in zip(pairs, found, strict=True)
        ]

    def remember(self, symbol: str, timeframe: Timeframe, open_ms: int) -> None:
        with redis_errors():
            self._remember(keys=[keys.fetched(symbol, timeframe)], args=[open_ms])

    def claim(self, symbol: str, timeframe: Timeframe, for_secs: float) -> bool:
        key, millis = keys.claim(symbol, timeframe), _millis(for_secs)
        with redis_errors():
            return bool(self._redis.set(key, _QUEUED, nx=True, px=millis))

    def begin(self, symbol: str, timeframe: Timeframe, for_secs: float) -> bool:
        arguments = [_RUNNING, _millis(for_secs), _QUEUED]
        with redis_errors():
            return bool(
                self._begin(keys=[keys.claim(symbol, timeframe)], args=arguments)
            )

    def release(
        self, symbol: str, timeframe: Timeframe, pause_secs: float = 0.0
    ) -> None:
        key = keys.claim(symbol, timeframe)
        with redis_errors():
            if pause_secs > 0:
                self._redis.set(key, _PAUSED, px=_millis(pause_secs))
            else:
                self._redis.delete(key)

    def _from_store(self, symbol: str, timeframe: Timeframe) -> int | None:
        stored = self._stored_ms(symbol, timeframe)
        if stored is not None:
            self.remember(symbol, timeframe, stored)
        return stored


def _millis(secs: float) -> int:
    return max(1, int(secs * 1000))

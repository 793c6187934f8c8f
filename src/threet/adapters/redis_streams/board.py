"""Where each process says that it lives, and what it has done."""

from collections.abc import Mapping, Sequence

import msgspec
import structlog

from threet.adapters.redis_streams.beat_check import PROCESSES
from threet.adapters.redis_streams.publisher import RedisPublisher
from threet.ports.clock import Clock
from threet.ports.live_view import ProcessState

_log = structlog.get_logger(__name__)
_STATES: msgspec.json.Decoder[ProcessState] = msgspec.json.Decoder(ProcessState)


class RedisBoard:
    """Implements ``threet.ports.live_view.ProcessBoard`` for one process."""

    def __init__(
        self, *, publisher: RedisPublisher, clock: Clock, name: str, pid: int
    ) -> None:
        self._publisher = publisher
        self._clock = clock
        self._name = name
        self._pid = pid
        self._started_ms = clock.now_ms()

    async def beat(self, figures: Mapping[str, int | float | str]) -> None:
        state = ProcessState(
            name=self._name,
            pid=self._pid,
            started_ms=self._started_ms,
            beat_ms=self._clock.now_ms(),
            figures={name: _plain(value) for name, value in figures.items()},
        )
        row = msgspec.json.encode(state)
        await self._publisher.execute([("HSET", PROCESSES, self._name, row)])

    async def farewell(self) -> None:
        await self._publisher.execute([("HDEL", PROCESSES, self._name)])
        await self._publisher.close()


def states(rows: Mapping[bytes, bytes]) -> Sequence[ProcessState]:
    """A row that cannot be read (of another version, say) is left out and logged."""
    found = []
    for name, row in sorted(rows.items()):
        try:
            found.append(_STATES.decode(row))
        except msgspec.DecodeError as error:
            _log.warning("beat_unreadable", process=name.decode(), reason=str(error))
    return found


def _plain(value: float | str) -> int | float | str:
    return int(value) if isinstance(value, bool) else value

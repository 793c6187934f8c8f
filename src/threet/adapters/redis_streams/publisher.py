"""Appends events to their streams, in batches, each stream bounded by length."""

import asyncio
from collections.abc import Mapping, Sequence

from threet.adapters.redis_streams import codec
from threet.adapters.redis_streams.address import RedisAddress
from threet.adapters.redis_streams.pipe import Command, RedisPipe, RefusedCommandError
from threet.model.events import Envelope

_MOST_AT_ONCE = 500


class RedisPublisher:
    """Implements ``threet.ports.event_bus.EventPublisher``.

    ``lengths`` are the bounds by stream name; trimming is approximate, as MAXLEN ~ is.
    """

    def __init__(self, address: RedisAddress, lengths: Mapping[str, int]) -> None:
        self._address = address
        self._lengths = lengths
        self._pipe: RedisPipe | None = None
        self._turn = asyncio.Lock()

    async def publish(
        self, envelopes: Sequence[Envelope], also: Sequence[Command] = ()
    ) -> None:
        """``also`` runs after the appends, in the same round trip."""
        commands = [*map(self._append, envelopes), *also]
        for start in range(0, len(commands), _MOST_AT_ONCE):
            await self.execute(commands[start : start + _MOST_AT_ONCE])

    async def execute(self, commands: Sequence[Command]) -> None:
        """Run commands on the publisher's connection, opened anew after a failure."""
        async with self._turn:
            pipe, self._pipe = self._pipe, None
            if pipe is None:
                pipe = await RedisPipe.open(self._address)
            try:
                await pipe.execute(commands)
            except RefusedCommandError:
                pipe.close()  # another server may answer otherwise
                raise
            self._pipe = pipe

    async def close(self) -> None:
        async with self._turn:
            if self._pipe is not None:
                self._pipe.close()
                self._pipe = None

    def _append(self, envelope: Envelope) -> Command:
        stream = codec.stream_of(envelope.event)
        bound = ("MAXLEN", "~", self._lengths[stream])
        return ("XADD", stream, *bound, "*", *codec.fields(envelope))

"""Reads the newest of everything from Redis."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import cast

import structlog

from threet.adapters.redis_streams import board, codec, newest
from threet.adapters.redis_streams.address import RedisAddress
from threet.adapters.redis_streams.beat_check import PROCESSES
from threet.adapters.redis_streams.pipe import Command, RedisPipe, RefusedCommandError
from threet.model.candles import Candle, Timeframe
from threet.model.errors import InvalidValueError
from threet.model.events import Envelope
from threet.model.prices import NewestPrice
from threet.ports.live_view import GroupState, ProcessState, StreamState

_log = structlog.get_logger(__name__)
_BLOCK_SECS = 1.0
_MOST_AT_ONCE = 1000
_EVERY_STREAM = (*codec.STREAMS.values(), codec.DEAD_LETTERS)


class RedisLiveView:
    """Implements ``threet.ports.live_view.LiveView``."""

    def __init__(self, address: RedisAddress) -> None:
        self._address = address
        self._pipe: RedisPipe | None = None
        self._turn = asyncio.Lock()

    async def newest_prices(self) -> Sequence[NewestPrice]:
        prices, confirmed = await self._ask(
            ("HGETALL", newest.PRICES), ("HGETALL", newest.CONFIRMED)
        )
        return newest.prices(_mapping(prices), _mapping(confirmed))

    async def prices_of(self, symbols: Collection[str]) -> Sequence[NewestPrice]:
        fields = newest.price_fields(symbols)
        if not fields:
            return []
        told, confirmed = await self._ask(
            ("HMGET", newest.PRICES, *fields),
            ("HMGET", newest.CONFIRMED, *fields, *newest.mid_fields(symbols)),
        )
        every = [field.encode() for field in (*fields, *newest.mid_fields(symbols))]
        return newest.prices(_present(every, told), _present(every, confirmed))

    async def forming(self, symbol: str, timeframe: Timeframe) -> Candle | None:
        field = newest.forming_field(symbol, timeframe)
        (row,) = await self._ask(("HGET", newest.FORMING, field))
        return None if row is None else newest.candle(cast("bytes", row))

    async def processes(self) -> Sequence[ProcessState]:
        (rows,) = await self._ask(("HGETALL", PROCESSES))
        return board.states(_mapping(rows))

    async def streams(self) -> Sequence[StreamState]:
        known = await self._ask(*(("EXISTS", stream) for stream in _EVERY_STREAM))
        present = [
            stream
            for stream, is_there in zip(_EVERY_STREAM, known, strict=True)
            if is_there
        ]
        if not present:
            return []
        infos = await self._ask(*(("XINFO", "STREAM", stream) for stream in present))
        groups = await self._ask(*(("XINFO", "GROUPS", stream) for stream in present))
        return [
            _stream_state(stream, _mapping_of(info), cast("list[object]", of_stream))
            for stream, info, of_stream in zip(present, infos, groups, strict=True)
        ]

    @asynccontextmanager
    async def follow(
        self, streams: Sequence[str]
    ) -> AsyncIterator[AsyncIterator[Sequence[Envelope]]]:
        """On a connection of its own; raises ``DependencyError`` when it is lost."""
        pipe = await RedisPipe.open(self._address)
        try:
            # Before anything is read: whoever then asks for the newest misses nothing.
            after = {stream: await _newest_id(pipe, stream) for stream in streams}
            yield _batches(pipe, after)
        finally:
            pipe.close()

    async def close(self) -> None:
        async with self._turn:
            if self._pipe is not None:
                self._pipe.close()
                self._pipe = None

    async def _ask(self, *commands: Command) -> list[object]:
        async with self._turn:
            pipe, self._pipe = self._pipe, None
            if pipe is None:
                pipe = await RedisPipe.open(self._address)
            try:
                replies = await pipe.execute(commands)
            except RefusedCommandError:
                pipe.close()  # another server may answer otherwise
                raise
            self._pipe = pipe
            return replies


async def _batches(
    pipe: RedisPipe, after: dict[str, bytes]
) -> AsyncIterator[Sequence[Envelope]]:
    while True:
        command: Command = (
            *("XREAD", "COUNT", _MOST_AT_ONCE),
            *("BLOCK", int(_BLOCK_SECS * 1000), "STREAMS"),
            *after.keys(),
            *after.values(),
        )
        (reply,) = await pipe.execute([command], _BLOCK_SECS)
        envelopes = _followed(reply, after)
        if envelopes:
            yield envelopes


async def _newest_id(pipe: RedisPipe, stream: str) -> bytes:
    (entries,) = await pipe.execute([("XREVRANGE", stream, "+", "-", "COUNT", 1)])
    rows = cast("list[tuple[bytes, object]]", entries)
    return rows[0][0] if rows else b"0"


def _followed(reply: object, after: dict[str, bytes]) -> list[Envelope]:
    envelopes: list[Envelope] = []
    for name, entries in cast(
        "list[tuple[bytes, list[tuple[bytes, list[bytes]]]]]", reply or []
    ):
        for entry_id, flat in entries:
            after[name.decode()] = entry_id
            fields = dict(zip(flat[::2], flat[1::2], strict=True))
            try:
                envelopes.append(codec.envelope(fields))
            except InvalidValueError as error:
                _log.warning("entry_unreadable", reason=str(error)[:200])
    return envelopes


def _stream_state(
    stream: str, info: dict[bytes, object], groups: list[object]
) -> StreamState:
    newest_id = cast("bytes", info[b"last-generated-id"])
    newest_ms = int(newest_id.partition(b"-")[0])
    return StreamState(
        stream=stream,
        length=cast("int", info[b"length"]),
        newest_entry_ms=newest_ms or None,
        groups=[_group_state(_mapping_of(group)) for group in groups],
    )


def _group_state(group: dict[bytes, object]) -> GroupState:
    lag = group.get(b"lag")
    return GroupState(
        group=cast("bytes", group[b"name"]).decode(),
        consumers=cast("int", group[b"consumers"]),
        pending=cast("int", group[b"pending"]),
        lag=lag if isinstance(lag, int) else None,
    )


def _mapping_of(flat: object) -> dict[bytes, object]:
    items = cast("list[object]", flat)
    return dict(zip(cast("list[bytes]", items[::2]), items[1::2], strict=True))


def _mapping(flat: object) -> dict[bytes, bytes]:
    return cast("dict[bytes, bytes]", _mapping_of(flat))


def _present(fields: Sequence[bytes], values: object) -> dict[bytes, bytes]:
    """Those that are there; there may be fewer values than fields."""
    rows = cast("list[bytes | None]", values)
    pairs = zip(fields, rows, strict=False)
    return {field: value for field, value in pairs if value is not None}

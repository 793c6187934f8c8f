"""The commands of one member of one consumer group; no policy in here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import hiredis

from threet.adapters.redis_streams import codec
from threet.adapters.redis_streams.pipe import Command, RedisPipe, RefusedCommandError
from threet.model.errors import DependencyError

# RESP2: an entry is [id, [name, value, name, value, ...]], its fields None if trimmed.
RawEntry = tuple[bytes, list[bytes] | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """``fields`` is empty when the entry was trimmed before it could be read."""

    entry_id: bytes
    fields: codec.Fields


@dataclass(frozen=True, slots=True)
class Batch:
    """``lost`` entries were trimmed before the group, or their member, saw them."""

    entries: Sequence[Entry] = ()
    lost: int = 0


class GroupReader:
    """``start`` is where a new group begins: "0" the oldest entry, "$" the next one."""

    def __init__(
        self, pipe: RedisPipe, *, stream: str, group: str, consumer: str, start: str
    ) -> None:
        self._pipe = pipe
        self._stream = stream
        self._group = group
        self._consumer = consumer
        self._start = start

    async def ensure_group(self) -> None:
        create = ("XGROUP", "CREATE", self._stream, self._group, self._start)
        # Without it the server cannot tell how far the group is before its first
        # read, and what is trimmed until then would be lost uncounted.
        count = ("ENTRIESREAD", 0) if self._start == "0" else ()
        try:
            await self._pipe.execute([(*create, "MKSTREAM", *count)])
        except RefusedCommandError as error:
            if not error.reason.startswith("BUSYGROUP"):
                raise

    async def read(self, count: int) -> Batch:
        """New entries, without waiting, and how many were trimmed before them.

        Those are counted in the same transaction in which the group moves past them,
        since afterwards nothing tells (PITFALLS, MAXLEN).
        """
        stream, groups, read = await self._at_once(
            ("XINFO", "STREAM", self._stream),
            ("XINFO", "GROUPS", self._stream),
            self._xread(count),
        )
        lost = _trimmed_unread(_mapping(stream), self._own(groups))
        return Batch(_entries_of_streams(read), lost)

    async def wait(self, count: int, secs: float) -> Batch:
        """New entries, up to ``secs`` awaited; cheaper, but for a group that is not
        behind: what it passes over uncounted is only what nobody could have trimmed."""
        block = ("BLOCK", int(secs * 1000))
        reply = await self._pipe.execute([self._xread(count, *block)], secs)
        return Batch(_entries_of_streams(reply[0]))

    async def own_pending(self, count: int, after: bytes) -> Sequence[Entry]:
        """Entries delivered to this member before, and never acknowledged."""
        command = self._xread(count)[:-1]
        reply = await self._pipe.execute([(*command, after)])
        return _entries_of_streams(reply[0])

    async def take_over(self, idle_secs: float, count: int) -> Batch:
        """Entries that some member has held too long; they are this member's now."""
        reply = await self._pipe.execute(
            [
                (
                    "XAUTOCLAIM",
                    self._stream,
                    self._group,
                    self._consumer,
                    int(idle_secs * 1000),
                    "0",
                    "COUNT",
                    count,
                )
            ]
        )
        _, claimed, *deleted = cast("list[list[object]]", reply[0])
        lost = len(deleted[0]) if deleted else 0
        return Batch(_entries(cast("list[RawEntry]", claimed)), lost)

    async def deliveries(self, entry_id: bytes) -> int:
        """How often the entry was handed out; 0 when it is pending no more."""
        reply = await self._pipe.execute(
            [("XPENDING", self._stream, self._group, entry_id, entry_id, 1)]
        )
        rows = cast("list[tuple[bytes, bytes, int, int]]", reply[0])
        return rows[0][3] if rows else 0

    async def acknowledge(self, entry_ids: Sequence[bytes]) -> None:
        if entry_ids:
            await self._pipe.execute([("XACK", self._stream, self._group, *entry_ids)])

    async def bury(self, entry: Entry, reason: str, kept: int) -> None:
        """Move an entry to the dead letters and acknowledge it, both or neither."""
        original = [part for pair in entry.fields.items() for part in pair]
        about = (
            *("stream", self._stream, "group", self._group),
            *("entry_id", entry.entry_id, "reason", reason[:500]),
        )
        bound = ("MAXLEN", "~", kept, "*")
        await self._at_once(
            ("XADD", codec.DEAD_LETTERS, *bound, *about, *original),
            ("XACK", self._stream, self._group, entry.entry_id),
        )

    async def _at_once(self, *commands: Command) -> list[object]:
        """One transaction; an error reply of any of its commands is raised."""
        replies = await self._pipe.execute([("MULTI",), *commands, ("EXEC",)])
        results = cast("list[object]", replies[-1])
        for result in results:
            if isinstance(result, hiredis.ReplyError):
                raise RefusedCommandError(str(result))
        return results

    def _xread(self, count: int, *block: str | int) -> tuple[str | int, ...]:
        who = ("XREADGROUP", "GROUP", self._group, self._consumer, "COUNT", count)
        return (*who, *block, "STREAMS", self._stream, ">")

    def _own(self, groups: object) -> dict[bytes, object]:
        for group in map(_mapping, cast("list[object]", groups)):
            if group[b"name"] == self._group.encode():
                return group
        raise DependencyError("redis", f"group {self._group} vanished")


def _trimmed_unread(stream: dict[bytes, object], group: dict[bytes, object]) -> int:
    """Entries ever added, less those still there, less those the group has passed."""
    passed = group.get(b"entries-read")
    if not isinstance(passed, int):
        return 0  # the server cannot tell; it can again after the next read
    added = cast("int", stream[b"entries-added"])
    return max(0, added - cast("int", stream[b"length"]) - passed)


def _mapping(flat: object) -> dict[bytes, object]:
    items = cast("list[object]", flat)
    names = cast("list[bytes]", items[::2])
    return dict(zip(names, items[1::2], strict=True))


def _entries_of_streams(reply: object) -> list[Entry]:
    if reply is None:
        return []
    ((_, entries),) = cast("list[tuple[bytes, list[RawEntry]]]", reply)
    return _entries(entries)


def _entries(raw: list[RawEntry]) -> list[Entry]:
    return [
        Entry(entry_id, dict(zip(flat[::2], flat[1::2], strict=True)) if flat else {})
        for entry_id, flat in raw
    ]

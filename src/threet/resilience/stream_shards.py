"""Which connection carries which topic: all of one symbol on one, always the same."""

import zlib
from collections.abc import Iterable, Sequence

from threet.model.topics import Topic


def shard_of(subject: str, shards: int) -> int:
    """Depends on the symbol alone; what concerns all symbols is on the first."""
    return zlib.crc32(subject.encode()) % shards


def split(topics: Iterable[Topic], shards: int) -> Sequence[Sequence[Topic]]:
    """The topics of each shard, their order kept."""
    parts: list[list[Topic]] = [[] for _ in range(shards)]
    for topic in topics:
        parts[shard_of(topic.subject, shards)].append(topic)
    return parts

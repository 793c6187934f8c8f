"""What must hold of the streams after a run of chaos: no money lost, loss counted."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import redis

BALANCES = "balance:updated"
MONEY = (BALANCES, "positions:updated")
DEAD_LETTERS = "dead:letters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Of one stream: ``unread`` entries were trimmed before each group had them, and
    ``behind`` are those that a group has not finished."""

    added: int
    trimmed: int
    unread: Mapping[str, int]
    behind: Mapping[str, int]


class Streams:
    """Reads the platform's Redis; changes nothing."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def tally(self, stream: str) -> Tally | None:
        """None while nobody has published to the stream."""
        if not self._client.exists(stream):
            return None
        told = cast("dict[str, int]", self._client.xinfo_stream(stream))
        trimmed = told["entries-added"] - told["length"]
        groups = self._client.xinfo_groups(stream)
        named = {_text(group["name"]): group for group in groups}
        return Tally(
            added=told["entries-added"],
            trimmed=trimmed,
            unread={
                name: max(0, trimmed - (group["entries-read"] or 0))
                for name, group in named.items()
            },
            behind={
                name: group["pending"] + (group["lag"] or 0)
                for name, group in named.items()
            },
        )

    def money_trimmed(self) -> int:
        """Money events that left their stream: no run is as long as the streams."""
        tallies = [self.tally(stream) for stream in MONEY]
        return sum(tally.trimmed for tally in tallies if tally is not None)

    def money_behind(self) -> int:
        tallies = [self.tally(stream) for stream in MONEY]
        known = [tally for tally in tallies if tally is not None]
        return sum(count for tally in known for count in tally.behind.values())

    def dead_letters(self) -> int:
        return int(self._client.xlen(DEAD_LETTERS))

    def told_out_of_order(self) -> int:
        """Balances told for the first time after a later one; told twice is allowed."""
        newest, seen, wrong = 0, set[str](), 0
        for event_id, account_ms in self._balances():
            wrong += event_id not in seen and account_ms < newest
            seen.add(event_id)
            newest = max(newest, account_ms)
        return wrong

    def _balances(self) -> Iterator[tuple[str, int]]:
        rows = cast(
            "list[tuple[bytes, dict[bytes, bytes]]]", self._client.xrange(BALANCES)
        )
        for _, fields in rows:
            yield fields[b"id"].decode(), int(fields[b"event_ms"])


def of_run(folder: Path) -> Streams:
    """Of the private server of a running `3t up` or `3t demo` in the folder."""
    note = json.loads((folder / "run.json").read_text())
    port, password = note["redis_port"], note["redis_password"]
    return Streams(redis.Redis(port=port, password=password, socket_timeout=5))


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else name

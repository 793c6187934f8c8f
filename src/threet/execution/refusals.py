"""Patience after a refusal: no storm of orders that the exchange does not take (O8)."""

from dataclasses import dataclass, field

_FIRST_MS = 2_000
_MOST_MS = 300_000
# Who wants out tries again soon, whatever was said.
_MOST_EXIT_MS = 10_000


@dataclass(slots=True)
class Refusals:
    """By symbol, and for ways out apart from all else."""

    _counts: dict[tuple[str, bool], int] = field(default_factory=dict)
    _until_ms: dict[tuple[str, bool], int] = field(default_factory=dict)

    def refused(self, symbol: str, now_ms: int, *, is_exit: bool) -> None:
        key = (symbol, is_exit)
        count = self._counts.get(key, 0)
        most = _MOST_EXIT_MS if is_exit else _MOST_MS
        self._counts[key] = count + 1
        self._until_ms[key] = now_ms + min(most, _FIRST_MS << min(count, 16))

    def accepted(self, symbol: str, *, is_exit: bool) -> None:
        self._counts.pop((symbol, is_exit), None)
        self._until_ms.pop((symbol, is_exit), None)

    def count(self, symbol: str, *, is_exit: bool) -> int:
        """How often in a row."""
        return self._counts.get((symbol, is_exit), 0)

    def wait_ms(self, symbol: str, now_ms: int, *, is_exit: bool) -> int:
        """How long nothing of that kind is sent; 0 if it may be."""
        return max(0, self._until_ms.get((symbol, is_exit), 0) - now_ms)

"""Patience after a refusal: no storm of orders that the exchange does not take (O8)."""

from dataclasses import dataclass, field

_FIRST_SECS = 2.0
_MOST_SECS = 300.0
# Who wants out tries again soon, whatever was said.
_MOST_EXIT_SECS = 10.0


@dataclass(slots=True)
class Refusals:
    """By symbol, and for ways out apart from all else; ``now`` is of a clock that is
    never set."""

    _counts: dict[tuple[str, bool], int] = field(default_factory=dict)
    _until: dict[tuple[str, bool], float] = field(default_factory=dict)

    def refused(self, symbol: str, now: float, *, is_exit: bool) -> None:
        key = (symbol, is_exit)
        count = self._counts.get(key, 0)
        most = _MOST_EXIT_SECS if is_exit else _MOST_SECS
        self._counts[key] = count + 1
        self._until[key] = now + min(most, _FIRST_SECS * 2 ** min(count, 16))

    def accepted(self, symbol: str, *, is_exit: bool) -> None:
        self._counts.pop((symbol, is_exit), None)
        self._until.pop((symbol, is_exit), None)

    def count(self, symbol: str, *, is_exit: bool) -> int:
        """How often in a row."""
        return self._counts.get((symbol, is_exit), 0)

    def wait_secs(self, symbol: str, now: float, *, is_exit: bool) -> float:
        """How long nothing of that kind is sent; 0 if it may be."""
        return max(0.0, self._until.get((symbol, is_exit), 0.0) - now)

"""The equity to compare with: that of the day's start, and its peak."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

_DAY_MS = 86_400_000


@dataclass(slots=True)
class EquityWatch:
    """Fed with believed readings only: one odd reading must never become a peak (F67).

    Both are None before the first one.
    """

    peak: Decimal | None = None
    of_day: Decimal | None = None
    _day: int = -1

    def note(self, account_ms: int, equity: Decimal) -> None:
        """Readings in the order of their times; days are of UTC."""
        day = account_ms // _DAY_MS
        if day != self._day:
            self._day, self.of_day = day, equity
        if self.peak is None or equity > self.peak:
            self.peak = equity

    def note_all(self, points: Iterable[tuple[int, Decimal]]) -> None:
        for account_ms, equity in points:
            self.note(account_ms, equity)

"""What an account sent of late, which the limits of a minute and of a day count."""

from collections import deque
from collections.abc import Iterable
from decimal import Decimal

from threet.model.numbers import ZERO
from threet.ports.trading_view import Sent

_MINUTE_MS = 60_000
_DAY_MS = 86_400_000


def counted_since(now_ms: int) -> int:
    """From when on an order counts: this day (UTC), or the last minute."""
    return min(now_ms // _DAY_MS * _DAY_MS, now_ms - _MINUTE_MS)


class SentOrders:
    """``before`` are those of earlier processes, in the order of their times: a limit
    of a day is no limit of a process, which may be started again at any time."""

    def __init__(self, before: Iterable[Sent] = ()) -> None:
        self._sent = deque(before)

    def note(self, one: Sent) -> None:
        self._sent.append(one)

    def in_last_minute(self, now_ms: int) -> int:
        self._forget(now_ms)
        return sum(now_ms - one.at_ms < _MINUTE_MS for one in self._sent)

    def notional_today(self, now_ms: int) -> Decimal:
        """In USDC, each at its limit."""
        self._forget(now_ms)
        today = now_ms // _DAY_MS
        found = (one.notional for one in self._sent if one.at_ms // _DAY_MS == today)
        return sum(found, ZERO)

    def _forget(self, now_ms: int) -> None:
        since_ms = counted_since(now_ms)
        while self._sent and self._sent[0].at_ms < since_ms:
            self._sent.popleft()

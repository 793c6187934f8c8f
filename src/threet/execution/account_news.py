"""An account's news between the stream that hears them and the cycle that uses them."""

from collections import deque
from collections.abc import Callable, Sequence

from threet.model.orders import Fill, OrderReport

News = OrderReport | Fill
# More than any minute has; beyond it the account is read instead.
_MOST_WAITING = 10_000


class AccountNews:
    """Written by one thread, read by another; ``is_live`` says whether news would be
    heard now."""

    def __init__(self, is_live: Callable[[], bool] = lambda: False) -> None:
        self._is_live = is_live
        self._waiting: deque[News] = deque()
        self._is_gap = False

    @property
    def is_live(self) -> bool:
        return self._is_live()

    @property
    def is_waiting(self) -> bool:
        return bool(self._waiting) or self._is_gap

    def hear(self, told: Sequence[News]) -> None:
        if len(self._waiting) > _MOST_WAITING:
            self.missed()
            return
        self._waiting.extend(told)

    def missed(self) -> None:
        """Something may have happened unheard."""
        self._is_gap = True

    def take_gap(self) -> bool:
        """Whether something was missed since this was last asked."""
        was_gap, self._is_gap = self._is_gap, False
        return was_gap

    def drain(self) -> Sequence[News]:
        found = []
        while self._waiting:
            found.append(self._waiting.popleft())
        return found

"""scheduleCancel: the dead man's switch, which cancels all orders of a user (§3.2)."""

from hlsim.core.address_budget import dollars_text
from hlsim.core.desk import OrderDesk
from hlsim.core.intervals import DAY_MS
from hlsim.core.numbers import USD
from hlsim.core.orders import Status
from hlsim.core.pit import Pit

EARLIEST_MS = 5_000
_A_DAY = 10


class DeadMan:
    """The time at which each user's orders are canceled unless it is moved."""

    def __init__(self, pit: Pit, desk: OrderDesk, required_volume: int) -> None:
        """``required_volume`` is what a user must have traded, in dollars."""
        self._fees = pit.clearing.fees
        self._timers = pit.timers
        self._desk = desk
        self._required = required_volume
        self._due: dict[str, int] = {}
        self._fired: dict[str, tuple[int, int]] = {}

    def schedule(self, user: str, time_ms: int | None, now_ms: int) -> str | None:
        """Set or clear the time; returns the wire's error.

        The words for a time that is too early, and for too many a day, are not known.
        """
        if time_ms is None:
            self._due.pop(user, None)
            return None
        traded = self._fees.volume(user).total
        if traded < self._required * USD:
            return (
                "Cannot set scheduled cancel time until enough volume traded."
                f" Required: ${self._required}. Traded: ${dollars_text(traded)}."
            )
        if time_ms < now_ms + EARLIEST_MS:
            return "Scheduled cancel time too early, must be at least 5 seconds away."
        if self._times_today(user, now_ms) >= _A_DAY:
            return "Too many scheduled cancels today."
        self._due[user] = time_ms
        self._timers.at(time_ms, lambda due_ms: self._fire(user, due_ms))
        return None

    def due_ms(self, user: str) -> int | None:
        """Return when the orders of ``user`` will be canceled, None if never."""
        return self._due.get(user)

    def _times_today(self, user: str, now_ms: int) -> int:
        day, times = self._fired.get(user, (0, 0))
        return times if day == now_ms // DAY_MS else 0

    def _fire(self, user: str, due_ms: int) -> None:
        if self._due.get(user) != due_ms:
            return
        del self._due[user]
        times = self._times_today(user, due_ms) + 1
        self._fired[user] = (due_ms // DAY_MS, times)
        self._desk.cancel_all(user, Status.SCHEDULED_CANCEL, due_ms)

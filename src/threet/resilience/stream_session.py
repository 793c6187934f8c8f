"""One WebSocket connection's health, as a state machine that is told the time.

Only received frames move the timer: a connection on which nothing but our own pings
travels is dead, however well those are sent (RELIABILITY.md W2).
"""

from dataclasses import dataclass
from enum import Enum


class Due(Enum):
    NOTHING = "nothing"
    PING = "ping"
    RECONNECT = "reconnect"


@dataclass(slots=True)
class StreamSession:
    """``now`` is monotonic seconds. Start one for each connection, when it opens.

    The exchange closes a connection to which it has sent nothing for 60 s, and sends
    prices several times a second; ``silence_secs`` without any frame is a fault.
    """

    opened_at: float
    ping_every_secs: float = 5.0
    silence_secs: float = 12.0
    _last_frame: float | None = None
    _last_ping: float | None = None

    def received(self, now: float) -> None:
        self._last_frame = now

    def due(self, now: float) -> Due:
        """What to do now; PING is answered by sending one."""
        heard = self.opened_at if self._last_frame is None else self._last_frame
        if now - heard >= self.silence_secs:
            return Due.RECONNECT
        pinged = heard if self._last_ping is None else max(heard, self._last_ping)
        if now - pinged >= self.ping_every_secs:
            self._last_ping = now
            return Due.PING
        return Due.NOTHING

    @property
    def check_every_secs(self) -> float:
        """Asking this often notices a fault in time."""
        return min(self.ping_every_secs, self.silence_secs) / 5

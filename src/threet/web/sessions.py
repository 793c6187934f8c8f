"""Who has logged in: sessions in memory, bounded in number and in time.

A session is a random name, which only its cookie holds, and a second secret, which the
page has to send with everything that changes something (CSRF). A restart ends them all.
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from threet.ports.clock import Clock

LASTS_SECS = 12 * 3600
_MOST_SESSIONS = 200
_MOST_ADDRESSES = 1000
_TRIES = 5
_TRIES_OF_ALL = 50
_TRIES_OVER_SECS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """``is_known``: whoever has it gave the token."""

    csrf: str
    ends_at: float
    is_known: bool


class Sessions:
    """By name, oldest first. Times are of the monotonic clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sessions: dict[str, Session] = {}

    def begin(self, *, is_known: bool) -> tuple[str, Session]:
        now = self._clock.monotonic()
        self._forget(now)
        name = secrets.token_urlsafe(32)
        session = Session(
            csrf=secrets.token_urlsafe(32), ends_at=now + LASTS_SECS, is_known=is_known
        )
        self._sessions[name] = session
        return name, session

    def find(self, name: str | None) -> Session | None:
        session = None if name is None else self._sessions.get(name)
        if session is None or session.ends_at <= self._clock.monotonic():
            return None
        return session

    def end(self, name: str | None) -> None:
        if name is not None:
            self._sessions.pop(name, None)

    def _forget(self, now: float) -> None:
        """Those that are over; then, so that nobody fills the memory, strangers' before
        those of whoever is known."""
        gone = [name for name, one in self._sessions.items() if one.ends_at <= now]
        for name in gone:
            del self._sessions[name]
        while len(self._sessions) >= _MOST_SESSIONS:
            strangers = (n for n, one in self._sessions.items() if not one.is_known)
            del self._sessions[next(strangers, next(iter(self._sessions)))]


class Tries:
    """Wrong tokens: five a minute of one address and fifty of all, then none is looked
    at."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failed: dict[str, list[float]] = {}
        self._all: list[float] = []

    def wait_secs(self, address: str) -> float:
        """0 when the next one may be tried now."""
        own = self._failed.get(address, [])
        return max(self._left(own, _TRIES), self._left(self._all, _TRIES_OF_ALL))

    def note_failure(self, address: str) -> None:
        now = self._clock.monotonic()
        own = self._failed.pop(address, [])
        self._failed[address] = [*own, now][-_TRIES:]
        self._all = [*self._all, now][-_TRIES_OF_ALL:]
        while len(self._failed) > _MOST_ADDRESSES:
            del self._failed[next(iter(self._failed))]

    def _left(self, failed: Sequence[float], most: int) -> float:
        if len(failed) < most:
            return 0.0
        return max(0.0, failed[-most] + _TRIES_OVER_SECS - self._clock.monotonic())


def is_same(given: str, expected: str) -> bool:
    """In a time that tells nothing about how much of it is right."""
    return hmac.compare_digest(given.encode(), expected.encode())

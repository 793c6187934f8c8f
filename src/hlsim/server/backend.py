"""What stands behind the wire: it executes actions and lets faults intervene."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from hlsim.core.exchange import Exchange
from hlsim.faults.interventions import Interventions
from hlsim.server.outside import Outside
from hlsim.wire.signature_errors import SigningError
from hlsim.wire.signing import SOURCES, Source
from hlsim.wire.trading import account_of, decode_envelope, execute


class Backend(Protocol):
    """The exchange as actions and faults see it."""

    @property
    def interventions(self) -> Interventions:
        """What faults may do to it."""
        ...

    async def execute(self, body: bytes, now_ms: int, skew_ms: int) -> object:
        """Execute the signed action of a body and return what to encode (§3).

        It happens at ``now_ms``. ``skew_ms`` is how far off the exchange believes to
        be: nonces and `expiresAfter` are judged by ``now_ms + skew_ms``, all else by
        ``now_ms``. Raises msgspec.DecodeError for a body that is no signed action.
        """
        ...

    def user_of(self, body: bytes) -> str | None:
        """Return the account an action is for, in lower case; None if unknown."""
        ...


Publish = Callable[[], None]
MakeBackend = Callable[[Exchange, Publish], Backend]


class LiveBackend:
    """Carries actions out on an exchange, and has published what follows."""

    def __init__(
        self,
        exchange: Exchange,
        publish: Publish,
        sources: Sequence[Source] = SOURCES,
    ) -> None:
        """Accept signatures for ``sources``; call ``publish`` after each action."""
        self._exchange = exchange
        self._publish = publish
        self._sources = sources
        self.interventions: Interventions = Outside(exchange)

    async def execute(self, body: bytes, now_ms: int, skew_ms: int) -> object:
        """Execute the signed action of a body and return what to encode."""
        envelope = decode_envelope(body)
        done = execute(
            self._exchange, envelope, now_ms, skew_ms=skew_ms, sources=self._sources
        )
        self._publish()
        return done

    def user_of(self, body: bytes) -> str | None:
        """Return whose account an action would change."""
        try:
            envelope = decode_envelope(body)
            return account_of(self._exchange, envelope, self._sources)
        except (SigningError, msgspec.DecodeError):
            return None

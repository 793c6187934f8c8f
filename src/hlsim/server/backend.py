"""What stands behind the wire: it executes actions and lets faults intervene."""

from collections.abc import Callable, Sequence

import msgspec

from hlsim.core.exchange import Exchange
from hlsim.faults.interventions import Interventions
from hlsim.server.outside import Outside
from hlsim.wire.signature_errors import SigningError
from hlsim.wire.signing import SOURCES, Source
from hlsim.wire.trading import account_of, decode_envelope, execute


class Backend:
    """Carries actions out on an exchange, and has published what follows."""

    def __init__(
        self,
        exchange: Exchange,
        catch_up: Callable[[int], None],
        sources: Sequence[Source] = SOURCES,
    ) -> None:
        """Accept signatures for ``sources``.

        ``catch_up`` lets the exchange live up to a moment and publishes it all.
        """
        self._exchange = exchange
        self._catch_up = catch_up
        self._sources = sources
        self.interventions: Interventions = Outside(exchange)

    def catch_up(self, now_ms: int) -> None:
        """Live and publish what was due by ``now_ms``, and what was done since."""
        self._catch_up(now_ms)

    async def execute(self, body: bytes, now_ms: int, skew_ms: int) -> object:
        """Execute the signed action of a body and return what to encode (§3).

        It happens at ``now_ms``, after every block until then. ``skew_ms`` is how far
        off the exchange believes to be: nonces and `expiresAfter` are judged by
        ``now_ms + skew_ms``, all else by ``now_ms``. Raises msgspec.DecodeError for a
        body that is no signed action.
        """
        envelope = decode_envelope(body)
        self._catch_up(now_ms)
        done = execute(
            self._exchange, envelope, now_ms, skew_ms=skew_ms, sources=self._sources
        )
        self._catch_up(now_ms)
        return done

    def user_of(self, body: bytes) -> str | None:
        """Return whose account an action would change, None if unknown."""
        try:
            envelope = decode_envelope(body)
            return account_of(self._exchange, envelope, self._sources)
        except (SigningError, msgspec.DecodeError):
            return None

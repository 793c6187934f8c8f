"""What stands behind the wire: it executes actions and lets faults intervene."""

from collections.abc import Callable
from typing import Protocol

from hlsim.core.exchange import Exchange
from hlsim.faults.interventions import InterventionError, Interventions
from hlsim.wire.actions import UNSUPPORTED, decode_action


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


MakeBackend = Callable[[Exchange], Backend]


class NoInterventions:
    """Refuses all of them: an exchange on which nobody trades cannot do any."""

    def delist(self, coin: str) -> None:
        """Refuse."""
        raise InterventionError("this exchange cannot delist")

    def enlist(self, name: str, sz_decimals: int, max_leverage: int, px: str) -> None:
        """Refuse."""
        raise InterventionError("this exchange cannot enlist")

    def liquidate(self, user: str) -> None:
        """Refuse."""
        raise InterventionError("this exchange cannot liquidate")

    def expire_agent(self, user: str, agent: str) -> None:
        """Refuse."""
        raise InterventionError("this exchange has no agents")

    def set_post_only(self, until_ms: int) -> None:
        """Refuse."""
        raise InterventionError("this exchange takes no orders")

    def skip_minutes(self, coin: str, minutes: int) -> None:
        """Refuse."""
        raise InterventionError("this exchange cannot skip minutes")

    def drop_orders(self, user: str, coin: str | None, *, only_triggers: bool) -> None:
        """Refuse."""
        raise InterventionError("this exchange has no orders")


class RefusingBackend:
    """Refuses every action in the words of the wire."""

    def __init__(self, exchange: Exchange) -> None:
        """Stand behind ``exchange``, of which nothing is needed."""
        self.interventions: Interventions = NoInterventions()

    async def execute(self, body: bytes, now_ms: int, skew_ms: int) -> object:
        """Refuse what is a signed action."""
        decode_action(body)
        return UNSUPPORTED

    def user_of(self, body: bytes) -> str | None:
        """Return None: nobody is told apart here."""
        return None

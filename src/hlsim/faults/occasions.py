"""The occasions on which a fault may strike, as values."""

from dataclasses import dataclass
from typing import Literal

Endpoint = Literal["info", "exchange"]
Via = Literal["http", "ws"]
Scope = Literal["request", "frame", "connection"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOccasion:
    """A request came in, by POST or as a `post` on the websocket (§5).

    ``kind`` is the ``type`` of the question or of the action, empty if it has none;
    ``user`` is in lower case, None where it cannot be told. ``dex`` is the builder dex
    that a question names. ``legs`` counts the orders, cancels or modifies of a batch.
    """

    now_ms: int
    endpoint: Endpoint
    kind: str
    via: Via = "http"
    user: str | None = None
    coins: frozenset[str] = frozenset()
    dex: str | None = None
    has_trigger: bool = False
    legs: int = 1

    @property
    def about(self) -> str:
        """What the log says of it."""
        return f"{self.endpoint} {self.kind} by {self.via}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameOccasion:
    """A frame is about to be sent, or a topic was subscribed to.

    ``coin`` and ``user`` are those of the subscription; replies have neither.
    """

    now_ms: int
    session: int
    channel: str
    coin: str | None = None
    user: str | None = None

    @property
    def about(self) -> str:
        """What the log says of it."""
        whose = self.coin or self.user or ""
        return f"{self.channel} {whose}".rstrip() + f" to connection {self.session}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionOccasion:
    """A websocket is being opened: the ``number``-th since the start."""

    now_ms: int
    number: int

    @property
    def about(self) -> str:
        """What the log says of it."""
        return f"connection {self.number}"


Occasion = RequestOccasion | FrameOccasion | ConnectionOccasion

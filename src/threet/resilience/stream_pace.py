"""How fast one address may connect and speak over all its WebSocket connections."""

from dataclasses import dataclass, field

from threet.resilience.weight_window import WeightWindow

# Of 2000 messages and 30 new connections a minute (HYPERLIQUID.md 1.5); the rest is
# for other processes of the address.
_MESSAGES, _CONNECTIONS = 1_800, 25
_KEPT_FOR_PINGS = 200


@dataclass(slots=True)
class StreamPace:
    """One for all connections of a process. ``now`` is monotonic seconds.

    Each method takes one of its kind, or returns the seconds to wait before asking
    again; 0 means taken.
    """

    _messages: WeightWindow = field(default_factory=lambda: WeightWindow(_MESSAGES))
    _connections: WeightWindow = field(
        default_factory=lambda: WeightWindow(_CONNECTIONS)
    )

    def subscription(self, now: float) -> float:
        return float(self._messages.take(int(now), 1, keep=_KEPT_FOR_PINGS))

    def ping(self, now: float) -> float:
        return float(self._messages.take(int(now), 1))

    def connection(self, now: float) -> float:
        return float(self._connections.take(int(now), 1))

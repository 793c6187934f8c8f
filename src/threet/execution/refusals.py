"""Patience after a refusal: no storm of orders that the exchange does not take (O8)."""

from dataclasses import dataclass, field
from enum import Enum

from threet.model.orders import OrderSpec, TriggerKind

_FIRST_SECS = 2.0
_MOST_SECS = 300.0
_MOST_URGENT_SECS = 10.0


class Kind(Enum):
    ADDS = "adds"
    REDUCES = "reduces"
    PROTECTS = "protects"
    TAKES_PROFIT = "takes profit"  # it protects nothing: its stop does


# Who wants out, or is bare, does not wait for long.
_URGENT = frozenset({Kind.REDUCES, Kind.PROTECTS})


def kind_of(spec: OrderSpec) -> Kind:
    if spec.trigger is not None:
        is_stop = spec.trigger.kind is TriggerKind.STOP_LOSS
        return Kind.PROTECTS if is_stop else Kind.TAKES_PROFIT
    return Kind.REDUCES if spec.reduce_only else Kind.ADDS


@dataclass(slots=True)
class Refusals:
    """By symbol, each kind apart: a stop that is refused slows no way out, nor is a way
    out that is refused a missing stop. ``now`` is of a clock that is never set."""

    _counts: dict[tuple[str, Kind], int] = field(default_factory=dict)
    _until: dict[tuple[str, Kind], float] = field(default_factory=dict)

    def refused(self, symbol: str, kind: Kind, now: float) -> None:
        key = (symbol, kind)
        count = self._counts.get(key, 0)
        most = _MOST_URGENT_SECS if kind in _URGENT else _MOST_SECS
        self._counts[key] = count + 1
        self._until[key] = now + min(most, _FIRST_SECS * 2 ** min(count, 16))

    def accepted(self, symbol: str, kind: Kind) -> None:
        """Or there is nothing to be sent any more."""
        self._counts.pop((symbol, kind), None)
        self._until.pop((symbol, kind), None)

    def count(self, symbol: str, kind: Kind) -> int:
        """How often in a row."""
        return self._counts.get((symbol, kind), 0)

    def wait_secs(self, symbol: str, kind: Kind, now: float) -> float:
        """How long nothing of that kind is sent; 0 if it may be."""
        return max(0.0, self._until.get((symbol, kind), 0.0) - now)

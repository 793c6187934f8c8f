"""Classes of requests, and how patient the exchange is asked."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum

from threet.model.events import AlertRaised
from threet.ports.rate_budget import Priority
from threet.ports.telemetry import RequestTelemetry, Untold


class RequestClass(Enum):
    """Each has a breaker of its own: failing reads stop no cancel."""

    READS = "reads"
    ACCOUNT = "account"
    ORDERS = "orders"
    CANCELS = "cancels"

    @property
    def priority(self) -> Priority:
        return _PRIORITIES[self]

    @property
    def may_repeat(self) -> bool:
        """An order never: it may have been accepted. A cancel twice is one cancel."""
        return self is not RequestClass.ORDERS


_PRIORITIES: Mapping[RequestClass, Priority] = {
    RequestClass.READS: Priority.DATA,
    RequestClass.ACCOUNT: Priority.ACCOUNT,
    RequestClass.ORDERS: Priority.ORDER,
    RequestClass.CANCELS: Priority.CANCEL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPolicy:
    """``retries_secs`` are the waits between tries; no try begins after
    ``patience_secs``. ``seed`` spreads the waits of processes that fail together."""

    failures: int = 5
    reset_secs: float = 300.0
    retries_secs: Sequence[float] = (1.0, 2.0, 4.0)
    patience_secs: float = 30.0
    seed: int = 0


Note = Callable[[str, Mapping[str, object]], None]


def _silent(_name: str, _fields: Mapping[str, object]) -> None: ...


def _unheard(_alert: AlertRaised) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a pure machine has to be lent; none of it may raise.

    ``lock`` keeps threads apart, ``wait`` blocks for seconds, ``note`` writes a log
    line, ``alert`` tells people and does not block, ``telemetry`` sees each try.
    ``source`` names the process.
    """

    lock: AbstractContextManager[object]
    wait: Callable[[float], None]
    note: Note = field(default=_silent)
    alert: Callable[[AlertRaised], None] = field(default=_unheard)
    telemetry: RequestTelemetry = field(default_factory=Untold)
    source: str = ""

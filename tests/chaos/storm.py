"""What goes wrong in a run of chaos, and when: all of it follows from the seed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import count

from hlsim.core.rng import draw, stream

STREAMS = ("price_stream_producer", "price_stream_consumer", "example_balance_consumer")
VICTIMS = (*STREAMS, "celery_worker", "celery_beat", "valkey", "hlsim")
_READS = {"endpoints": ["info"]}


class Act(Enum):
    KILL = "kill -9"
    STOP = "SIGSTOP"
    FAULT = "fault of the exchange"


@dataclass(frozen=True, kw_only=True)
class Blow:
    """One thing that goes wrong, held for ``secs``, and the calm after it.

    ``victim`` names a process; ``fault`` is the body for the control API of hlsim.
    """

    kind: str
    act: Act
    victim: str = ""
    fault: Mapping[str, object] | None = None
    secs: float = 0.0
    calm_secs: float = 1.0


_FAULTS: Mapping[str, Mapping[str, object]] = {
    "close": {"kind": "close"},
    "reset": {"kind": "close", "reset": True},
    "half_open": {"kind": "half_open"},
    "silence": {"kind": "silence", "channels": ["allMids", "bbo"]},
    "never_first": {"kind": "never_first", "rate": 0.3},
    "duplicate": {"kind": "duplicate", "rate": 0.3},
    "refuse_connection": {"kind": "refuse_connection", "instead": 503},
    "lose_answer": {"kind": "lose_answer", "instead": "reset", "rate": 0.5, **_READS},
    "refuse_429": {"kind": "refuse_request", "status": 429, "rate": 0.5, **_READS},
    "refuse_500": {"kind": "refuse_request", "status": 500, "rate": 0.5, **_READS},
}
LAST = Blow(kind="close", act=Act.FAULT, fault=_FAULTS["close"], calm_secs=0.0)


# What hurts who trades; the exchange itself lives on, since it keeps the true account.
TRADERS = ("order_gateway", "trader", "valkey", "celery_worker", *STREAMS[:1])
_ORDERS = {"endpoints": ["exchange"], "rate": 0.5}
TRADING_FAULTS: Mapping[str, Mapping[str, object]] = {
    "lose_order": {"kind": "lose_request", "instead": "reset", **_ORDERS},
    "lose_order_answer": {"kind": "lose_answer", "instead": "reset", **_ORDERS},
    "hang_order_answer": {"kind": "lose_answer", "instead": "hang", **_ORDERS},
    "order_502_done": {"kind": "lose_answer", "instead": 502, **_ORDERS},
    "late_order": {"kind": "delay_request", "by_ms": 6_000, **_ORDERS},
    "malformed_answer": {"kind": "malformed_answer", "how": "cut", **_ORDERS},
    "refuse_order_502": {"kind": "refuse_request", "status": 502, **_ORDERS},
    "refuse_429": _FAULTS["refuse_429"],
    "close": _FAULTS["close"],
    "half_open": _FAULTS["half_open"],
    "duplicate": {"kind": "duplicate", "rate": 0.5, "channels": ["user"]},
    "unheard": {"kind": "silence", "channels": ["user", "orderUpdates"]},
}


def storm(
    seed: int,
    secs: float,
    victims: Sequence[str] = VICTIMS,
    faults: Mapping[str, Mapping[str, object]] = _FAULTS,
) -> Iterator[Blow]:
    """Blows for about ``secs``; the first ones are of every sort, in any order."""
    base = stream(seed)
    words = (draw(base, index) for index in count())
    left = secs
    deck: list[tuple[Act, str]] = []
    while True:
        deck = deck or _shuffled(words, victims, faults)
        blow = _blow(words, *deck.pop(), faults)
        left -= blow.secs + blow.calm_secs
        if left < 0:
            return
        yield blow


def _shuffled(
    words: Iterator[int],
    victims: Sequence[str],
    faults: Mapping[str, Mapping[str, object]],
) -> list[tuple[Act, str]]:
    cards = [(act, name) for act in (Act.KILL, Act.STOP) for name in victims]
    cards += [(Act.FAULT, name) for name in faults]
    keys = {card: next(words) for card in cards}
    return sorted(cards, key=keys.__getitem__)


def _blow(
    words: Iterator[int],
    act: Act,
    name: str,
    faults: Mapping[str, Mapping[str, object]],
) -> Blow:
    calm_secs = 0.2 + next(words) % 1000 / 1000
    held_secs = 0.5 + next(words) % 3000 / 1000
    if act is Act.FAULT:
        fault = faults[name]
        return Blow(
            kind=name, act=act, fault=fault, secs=held_secs, calm_secs=calm_secs
        )
    secs = held_secs if act is Act.STOP else 0.0
    kind = f"{act.value} {name}"
    return Blow(kind=kind, act=act, victim=name, secs=secs, calm_secs=calm_secs)

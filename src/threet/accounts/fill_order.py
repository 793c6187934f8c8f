"""Fills in the order in which they happened (F19).

The exchange dates them in milliseconds, and an order that takes several levels has many
in one. Of one symbol and millisecond each fill begins at the position where the one
before it ended: they are edges of a walk over positions, and the walk is their order.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import groupby

from threet.model.orders import Fill


def in_order(
    fills: Iterable[Fill], positions: Mapping[str, Decimal] | None = None
) -> Sequence[Fill]:
    """By time, then along the positions, then by ``tid``; ``positions`` are those
    before the first of ``fills``, where they are known."""
    at = dict(positions or {})
    found: list[Fill] = []
    rows = sorted(fills, key=lambda one: (one.time_ms, one.symbol, one.tid))
    for (_, symbol), group in groupby(rows, key=lambda one: (one.time_ms, one.symbol)):
        own = _walked(list(group), at.get(symbol))
        at[symbol] = _end(own[-1])
        found += own
    return found


def _end(fill: Fill) -> Decimal:
    return fill.start_position + fill.change


def _walked(own: Sequence[Fill], start: Decimal | None) -> Sequence[Fill]:
    if len(own) == 1:
        return own
    # The lowest tid is taken first where several would do.
    edges: dict[Decimal, list[Fill]] = {}
    for one in reversed(own):
        edges.setdefault(one.start_position, []).append(one)
    found = _walk(edges, _beginning(own) if start not in edges else start)
    while left := [one for some in edges.values() for one in some]:
        # A fill in between was not told: the rest is a walk of its own.
        found += _walk(edges, _beginning(left))
    return found


def _beginning(own: Sequence[Fill]) -> Decimal:
    """A position that more of them leave than reach; the first one's if it is a round
    trip."""
    balance: dict[Decimal, int] = {}
    for one in own:
        balance[one.start_position] = balance.get(one.start_position, 0) + 1
        balance[_end(one)] = balance.get(_end(one), 0) - 1
    leaving = [one.start_position for one in own if balance[one.start_position] > 0]
    return leaving[0] if leaving else own[0].start_position


def _walk(edges: dict[Decimal, list[Fill]], start: Decimal | None) -> list[Fill]:
    """Over every edge that can be reached, each once (Hierholzer's algorithm)."""
    stack: list[tuple[Decimal | None, Fill | None]] = [(start, None)]
    found: list[Fill] = []
    while stack:
        position, taken = stack[-1]
        if position is not None and edges.get(position):
            one = edges[position].pop()
            stack.append((_end(one), one))
            continue
        stack.pop()
        if taken is not None:
            found.append(taken)
    return found[::-1]

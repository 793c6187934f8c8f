"""A stop that was filled ends the wish it protected: nothing buys back what it sold.

A run wants it again only by a decision that is newer than the fill.
"""

from collections.abc import Callable, Sequence

from threet.model.decisions import Decision
from threet.model.intents import OrderIntent
from threet.model.orders import Fill, TriggerKind

RUN = "gateway"
ByCloid = Callable[[Sequence[str]], Sequence[OrderIntent]]
_WORDS = {
    TriggerKind.STOP_LOSS: "its stop loss was filled",
    TriggerKind.TAKE_PROFIT: "its take profit was filled",
}


def stop_outs(fills: Sequence[Fill], intents: ByCloid) -> Sequence[tuple[Fill, str]]:
    """The fills that end a wish, each with why: those of our trigger orders, and those
    with which the exchange itself closed a position (F18)."""
    cloids = sorted({one.cloid for one in fills if one.cloid is not None})
    kinds = {
        one.cloid: one.spec.trigger.kind
        for one in (intents(cloids) if cloids else [])
        if one.spec.trigger is not None
    }
    found = []
    for fill in fills:
        if fill.is_liquidation:
            found.append((fill, "the exchange liquidated it"))
        elif fill.cloid in kinds:
            found.append((fill, _WORDS[kinds[fill.cloid]]))
    return found


def stopped_out(fill: Fill, because: str, now_ms: int) -> Decision:
    """The record; the same fill gives the same one."""
    what = f"{because}: {fill.quantity} at {fill.price}"
    return _ended(f"fill {fill.symbol} {fill.tid}", what, now_ms)


def closed(symbol: str, because: str, now_ms: int) -> Decision:
    """The record of a wish that ends before its stop could be filled."""
    return _ended(f"close {symbol} {now_ms}", because, now_ms)


def _ended(event: str, because: str, now_ms: int) -> Decision:
    return Decision(
        decision_id=f"{RUN}/{event}",
        run=RUN,
        event=event,
        at_ms=now_ms,
        because=because,
    )

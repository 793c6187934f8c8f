"""The news of a reading; the same reading always gives news of the same ids."""

from collections.abc import Callable, Sequence

from threet.model.accounts import AccountState
from threet.model.events import BalanceUpdated, Envelope, PositionsUpdated
from threet.ports.outbox import Outbox

_BATCH = 200
_MOST_BATCHES = 50


def news_of(state: AccountState, received_ns: int) -> Sequence[Envelope]:
    when = f"{state.address}/{state.account_ms}"
    balance = BalanceUpdated(
        received_ns=received_ns,
        event_ms=state.account_ms,
        address=state.address,
        account_value=state.account_value,
        total_margin_used=state.total_margin_used,
        withdrawable=state.withdrawable,
    )
    positions = PositionsUpdated(
        received_ns=received_ns,
        event_ms=state.account_ms,
        address=state.address,
        positions=state.positions,
    )
    return [
        Envelope(event_id=f"balance/{when}", event=balance),
        Envelope(event_id=f"positions/{when}", event=positions),
    ]


def relay(outbox: Outbox, publish: Callable[[Sequence[Envelope]], None]) -> int:
    """Publish what waits, then mark it; returns how many.

    Killed in between, the same is published again, and two relays at once may publish
    the same: there is no lock, since consumers know the ids. Raises
    ``DependencyError``.
    """
    published = 0
    for _ in range(_MOST_BATCHES):
        batch = outbox.waiting(_BATCH)
        if batch:
            publish(batch)
            outbox.mark_published([envelope.event_id for envelope in batch])
            published += len(batch)
        if len(batch) < _BATCH:
            break
    return published

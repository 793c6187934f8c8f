"""The ledger of what is stored, kept up to date at the cost of what is new."""

from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal

from threet.accounts.fill_order import in_order
from threet.accounts.ledger import Ledger
from threet.model.money import FundingPayment, LedgerUpdate
from threet.model.orders import Fill
from threet.ports.ledger_store import Entries, Extent, LedgerStore, Origin

Entry = Fill | FundingPayment | LedgerUpdate


class LedgerReader:
    """Not thread-safe: one for each thread that asks."""

    def __init__(self, store: LedgerStore) -> None:
        self._store = store
        self._begin()

    def _begin(self) -> None:
        self._ledger = Ledger()
        self._seen: set[Hashable] = set()
        self._extent = Extent()

    def ledger(self) -> Ledger:
        """As of now. Raises ``DependencyError``."""
        if self._store.extent() != self._extent and not self._has_grown():
            self._begin()
            found = self._store.entries()
            self._apply(found, every(found))
        return self._ledger

    @property
    def newest_ms(self) -> int:
        """The time of the newest entry in it; 0 while there is none."""
        return self._extent.newest_ms

    def _has_grown(self) -> bool:
        """Whether what is new came after all that was there, and nothing went."""
        found = self._store.entries(self._extent.newest_ms)
        fresh = [one for one in every(found) if _key(one) not in self._seen]
        if found.extent.count != len(self._seen) + len(fresh):
            return False
        if not all(_is_later(one, self._extent.newest_ms) for one in fresh):
            return False
        self._apply(found, fresh)
        return True

    def _apply(self, found: Entries, fresh: Sequence[Entry]) -> None:
        for one in happened(fresh, self._ledger.positions()):
            if isinstance(one, Fill):
                self._ledger.add_fill(one, origin_of(one, found))
            elif isinstance(one, FundingPayment):
                self._ledger.add_funding(one)
            else:
                self._ledger.add_update(one)
            self._seen.add(_key(one))
        self._extent = found.extent


def happened(
    entries: Sequence[Entry], positions: Mapping[str, Decimal] | None = None
) -> Sequence[Entry]:
    """As they happened; of one millisecond funding before fills, fills by position."""
    fills = [one for one in entries if isinstance(one, Fill)]
    others: list[Entry] = [one for one in entries if not isinstance(one, Fill)]
    return sorted([*others, *in_order(fills, positions)], key=_when)


def origin_of(fill: Fill, found: Entries) -> Origin | None:
    return None if fill.cloid is None else found.origins.get(fill.cloid)


def every(found: Entries) -> Sequence[Entry]:
    return [*found.fills, *found.funding, *found.updates]


def _when(one: Entry) -> tuple[bool, int]:
    """What was there before everything else comes first, whenever it was noted."""
    return not (isinstance(one, LedgerUpdate) and one.is_ours), one.time_ms


def _is_later(one: Entry, until_ms: int) -> bool:
    is_ours = isinstance(one, LedgerUpdate) and one.is_ours
    return not is_ours and one.time_ms > until_ms


def _key(one: Entry) -> Hashable:
    if isinstance(one, Fill):
        return one.symbol, one.tid, one.time_ms
    if isinstance(one, FundingPayment):
        return one.symbol, one.time_ms
    return one.key

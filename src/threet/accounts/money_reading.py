"""Reads what is new of an account's funding and movements into the ledger's store."""

from collections.abc import Callable, Sequence

from threet.model.money import FundingPayment, LedgerUpdate
from threet.ports.ledger_store import LedgerStore
from threet.ports.money_history import MoneyHistory

# A page has 500 rows at most, the oldest first (F49).
_PAGE = 500
# A long history is read bit by bit: whoever waits for it has other work as well.
_MOST_PAGES = 5

Rows = Sequence[FundingPayment] | Sequence[LedgerUpdate]


def read_money(history: MoneyHistory, store: LedgerStore, *, overlap_ms: int) -> bool:
    """Whether all there is has been read; else the next call goes on from there.

    From ``overlap_ms`` before the newest known, so that what was told late is not
    missed; 0 goes on with a history that is read bit by bit. Raises the
    ``ExchangeError`` family and ``DependencyError``; what was read is kept.
    """
    funding_ms, update_ms = store.newest_funding_ms(), store.newest_update_ms()
    since_ms = max(0, (funding_ms or 0) - overlap_ms)
    if not _read(history.funding, store.record_funding, since_ms):
        return False
    since_ms = max(0, (update_ms or 0) - overlap_ms)
    return _read(history.updates, store.record_updates, since_ms)


def _read(
    told_since: Callable[[int], Rows], record: Callable[..., int], since_ms: int
) -> bool:
    for _ in range(_MOST_PAGES):
        page = told_since(since_ms)
        record(page)
        if len(page) < _PAGE or page[-1].time_ms == since_ms:
            return True
        since_ms = page[-1].time_ms
    return False

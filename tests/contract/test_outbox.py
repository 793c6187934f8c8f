"""What every outbox and inbox does. A new one joins by a line in ``boxes``."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal

import pytest

from tests.contract.conftest import OpenDatabase
from tests.contract.test_account_store import a_state
from threet.adapters.memory.clock import ManualClock
from threet.adapters.memory.outbox import MemoryInbox, MemoryOutbox
from threet.adapters.sql.account_store import SqlAccountStore
from threet.adapters.sql.outbox import SqlInbox, SqlOutbox
from threet.model.events import BalanceUpdated, Envelope
from threet.ports.outbox import Inbox, Outbox


class FixedClock:
    def now_ms(self) -> int:
        return 1_700_000_000_000

    def now_ns(self) -> int:
        return self.now_ms() * 1_000_000

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, secs: float) -> None:
        raise AssertionError("nothing here waits")


@dataclass(frozen=True)
class Boxes:
    outbox: Outbox
    inbox: Inbox


def news(at: int) -> Envelope:
    balance = BalanceUpdated(
        received_ns=at,
        address="0x" + "ab" * 20,
        account_value=Decimal("1.10"),
        total_margin_used=Decimal(0),
        withdrawable=Decimal(at),
    )
    return Envelope(event_id=f"balance/{at}", event=balance, traceparent="00-1-2-01")


@pytest.fixture(params=["memory", "sqlite", "mariadb"])
def boxes(request: pytest.FixtureRequest, open_database: OpenDatabase) -> Boxes:
    """With the news 1, 2 and 3 waiting."""
    if request.param == "memory":
        memory = MemoryOutbox()
        memory.file([news(1), news(2), news(3)])
        return Boxes(memory, MemoryInbox())
    database = open_database(request.param)
    SqlAccountStore(database).record(a_state(1), [news(1), news(2), news(3)])
    return Boxes(SqlOutbox(database), SqlInbox(database, FixedClock()))


def test_news_wait_in_order_until_they_are_marked(boxes: Boxes) -> None:
    assert list(boxes.outbox.waiting(2)) == [news(1), news(2)]
    boxes.outbox.mark_published(["balance/1", "balance/3"])
    assert list(boxes.outbox.waiting(9)) == [news(2)]


def test_marking_twice_or_the_unknown_is_no_fault(boxes: Boxes) -> None:
    boxes.outbox.mark_published(["balance/1"])
    boxes.outbox.mark_published(["balance/1", "never/filed"])
    boxes.outbox.mark_published([])
    assert list(boxes.outbox.waiting(9)) == [news(2), news(3)]


class Effect:
    """Counts how often it ran, and fails as often as told."""

    def __init__(self, failures: int = 0) -> None:
        self.runs = 0
        self._failures = failures

    def __call__(self) -> None:
        self.runs += 1
        if self.runs <= self._failures:
            raise OSError("the mail server is away")


def test_an_event_takes_effect_once_for_each_consumer(boxes: Boxes) -> None:
    effect = Effect()
    assert boxes.inbox.take("mailer", "a", effect)
    assert not boxes.inbox.take("mailer", "a", effect)
    assert boxes.inbox.take("mailer", "b", effect)
    assert boxes.inbox.take("other", "a", effect)
    assert effect.runs == 3


def test_an_effect_that_failed_is_tried_again_and_then_counts_once(
    boxes: Boxes,
) -> None:
    effect = Effect(failures=2)
    for _ in range(2):
        with pytest.raises(OSError, match="mail server"):
            boxes.inbox.take("mailer", "a", effect)
    assert boxes.inbox.take("mailer", "a", effect)
    assert not boxes.inbox.take("mailer", "a", effect)
    assert effect.runs == 3


def test_of_many_at_once_one_takes_effect(boxes: Boxes) -> None:
    effect = Effect()
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: boxes.inbox.take("one", "a", effect), range(8)))
    assert sum(taken) == 1


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_rows_of_an_effect_share_the_fate_of_its_event(
    kind: str, open_database: OpenDatabase
) -> None:
    database = open_database(kind)
    inbox, accounts = SqlInbox(database, FixedClock()), SqlAccountStore(database)

    def fails_after_its_row() -> None:
        accounts.record(a_state(1), [])
        raise ValueError("killed")

    with pytest.raises(ValueError, match="killed"):
        inbox.take("books", "a", fails_after_its_row)
    assert accounts.current(a_state(1).address) is None
    assert inbox.take("books", "a", lambda: _record(accounts))
    assert accounts.current(a_state(1).address) is not None


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_the_inbox_remembers_longer_than_a_stream_keeps_entries(
    kind: str, open_database: OpenDatabase
) -> None:
    clock = ManualClock(1_700_000_000_000)
    inbox = SqlInbox(open_database(kind), clock)
    assert inbox.take("mailer", "a", Effect())
    # 100,000 readings, one each 30 s, and what comes late.
    clock.advance(100_000 * 30 * 1.5)
    assert not inbox.take("mailer", "a", Effect())


def _record(accounts: SqlAccountStore) -> None:
    assert accounts.record(a_state(1), [])

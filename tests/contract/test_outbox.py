"""What every outbox and inbox does. A new one joins by a line in ``boxes``."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal

import pytest

from tests.contract.conftest import OpenDatabase
from tests.contract.test_account_store import a_state
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


def test_an_event_is_new_once_for_each_consumer(boxes: Boxes) -> None:
    assert boxes.inbox.first_time("mailer", ["a", "b", "a"]) == ["a", "b"]
    assert boxes.inbox.first_time("mailer", ["b", "c"]) == ["c"]
    assert boxes.inbox.first_time("other", ["b"]) == ["b"]
    assert boxes.inbox.first_time("other", []) == []


def test_of_many_at_once_one_is_the_first(boxes: Boxes) -> None:
    with ThreadPoolExecutor(8) as pool:
        seen = list(
            pool.map(lambda _: boxes.inbox.first_time("one", ["a", "b"]), range(8))
        )
    assert sorted(event_id for some in seen for event_id in some) == ["a", "b"]


def test_a_long_batch_is_remembered_whole(boxes: Boxes) -> None:
    ids = [f"fill/{number}" for number in range(1300)]
    assert list(boxes.inbox.first_time("one", ids)) == ids
    assert boxes.inbox.first_time("one", ids) == []

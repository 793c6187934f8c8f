"""The rules of a run of chaos hold of the real tables, on both databases."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from tests.chaos.ledger import CONSUMER, Ledger, mariadb_rows, sqlite_rows
from tests.contract.test_account_store import a_state
from tests.fake_exchange import FakeExchange
from threet.accounts.news import news_of
from threet.adapters.memory.clock import ManualClock
from threet.adapters.sql.account_store import SqlAccountStore
from threet.adapters.sql.candle_store import SqlCandleStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.migrate import migrate
from threet.adapters.sql.outbox import SqlInbox, SqlOutbox
from threet.model.candles import Timeframe

T0 = 1_700_006_400_000
MINUTE_MS = 60_000
CLOCK = ManualClock(T0 + 60 * MINUTE_MS)


@dataclass(frozen=True)
class Books:
    database: Database
    ledger: Ledger

    def record(self, at: int) -> None:
        state = a_state(at)
        SqlAccountStore(self.database).record(state, news_of(state, 1))

    def apply(self) -> None:
        """Every balance that waits takes effect, and is told no more."""
        outbox = SqlOutbox(self.database)
        inbox = SqlInbox(self.database, CLOCK)
        ids = [one.event_id for one in outbox.waiting(100)]
        for event_id in ids:
            if event_id.startswith("balance/"):
                inbox.take(CONSUMER, event_id, lambda: None)
        outbox.mark_published(ids)


@pytest.fixture(params=["sqlite", "mariadb"])
def books(request: pytest.FixtureRequest) -> Iterator[Books]:
    url = make_url(request.getfixturevalue(f"{request.param}_url"))
    rows: Callable[..., Any]
    if request.param == "sqlite":
        rows = sqlite_rows(Path(str(url.database)))
    else:
        rows = mariadb_rows(url.port or 0, str(url.database))
    database = Database(make_engine(url))
    migrate(database.engine)
    yield Books(database, Ledger(rows))
    database.close()


def test_a_reading_is_lost_until_its_news_took_effect(books: Books) -> None:
    books.record(1)
    books.record(2)
    books.apply()
    books.record(3)
    assert (books.ledger.readings(), books.ledger.lost_balances()) == (3, 1)
    assert books.ledger.waiting_news() == 2
    books.apply()
    assert books.ledger.lost_balances() == books.ledger.waiting_news() == 0
    assert books.ledger.invented_balances() == 0


def test_a_closed_minute_that_is_not_stored_is_found(books: Books) -> None:
    exchange = FakeExchange(CLOCK)
    opens = [T0, T0 + 2 * MINUTE_MS]
    bars = [exchange.bar("BTC", Timeframe.M1, open_ms) for open_ms in opens]
    SqlCandleStore(books.database).save(bars)
    unknown = books.ledger.unknown_minutes(T0, T0 + 3 * MINUTE_MS + 20_000)
    assert [minute for name, minute in unknown if name == "BTC"] == [T0 + MINUTE_MS]
    assert books.ledger.doubled_candles() == 0

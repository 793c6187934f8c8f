"""Each task run twice at once changes the database as once (F54)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from threading import Barrier, Lock

import pytest
from sqlalchemy import select

from tests.fake_exchange import ADDRESS, FakeExchange
from tests.servers import MariaDbServer
from threet.accounts.news import relay
from threet.accounts.updating import BalanceUpdating
from threet.adapters.memory.clock import ManualClock
from threet.adapters.memory.fetch_state import (
    MemoryFetchMemory,
    MemoryFetchSlots,
    MemoryRateBudget,
)
from threet.adapters.sql.account_store import SqlAccountStore
from threet.adapters.sql.candle_store import SqlCandleStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.gap_store import SqlGapStore
from threet.adapters.sql.migrate import migrate
from threet.adapters.sql.outbox import SqlInbox, SqlOutbox
from threet.adapters.sql.product_store import SqlProductStore
from threet.adapters.sql.schema import metadata
from threet.market_data.catalogue import refresh
from threet.market_data.fetching import Fetching, FetchParts
from threet.market_data.gap_repair import GapRepair
from threet.model.candles import Timeframe
from threet.model.events import Envelope
from threet.ports.gap_store import CandleGap

T0 = 1_700_006_400_000
MINUTE = 60_000
M1 = Timeframe.M1
Rows = Mapping[str, Sequence[tuple[object, ...]]]


@dataclass
class Platform:
    database: Database
    published: list[Envelope] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = ManualClock(T0 + 100 * MINUTE + 5_000)
        self.exchange = FakeExchange(self.clock)
        self.exchange.silent = {T0 + 80 * MINUTE}
        self.products = SqlProductStore(self.database)
        self.gaps = SqlGapStore(self.database)
        self.budget = MemoryRateBudget(self.clock)
        self.outbox = SqlOutbox(self.database)
        self.accounts = SqlAccountStore(self.database)
        self.candles = SqlCandleStore(self.database, hot_candles=50)
        self._lock = Lock()
        self._parts = FetchParts(
            clock=self.clock,
            products=self.products,
            candles=self.candles,
            gaps=self.gaps,
            memory=MemoryFetchMemory(self.clock),
            slots=MemoryFetchSlots(10),
            budget=self.budget,
            exchange=self.exchange,
            timeframes=[M1],
            hot_candles=50,
        )
        self.tasks: Mapping[str, Callable[[], object]] = {
            "fetch-market-data": lambda: Fetching(self._parts).fetch("BTC", M1),
            "repair-candle-gaps": GapRepair(self._parts, self.publish).repair,
            "rewarm-market-data": self.rewarm,
            "update-balance": self.update_balance,
            "relay-outbox": lambda: relay(self.outbox, self.publish),
            "refresh-catalogue": self.refresh,
        }

    def prepare(self) -> None:
        """Something to do for each of them."""
        self.update_balance()
        self.clock.advance(30)
        gap = CandleGap(
            symbol="ETH",
            timeframe=M1,
            start_ms=T0 + 10 * MINUTE,
            end_ms=T0 + 20 * MINUTE,
            found_ms=self.clock.now_ms(),
            asked_ms=0,
        )
        self.gaps.note([gap])

    def publish(self, envelopes: Sequence[Envelope]) -> None:
        with self._lock:
            self.published.extend(envelopes)

    def rewarm(self) -> None:
        self.candles.rewarm()
        self.candles.trim()

    def update_balance(self) -> object:
        updating = BalanceUpdating(
            clock=self.clock,
            exchange=self.exchange,
            accounts=self.accounts,
            budget=self.budget,
        )
        return updating.update(ADDRESS, None)

    def refresh(self) -> object:
        return refresh(
            products=self.products,
            exchange=self.exchange,
            budget=self.budget,
            wished=(),
        )

    def rows(self) -> Rows:
        """Everything, but for numbers that are counted up."""
        found: dict[str, Sequence[tuple[object, ...]]] = {}
        for table in metadata.sorted_tables:
            columns = [one for one in table.c if one.name != "id"]
            found[table.name] = sorted(
                self.database.read(
                    lambda one, columns=columns: [  # type: ignore[misc]  # default
                        tuple(map(str, row)) for row in one.execute(select(*columns))
                    ]
                )
            )
        return found


@pytest.fixture
def two_databases(
    mariadb: MariaDbServer, database_names: Callable[[], str]
) -> Iterator[tuple[Database, Database]]:
    made = [
        Database(make_engine(mariadb.create_database(database_names())))
        for _ in range(2)
    ]
    for one in made:
        migrate(one.engine)
    yield made[0], made[1]
    for one in made:
        one.close()


TASKS = (
    "fetch-market-data",
    "repair-candle-gaps",
    "rewarm-market-data",
    "update-balance",
    "relay-outbox",
    "refresh-catalogue",
)


def test_c1_f54_each_task_run_twice_at_once_changes_the_database_as_once(
    two_databases: tuple[Database, Database],
) -> None:
    once, twice = map(Platform, two_databases)
    once.prepare()
    twice.prepare()
    for name in TASKS:
        once.tasks[name]()
        at_once(twice.tasks[name])
        assert twice.rows() == once.rows(), name
    ids = [one.event_id for one in once.published]
    assert set(ids) == {one.event_id for one in twice.published}


def at_once(task: Callable[[], object]) -> None:
    together = Barrier(2)

    def run(_: int) -> None:
        together.wait(60)
        task()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, range(2)))


def test_two_relays_at_once_publish_each_event_once_in_effect(
    two_databases: tuple[Database, Database],
) -> None:
    platform = Platform(two_databases[0])
    for _ in range(10):
        platform.update_balance()
        platform.clock.advance(30)
    at_once(platform.tasks["relay-outbox"])
    inbox = SqlInbox(platform.database, platform.clock)
    effects: list[str] = []
    for one in platform.published:
        inbox.take("tests", one.event_id, partial(effects.append, one.event_id))
    assert len(effects) == len(set(effects)) == 20
    assert platform.outbox.waiting(100) == []

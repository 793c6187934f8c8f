"""MariaDB killed, restarted, full or without LOAD DATA: nothing durable is lost."""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from threading import Barrier

import msgspec
import pytest
from sqlalchemy import Connection, event, text

from tests.contract.test_account_store import a_state, news
from tests.fake_exchange import FakeExchange
from tests.servers import MariaDbServer, free_port
from threet.adapters.memory.clock import ManualClock
from threet.adapters.sql.account_store import SqlAccountStore
from threet.adapters.sql.candle_store import SqlCandleStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.migrate import current_revision, migrate
from threet.adapters.sql.outbox import SqlOutbox
from threet.model.candles import Candle, Timeframe
from threet.model.errors import ConfigurationError, DependencyError

T0 = 1_700_006_400_000
MINUTE = 60_000
M1 = Timeframe.M1
EXCHANGE = FakeExchange(ManualClock(T0 + 10_000 * MINUTE))
CANARY = "do-not-tell-f00d"


def bars(count: int, first: int = 0, symbol: str = "BTC") -> Sequence[Candle]:
    opens = (T0 + minute * MINUTE for minute in range(first, first + count))
    return [EXCHANGE.bar(symbol, M1, open_ms) for open_ms in opens]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MariaDbServer]:
    """One that this test may kill; its MEMORY tables hold 1 MB."""
    made = MariaDbServer(tmp_path / "own", "--max-heap-table-size=1M")
    made.start()
    yield made
    made.kill()


@pytest.fixture
def database(server: MariaDbServer) -> Iterator[Database]:
    made = Database(make_engine(server.create_database("t")))
    migrate(made.engine)
    yield made
    made.close()


def hot_rows(server: MariaDbServer) -> object:
    return server.execute("SELECT COUNT(*) FROM t.market_data")[0][0]


def test_d1_f69_a_restart_empties_the_cache_and_rewarming_fills_it(
    server: MariaDbServer, database: Database
) -> None:
    store = SqlCandleStore(database, hot_candles=500)
    store.save([*bars(800), *bars(20, symbol="kPEPE")])
    requests = EXCHANGE.requests
    server.restart()
    assert hot_rows(server) == 0
    assert list(store.newest("BTC", M1, 900)) == bars(800)
    assert store.rewarm() == 520
    assert hot_rows(server) == 520
    assert store.rewarm() == 0
    assert list(store.newest("BTC", M1, 900)) == bars(800)
    assert EXCHANGE.requests == requests


def test_d1_the_first_save_after_a_restart_warms_its_pair(
    server: MariaDbServer, database: Database
) -> None:
    store = SqlCandleStore(database, hot_candles=500)
    store.save(bars(600))
    server.restart()
    store.save(bars(1, first=600))
    assert hot_rows(server) == 500
    assert list(store.newest("BTC", M1, 601)) == bars(601)


def test_d1_a_full_cache_is_counted_and_loses_nothing(
    server: MariaDbServer, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    store = SqlCandleStore(database, hot_candles=5000)
    with caplog.at_level(logging.WARNING):
        for count, symbol in ((5000, "BTC"), (5000, "ETH"), (5000, "SOL"), (3, "MKR")):
            store.save(bars(count, symbol=symbol))
    assert store.hot_refusals > 0
    assert "market_data is full" in caplog.text
    for symbol in ("BTC", "ETH", "SOL"):
        assert list(store.newest(symbol, M1, 5000)) == bars(5000, symbol=symbol)
        store.save(bars(2, first=5000, symbol=symbol))
        assert list(store.newest(symbol, M1, 3)) == bars(3, 4999, symbol)


def test_a_server_that_refuses_files_gets_statements(tmp_path: Path) -> None:
    server = MariaDbServer(tmp_path / "own", "--local-infile=0")
    server.start()
    database = Database(make_engine(server.create_database("t")))
    migrate(database.engine)
    store = SqlCandleStore(database, hot_candles=100)
    assert store.save(bars(1200)) == 1200
    assert list(store.newest("BTC", M1, 1200)) == bars(1200)
    database.close()
    server.kill()


def test_d1_f63_a_database_that_is_down_says_so_and_is_used_again(
    server: MariaDbServer, database: Database
) -> None:
    candles, accounts = SqlCandleStore(database), SqlAccountStore(database)
    candles.save(bars(3))
    accounts.record(a_state(1), news(1))
    server.kill()
    for fails in (
        lambda: candles.save(bars(4)),
        lambda: candles.newest("BTC", M1, 3),
        lambda: accounts.record(a_state(2), news(2)),
        lambda: accounts.current(a_state(1).address),
        lambda: current_revision(database.engine),
    ):
        with pytest.raises(DependencyError, match="database"):
            fails()
    server.start()
    assert accounts.current(a_state(1).address) == a_state(1)
    assert candles.save(bars(4)) == 1
    assert accounts.record(a_state(2), news(2))
    assert list(SqlOutbox(database).waiting(9)) == [*news(1), *news(2)]


def test_d1_a_transaction_cut_by_a_kill_is_told_and_leaves_nothing(
    server: MariaDbServer, database: Database
) -> None:
    accounts = SqlAccountStore(database)
    accounts.record(a_state(1), [])

    class KillsOnTheWay(list[object]):
        """News whose reading kills the server: facts are written, not committed."""

        def __iter__(self) -> Iterator[object]:
            server.kill()
            return iter(news(2))

    with pytest.raises(DependencyError):
        accounts.record(a_state(2, "5"), KillsOnTheWay([1]))  # type: ignore[arg-type]  # a trap
    server.start()
    assert accounts.current(a_state(1).address) == a_state(1)
    assert len(accounts.history(a_state(1).address, 9)) == 1
    assert SqlOutbox(database).waiting(9) == []


def test_d1_a_kill_between_write_and_commit_leaves_nothing_and_a_repetition_all(
    server: MariaDbServer, database: Database
) -> None:
    store = SqlCandleStore(database, hot_candles=500)
    doomed: list[str] = []

    @event.listens_for(database.engine, "after_cursor_execute")
    def kill(_: object, __: object, statement: str, *___: object) -> None:
        if doomed and statement.startswith(tuple(doomed)):
            doomed.clear()
            server.kill()

    held = store.save(bars(2))
    for count in (3, 800):  # by statements, and by a file
        doomed += ["INSERT INTO candles", "LOAD DATA"]
        with pytest.raises(DependencyError, match="database"):
            store.save(bars(count, first=held))
        assert not doomed
        server.start()
        assert list(store.newest("BTC", M1, 900)) == bars(held)
        assert store.save(bars(count, first=held)) == count
        held += count
        assert list(store.newest("BTC", M1, 900)) == bars(held)
        assert hot_rows(server) == min(held, 500)


@pytest.mark.parametrize(
    "url",
    [
        f"mariadb://threet:{CANARY}@127.0.0.1:{{port}}/threet",
        f"mariadb+pymysql://threet:{CANARY}@127.0.0.1:{{port}}/threet",
    ],
)
def test_i5_no_password_in_any_message(url: str) -> None:
    engine = make_engine(url.format(port=free_port()))
    with pytest.raises(DependencyError) as told:
        current_revision(engine)
    assert CANARY not in str(told.value) + repr(told.value) + repr(engine)
    with pytest.raises(ConfigurationError) as refused:
        make_engine(f"oracle://x:{CANARY}@y/z")
    assert CANARY not in str(refused.value)


def test_d1_a_deadlock_is_repeated_as_a_whole(database: Database) -> None:
    """Two that lock in opposite orders: one is the victim, both are done in the end."""
    both = Barrier(2, timeout=60)
    attempts: list[str] = []

    def transfer(first: str, second: str) -> None:
        is_first_try = True

        def work(connection: Connection) -> None:
            nonlocal is_first_try
            attempts.append(first)
            touch = text("UPDATE products SET max_leverage = 9 WHERE symbol = :symbol")
            connection.execute(touch, {"symbol": first})
            if is_first_try:
                is_first_try = False
                both.wait()
            connection.execute(touch, {"symbol": second})

        database.write(work)

    with ThreadPoolExecutor(2) as pool:
        done = [
            pool.submit(transfer, "BTC", "ETH"),
            pool.submit(transfer, "ETH", "BTC"),
        ]
        assert [one.result() for one in done] == [None, None]
    assert len(attempts) == 3


def test_no_float_is_on_the_way(database: Database) -> None:
    store = SqlCandleStore(database)
    tenth = Decimal("0.1")
    bar = EXCHANGE.bar("BTC", M1, T0)
    exact = Candle(
        symbol=bar.symbol,
        timeframe=bar.timeframe,
        open_ms=bar.open_ms,
        open=tenth,
        high=tenth + Decimal("1e-18"),
        low=tenth - Decimal("1e-18"),
        close=tenth,
        volume=Decimal("12345678901234567.000000000000000001"),
        trades=1,
        is_closed=True,
    )
    store.save([exact])
    assert list(store.newest("BTC", M1, 1)) == [exact]


def test_cutting_the_cache_leaves_no_hole_behind(database: Database) -> None:
    """MariaDB's MEMORY engine skips rows of a range it deletes: 2 of 3 went."""
    store = SqlCandleStore(database, hot_candles=8, bulk_rows=1)

    def save(closed: Sequence[int], forming: Sequence[int]) -> None:
        some = [EXCHANGE.bar("BTC", M1, T0 + at * MINUTE) for at in [*closed, *forming]]
        store.save(
            [
                msgspec.structs.replace(bar, is_closed=number < len(closed))
                for number, bar in enumerate(some)
            ]
        )

    save([3, 20], [2])
    save([9, 1, 12, 5, 11], [19, 15, 18])
    found = [(bar.open_ms - T0) // MINUTE for bar in store.newest("BTC", M1, 99)]
    assert found == [1, 3, 5, 9, 11, 12, 15, 18, 19, 20]

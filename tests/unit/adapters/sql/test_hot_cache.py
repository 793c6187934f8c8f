"""The cache of the newest bars, on SQLite."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from tests.builders import bar
from threet.adapters.sql.candle_store import SqlCandleStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.migrate import migrate


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    engine = make_engine(f"sqlite:///{tmp_path / '3t.db'}")
    migrate(engine)
    made = Database(engine)
    yield made
    made.close()


def test_looking_for_cold_pairs_reads_no_table_of_bars_through(
    database: Database,
) -> None:
    store = SqlCandleStore(database, hot_candles=10)
    store.save([bar()])
    asked: list[tuple[str, Any]] = []

    def note(*arguments: Any) -> None:
        asked.append((arguments[2], arguments[3]))

    event.listen(database.engine, "before_cursor_execute", note)
    assert store.rewarm() == 0
    store.trim()
    event.remove(database.engine, "before_cursor_execute", note)
    with database.engine.connect() as connection:
        plans = [
            row.detail
            for statement, values in asked
            if statement.startswith("SELECT")
            for row in connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", values
            )
        ]
    assert any("candles" in plan for plan in plans)
    assert any("market_data" in plan for plan in plans)
    through = ("SCAN candles", "SCAN market_data")
    assert not [plan for plan in plans if plan.startswith(through)]

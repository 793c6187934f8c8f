"""The table `market_data`: the newest bars of each pair, bounded, allowed to be lost.

On MariaDB it lives in memory: no transactions, empty after a restart of the server, and
it can be full. One law holds for each pair: whatever is durable and newer than its
oldest row here is here too. So a reader completes it from `candles`, at the old end.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    delete,
    exists,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.exc import DBAPIError

from threet.adapters.sql.bars import (
    VALUES,
    Pair,
    hot_row,
    newest_rows,
    of_pair,
    replace_hot,
)
from threet.adapters.sql.database import driver_code
from threet.adapters.sql.schema import candles, market_data, products
from threet.adapters.sql.upserts import upsert
from threet.model.candles import Candle, Timeframe

logger = logging.getLogger(__name__)

_TABLE_FULL = 1114
_NAMES = ("product_id", "timeframe", "open_ms", *VALUES, "is_closed")


class HotCache:
    """``bound`` rows for each pair; runs of ``bulk_rows`` are copied by the server."""

    def __init__(self, bound: int, bulk_rows: int) -> None:
        self._bound = bound
        self._bulk_rows = bulk_rows
        self.refusals = 0  # writes that met a full table

    def absorb(
        self, connection: Connection, pair: Pair, bars: Sequence[Candle]
    ) -> None:
        """Take in bars of a pair whose closed ones are durable already."""
        oldest_ms = connection.scalar(
            select(func.min(market_data.c.open_ms)).where(*of_pair(market_data, pair))
        )
        if oldest_ms is None or len(bars) >= self._bulk_rows:
            self.refill(connection, pair)
            bars = [bar for bar in bars if not bar.is_closed]
        else:
            bars = [bar for bar in bars if bar.open_ms >= oldest_ms]
        rows = [hot_row(pair[0], bar) for bar in bars]
        if rows and self._write(connection, pair, _upsert(connection), rows):
            self.cut(connection, pair)

    def refill(self, connection: Connection, pair: Pair) -> int:
        """Take the newest durable bars of a pair; returns how many it holds then."""
        newest = newest_rows(candles, pair, self._bound).subquery()
        source = select(
            literal(pair[0]),
            literal(pair[1]),
            *(newest.c[name] for name in ("open_ms", *VALUES)),
            literal(True),
        ).where(literal(True))  # without it SQLite takes ON CONFLICT for a join's ON
        statement = _upsert(connection).from_select(_NAMES, source)
        if not self._write(connection, pair, statement):
            return 0
        self.cut(connection, pair)
        held = select(func.count()).select_from(market_data)
        return connection.scalar(held.where(*of_pair(market_data, pair))) or 0

    def cut(self, connection: Connection, pair: Pair) -> int:
        """Delete what is older than the bound allows; returns how many."""
        first_kept = connection.scalar(
            select(market_data.c.open_ms)
            .where(*of_pair(market_data, pair))
            .order_by(market_data.c.open_ms.desc())
            .offset(self._bound - 1)
            .limit(1)
        )
        if first_kept is None:
            return 0
        return _delete(connection, pair, market_data.c.open_ms < first_kept)

    def cut_all(self, connection: Connection) -> int:
        return sum(
            self.cut(connection, pair) for pair in _pairs_of(connection, market_data)
        )

    def _write(
        self,
        connection: Connection,
        pair: Pair,
        statement: Any,
        rows: Sequence[Mapping[str, Any]] = (),
    ) -> bool:
        """False when the table is full even after cutting: the pair is out, then."""
        for _ in range(2):
            try:
                connection.execute(statement, rows or None)
            except DBAPIError as error:
                if driver_code(error) != _TABLE_FULL:
                    raise
                self.refusals += 1
                self.cut_all(connection)
            else:
                return True
        logger.warning("market_data is full: raise max_heap_table_size, or keep less")
        _delete(connection, pair)
        return False


def cold_pairs(connection: Connection) -> Sequence[Pair]:
    """Pairs that are durable but not in the cache: all of them after a restart."""
    hot = set(_pairs_of(connection, market_data))
    return [pair for pair in _pairs_of(connection, candles) if pair not in hot]


def _delete(connection: Connection, pair: Pair, *only: ColumnElement[bool]) -> int:
    # Again until nothing is left: MariaDB 10.11's MEMORY engine loses its place in the
    # index with each row it deletes, and skips some of a range.
    statement = delete(market_data).where(*of_pair(market_data, pair), *only)
    deleted = 0
    while count := connection.execute(statement).rowcount:
        deleted += count
    return deleted


def _pairs_of(connection: Connection, table: Table) -> Sequence[Pair]:
    """Pairs with rows in the table, of which one each is looked at: SQLite's DISTINCT
    would read them all."""
    number, columns = products.c.id, table.c
    wanted = [
        select(number, literal(frame.value)).where(
            exists().where(
                columns.product_id == number, columns.timeframe == frame.value
            )
        )
        for frame in Timeframe
    ]
    return [(row[0], row[1]) for row in connection.execute(union_all(*wanted))]


def _upsert(connection: Connection) -> Any:
    return upsert(connection, market_data, replace_hot)

"""Candles on the database: the durable table, and the cache in front of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from threet.adapters.sql.bars import (
    Pair,
    candle,
    changed,
    durable_row,
    newest_of_each,
    newest_rows,
    not_durable,
    replace_durable,
)
from threet.adapters.sql.bulk_load import load_durable
from threet.adapters.sql.database import Database
from threet.adapters.sql.hot_cache import HotCache, cold_pairs
from threet.adapters.sql.schema import candles, exchanges, market_data, products
from threet.adapters.sql.upserts import upsert
from threet.model.candles import Candle, Timeframe
from threet.model.errors import InvalidValueError, UnknownSymbolError

# From here on a file costs less than statements with its rows.
BULK_ROWS = 500
_ByPair = Mapping[Pair, Sequence[Candle]]


class SqlCandleStore:
    """``hot_candles`` bars of each pair are kept in ``market_data``. Thread-safe.

    Durable bars are committed before the cache is written. A ``DependencyError`` from
    in between leaves them stored and the cache behind; saving again mends it.
    """

    def __init__(
        self,
        database: Database,
        *,
        hot_candles: int = 5000,
        exchange: str = "hyperliquid",
        bulk_rows: int = BULK_ROWS,
    ) -> None:
        if hot_candles < 1:
            raise InvalidValueError("hot_candles", "be 1 or more", hot_candles)
        self._database = database
        self._hot = HotCache(hot_candles, bulk_rows)
        self._exchange = exchange
        self._bulk_rows = bulk_rows

    @property
    def hot_refusals(self) -> int:
        """How often the cache was full, since the start of this process."""
        return self._hot.refusals

    def save(self, candles: Sequence[Candle]) -> int:
        kept = newest_of_each(candles)
        if not kept:
            return 0
        by_pair = self._database.read(lambda one: self._by_pair(one, kept))
        rows = self._database.write(lambda one: self._save_durable(one, by_pair))
        return rows + self._database.write(lambda one: self._save_hot(one, by_pair))

    def newest(self, symbol: str, timeframe: Timeframe, limit: int) -> Sequence[Candle]:
        def work(connection: Connection) -> Sequence[Any]:
            number = product_ids(connection, self._exchange, [symbol]).get(symbol)
            if number is None:
                return []
            return _newest(connection, (number, timeframe.value), limit)

        rows = self._database.read(work)
        return [candle(symbol, timeframe, row) for row in rows]

    def newest_closed_ms(self, symbol: str, timeframe: Timeframe) -> int | None:
        query = (
            select(func.max(candles.c.open_ms))
            .join_from(candles, products, candles.c.product_id == products.c.id)
            .join(exchanges)
            .where(
                products.c.symbol == symbol,
                exchanges.c.name == self._exchange,
                candles.c.timeframe == timeframe.value,
            )
        )
        newest: int | None = self._database.read(lambda one: one.scalar(query))
        return newest

    def rewarm(self) -> int:
        rows = 0
        for pair in self._database.read(cold_pairs):

            def work(connection: Connection, pair: Pair = pair) -> int:
                return self._hot.refill(connection, pair)

            rows += self._database.write(work)
        return rows

    def trim(self) -> int:
        return self._database.write(self._hot.cut_all)

    def _by_pair(self, connection: Connection, bars: Sequence[Candle]) -> _ByPair:
        symbols = {bar.symbol for bar in bars}
        numbers = product_ids(connection, self._exchange, symbols)
        for symbol in symbols - numbers.keys():
            raise UnknownSymbolError(symbol)
        by_pair: dict[Pair, list[Candle]] = defaultdict(list)
        for bar in bars:
            by_pair[numbers[bar.symbol], bar.timeframe.value].append(bar)
        return by_pair

    def _save_durable(self, connection: Connection, by_pair: _ByPair) -> int:
        rows: list[tuple[int, Candle]] = []
        for pair, bars in by_pair.items():
            closed = [bar for bar in bars if bar.is_closed]
            rows += [
                (pair[0], bar) for bar in changed(connection, candles, pair, closed)
            ]
        is_bulk = self._database.is_mariadb and len(rows) >= self._bulk_rows
        if rows and not (is_bulk and load_durable(connection, rows)):
            statement = upsert(connection, candles, replace_durable)
            connection.execute(statement, [durable_row(*row) for row in rows])
        return len(rows)

    def _save_hot(self, connection: Connection, by_pair: _ByPair) -> int:
        """Returns how many forming bars changed; closed ones were counted before."""
        rows = 0
        for pair, bars in by_pair.items():
            given = [bar for bar in bars if not bar.is_closed]
            forming = not_durable(connection, pair, given)
            rows += len(changed(connection, market_data, pair, forming))
            closed = [bar for bar in bars if bar.is_closed]
            self._hot.absorb(connection, pair, [*closed, *forming])
        return rows


def product_ids(
    connection: Connection, exchange: str, symbols: Iterable[str]
) -> Mapping[str, int]:
    """Ids of products by symbol. Asked each time: a cached id could outlive a reset."""
    query = (
        select(products.c.symbol, products.c.id)
        .join(exchanges)
        .where(exchanges.c.name == exchange, products.c.symbol.in_(list(symbols)))
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _newest(connection: Connection, pair: Pair, limit: int) -> Sequence[Any]:
    """From the cache, and from the durable table what is older; oldest first."""
    hot = list(connection.execute(newest_rows(market_data, pair, limit)))
    if len(hot) < limit:
        older = newest_rows(candles, pair, limit - len(hot))
        if hot:
            older = older.where(candles.c.open_ms < hot[-1].open_ms)
        hot += connection.execute(older)
    return hot[::-1]

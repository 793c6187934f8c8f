"""How far back each pair is filled, beside the candles themselves."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, case, func, select

from threet.adapters.sql.bars import VALUES, Pair, candle, of_pair
from threet.adapters.sql.candle_store import product_ids
from threet.adapters.sql.database import Database
from threet.adapters.sql.schema import candle_backfills, candles
from threet.adapters.sql.upserts import upsert
from threet.model.candles import Candle, Timeframe
from threet.model.errors import UnknownSymbolError
from threet.ports.backfill_store import Held

T = TypeVar("T")


class SqlBackfillStore:
    def __init__(self, database: Database, exchange: str = "hyperliquid") -> None:
        self._database = database
        self._exchange = exchange

    def held(self, symbol: str, timeframe: Timeframe) -> Held:
        def work(connection: Connection, pair: Pair) -> Held:
            opens, mine = candles.c.open_ms, of_pair(candles, pair)
            since = select(candle_backfills.c.since_ms)
            return Held(
                # Each alone: together they would read the pair from end to end.
                oldest_ms=connection.scalar(select(func.min(opens)).where(*mine)),
                newest_ms=connection.scalar(select(func.max(opens)).where(*mine)),
                since_ms=connection.scalar(
                    since.where(*of_pair(candle_backfills, pair))
                ),
            )

        return self._with_pair(self._database.read, symbol, timeframe, work)

    def filled_since(self, symbol: str, timeframe: Timeframe, since_ms: int) -> None:
        def work(connection: Connection, pair: Pair) -> None:
            row = {"product_id": pair[0], "timeframe": pair[1], "since_ms": since_ms}
            statement = upsert(connection, candle_backfills, _earlier)
            connection.execute(statement, [row])

        self._with_pair(self._database.write, symbol, timeframe, work)

    def opens(self, symbol: str, timeframe: Timeframe) -> Sequence[int]:
        def work(connection: Connection, pair: Pair) -> Sequence[int]:
            query = select(candles.c.open_ms).where(*of_pair(candles, pair))
            return list(connection.scalars(query.order_by(candles.c.open_ms)))

        return self._with_pair(self._database.read, symbol, timeframe, work)

    def page(
        self, symbol: str, timeframe: Timeframe, from_ms: int, limit: int
    ) -> Sequence[Candle]:
        def work(connection: Connection, pair: Pair) -> Sequence[Candle]:
            columns = [candles.c.open_ms, *(candles.c[name] for name in VALUES)]
            query = select(*columns).where(
                *of_pair(candles, pair), candles.c.open_ms >= from_ms
            )
            rows = connection.execute(query.order_by(candles.c.open_ms).limit(limit))
            return [candle(symbol, timeframe, row) for row in rows]

        return self._with_pair(self._database.read, symbol, timeframe, work)

    def _with_pair(
        self,
        run: Callable[[Callable[[Connection], T]], T],
        symbol: str,
        timeframe: Timeframe,
        work: Callable[[Connection, Pair], T],
    ) -> T:
        def whole(connection: Connection) -> T:
            number = product_ids(connection, self._exchange, [symbol]).get(symbol)
            if number is None:
                raise UnknownSymbolError(symbol)
            return work(connection, (number, timeframe.value))

        return run(whole)


def _earlier(new: Any) -> Any:
    old = candle_backfills.c.since_ms
    return {"since_ms": case((old < new.since_ms, old), else_=new.since_ms)}

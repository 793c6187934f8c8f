"""Gaps in the candles, as they were seen."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, or_, select

from threet.adapters.sql.candle_store import product_ids
from threet.adapters.sql.database import Database
from threet.adapters.sql.schema import candle_gaps, exchanges, products
from threet.adapters.sql.upserts import replace_columns, upsert
from threet.model.candles import Timeframe
from threet.model.errors import UnknownSymbolError
from threet.ports.gap_store import CandleGap


class SqlGapStore:
    def __init__(self, database: Database, exchange: str = "hyperliquid") -> None:
        self._database = database
        self._exchange = exchange

    def note(self, gaps: Sequence[CandleGap]) -> None:
        def work(connection: Connection) -> None:
            rows = [row | _times(gap) for gap, row in self._keys(connection, gaps)]
            replace = replace_columns(["end_ms", "asked_ms"])
            connection.execute(upsert(connection, candle_gaps, replace), rows)

        if gaps:
            self._database.write(work)

    def forget(self, gaps: Sequence[CandleGap]) -> None:
        def work(connection: Connection) -> None:
            keys = [
                and_(*(candle_gaps.c[name] == value for name, value in row.items()))
                for _, row in self._keys(connection, gaps)
            ]
            connection.execute(delete(candle_gaps).where(or_(*keys)))

        if gaps:
            self._database.write(work)

    def known(self, limit: int) -> Sequence[CandleGap]:
        query = (
            select(products.c.symbol, candle_gaps)
            .join_from(candle_gaps, products, candle_gaps.c.product_id == products.c.id)
            .join(exchanges)
            .where(exchanges.c.name == self._exchange)
            .order_by(candle_gaps.c.asked_ms, candle_gaps.c.start_ms)
            .limit(limit)
        )
        rows = self._database.read(lambda one: one.execute(query).all())
        return [_gap(row) for row in rows]

    def _keys(
        self, connection: Connection, gaps: Sequence[CandleGap]
    ) -> Sequence[tuple[CandleGap, dict[str, Any]]]:
        symbols = {gap.symbol for gap in gaps}
        ids = product_ids(connection, self._exchange, symbols)
        for symbol in symbols - ids.keys():
            raise UnknownSymbolError(symbol)
        return [
            (
                gap,
                {
                    "product_id": ids[gap.symbol],
                    "timeframe": gap.timeframe.value,
                    "start_ms": gap.start_ms,
                },
            )
            for gap in gaps
        ]


def _times(gap: CandleGap) -> dict[str, Any]:
    names = ("end_ms", "found_ms", "asked_ms")
    return {name: getattr(gap, name) for name in names}


def _gap(row: Any) -> CandleGap:
    return CandleGap(
        symbol=row.symbol,
        timeframe=Timeframe(row.timeframe),
        start_ms=row.start_ms,
        end_ms=row.end_ms,
        found_ms=row.found_ms,
        asked_ms=row.asked_ms,
    )

"""Gaps in the candles, as they were seen."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    func,
    or_,
    select,
    update,
)

from threet.adapters.sql.candle_store import product_ids
from threet.adapters.sql.database import Database
from threet.adapters.sql.schema import candle_gaps, exchanges, products
from threet.adapters.sql.upserts import replace_columns, upsert
from threet.model.candles import Timeframe
from threet.model.errors import UnknownSymbolError
from threet.ports.gap_store import CandleGap, GapCounts

_NAMES = ("end_ms", "found_ms", "asked_ms", "due_ms", "given_up")
_REPLACE = replace_columns([name for name in _NAMES if name != "found_ms"])
_KNOWN = (
    select(products.c.symbol, candle_gaps)
    .join_from(candle_gaps, products, candle_gaps.c.product_id == products.c.id)
    .join(exchanges)
    .order_by(candle_gaps.c.asked_ms, candle_gaps.c.start_ms)
)


class SqlGapStore:
    def __init__(self, database: Database, exchange: str = "hyperliquid") -> None:
        self._database = database
        self._exchange = exchange

    def note(self, gaps: Sequence[CandleGap]) -> None:
        def work(connection: Connection) -> None:
            rows = [row | _times(gap) for gap, row in self._keys(connection, gaps)]
            connection.execute(upsert(connection, candle_gaps, _REPLACE), rows)

        if gaps:
            self._database.write(work)

    def forget(self, gaps: Sequence[CandleGap]) -> None:
        def work(connection: Connection) -> None:
            keys = [and_(*_is(row)) for _, row in self._keys(connection, gaps)]
            connection.execute(delete(candle_gaps).where(or_(*keys)))

        if gaps:
            self._database.write(work)

    def known(self, limit: int) -> Sequence[CandleGap]:
        return self._read(_KNOWN.limit(limit))

    def known_of(self, symbol: str, timeframe: Timeframe) -> Sequence[CandleGap]:
        of_frame = candle_gaps.c.timeframe == timeframe.value
        return self._read(_KNOWN.where(products.c.symbol == symbol, of_frame))

    def counts(self) -> GapCounts:
        """Of all products. Raises ``DependencyError``."""
        query = (
            select(candle_gaps.c.given_up, func.count())
            .join_from(candle_gaps, products, candle_gaps.c.product_id == products.c.id)
            .join(exchanges)
            .where(exchanges.c.name == self._exchange)
            .group_by(candle_gaps.c.given_up)
        )
        rows = self._database.read(lambda one: one.execute(query).all())
        counted = {bool(given_up): count for given_up, count in rows}
        return GapCounts(open=counted.get(False, 0), given_up=counted.get(True, 0))

    def due(self, now_ms: int, limit: int) -> Sequence[CandleGap]:
        is_due = (candle_gaps.c.due_ms <= now_ms) & ~candle_gaps.c.given_up
        return self._read(_KNOWN.where(is_due).limit(limit))

    def postpone(self, gaps: Sequence[CandleGap], due_ms: int) -> Sequence[CandleGap]:
        def work(connection: Connection) -> Sequence[CandleGap]:
            return [
                replace(gap, due_ms=due_ms)
                for gap, key in self._keys(connection, gaps)
                if connection.execute(
                    update(candle_gaps)
                    .where(*_is(key), candle_gaps.c.due_ms == gap.due_ms)
                    .values(due_ms=due_ms)
                ).rowcount
            ]

        return self._database.write(work) if gaps else ()

    def replace(self, gap: CandleGap, left: Sequence[CandleGap]) -> bool:
        def work(connection: Connection) -> bool:
            ((_, key),) = self._keys(connection, [gap])
            as_given = (*_is(key), candle_gaps.c.due_ms == gap.due_ms)
            if not connection.execute(delete(candle_gaps).where(*as_given)).rowcount:
                return False
            rows = [row | _times(one) for one, row in self._keys(connection, left)]
            if rows:
                connection.execute(upsert(connection, candle_gaps, _REPLACE), rows)
            return True

        return self._database.write(work)

    def _read(self, query: Select[Any]) -> Sequence[CandleGap]:
        of_ours = query.where(exchanges.c.name == self._exchange)
        rows = self._database.read(lambda one: one.execute(of_ours).all())
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
    return {name: getattr(gap, name) for name in _NAMES}


def _is(key: Mapping[str, Any]) -> Sequence[ColumnElement[bool]]:
    return [candle_gaps.c[name] == value for name, value in key.items()]


def _gap(row: Any) -> CandleGap:
    return CandleGap(
        symbol=row.symbol,
        timeframe=Timeframe(row.timeframe),
        start_ms=row.start_ms,
        end_ms=row.end_ms,
        found_ms=row.found_ms,
        asked_ms=row.asked_ms,
        due_ms=row.due_ms,
        given_up=bool(row.given_up),
    )

"""Candles as rows and rows as candles, and the rules by which a row replaces one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, case, select

from threet.adapters.sql.schema import candles, market_data
from threet.model.candles import Candle, Timeframe

VALUES = ("open", "high", "low", "close", "volume", "trades")
# A product's id and a timeframe's value.
Pair = tuple[int, str]


def newest_of_each(bars: Iterable[Candle]) -> Sequence[Candle]:
    """One bar for each key: the last given, but never a forming over a closed one."""
    kept: dict[tuple[str, Timeframe, int], Candle] = {}
    for bar in bars:
        key = (bar.symbol, bar.timeframe, bar.open_ms)
        before = kept.get(key)
        if before is None or bar.is_closed or not before.is_closed:
            kept[key] = bar
    return list(kept.values())


def durable_row(product_id: int, bar: Candle) -> Mapping[str, Any]:
    row: dict[str, Any] = {name: getattr(bar, name) for name in VALUES}
    key = {"product_id": product_id, "timeframe": bar.timeframe.value}
    return row | key | {"open_ms": bar.open_ms}


def hot_row(product_id: int, bar: Candle) -> Mapping[str, Any]:
    return {**durable_row(product_id, bar), "is_closed": bar.is_closed}


def replace_durable(new: Any) -> Mapping[str, ColumnElement[Any]]:
    return {name: new[name] for name in VALUES}


def replace_hot(new: Any) -> Mapping[str, ColumnElement[Any]]:
    """A forming bar never replaces a closed one, whichever comes first."""
    old = market_data.c
    stays = old.is_closed & ~new.is_closed
    kept: dict[str, ColumnElement[Any]] = {
        name: case((stays, old[name]), else_=new[name]) for name in VALUES
    }
    # Last: MariaDB assigns in order, and the cases above ask what it was before.
    return kept | {"is_closed": old.is_closed | new.is_closed}


def of_pair(table: Table, pair: Pair) -> Sequence[ColumnElement[bool]]:
    return (table.c.product_id == pair[0], table.c.timeframe == pair[1])


def newest_rows(table: Table, pair: Pair, limit: int) -> Select[Any]:
    """The newest rows of a pair, the newest first."""
    closed = [table.c.is_closed] if table is market_data else []
    columns = [table.c.open_ms, *(table.c[name] for name in VALUES), *closed]
    query = select(*columns).where(*of_pair(table, pair))
    return query.order_by(table.c.open_ms.desc()).limit(limit)


def candle(symbol: str, timeframe: Timeframe, row: Sequence[Any]) -> Candle:
    """From a row of `newest_rows`; those of the durable table are closed."""
    return Candle(
        symbol=symbol,
        timeframe=timeframe,
        open_ms=row[0],
        open=row[1],
        high=row[2],
        low=row[3],
        close=row[4],
        volume=row[5],
        trades=row[6],
        is_closed=bool(row[7]) if len(row) > len(VALUES) + 1 else True,
    )


def changed(
    connection: Connection, table: Table, pair: Pair, bars: Sequence[Candle]
) -> Sequence[Candle]:
    """Those that are not in the table as they are."""
    if not bars:
        return bars
    columns = [table.c.open_ms, *(table.c[name] for name in VALUES)]
    opens = [bar.open_ms for bar in bars]
    among = table.c.open_ms.between(min(opens), max(opens))
    rows = connection.execute(select(*columns).where(*of_pair(table, pair), among))
    known = {row[0]: tuple(row[1:]) for row in rows}
    if not known:
        return bars
    return [bar for bar in bars if known.get(bar.open_ms) != _values(bar)]


def not_durable(
    connection: Connection, pair: Pair, forming: Sequence[Candle]
) -> Sequence[Candle]:
    """Forming bars that are not closed already: a late one is no news."""
    if not forming:
        return forming
    among = candles.c.open_ms.in_([bar.open_ms for bar in forming])
    query = select(candles.c.open_ms).where(*of_pair(candles, pair), among)
    closed = set(connection.scalars(query))
    return [bar for bar in forming if bar.open_ms not in closed]


def _values(bar: Candle) -> tuple[Any, ...]:
    return tuple(getattr(bar, name) for name in VALUES)

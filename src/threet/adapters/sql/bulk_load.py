"""Many closed bars at once on MariaDB: LOAD DATA from a file of our own."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from threet.adapters.sql.amounts import exact_text
from threet.adapters.sql.bars import VALUES
from threet.adapters.sql.database import driver_code
from threet.adapters.sql.schema import candles
from threet.model.candles import Candle

# Not allowed here, disabled on this side, or forbidden to this user.
_REFUSED_CODES = {1148, 3948, 4166, 2068, 1045, 1227}
_COLUMNS = ", ".join(("product_id", "timeframe", "open_ms", *VALUES))
_LOAD = (
    f"LOAD DATA LOCAL INFILE %s REPLACE INTO TABLE {candles.name} "
    f"CHARACTER SET ascii FIELDS TERMINATED BY ',' ({_COLUMNS})"
)


def load_durable(connection: Connection, rows: Sequence[tuple[int, Candle]]) -> bool:
    """Replace the bars (product id, closed bar); False if the server will not load.

    LOCAL turns errors in values into warnings, so any warning is a refusal: nothing
    stays of the load then, and the slower way tells what is wrong.
    """
    with _as_file(rows) as path:
        savepoint = connection.begin_nested()
        try:
            result = connection.exec_driver_sql(_LOAD, (path,))
        except DBAPIError as error:
            savepoint.rollback()
            if driver_code(error) in _REFUSED_CODES:
                return False
            raise
        warnings = getattr(result.cursor, "warning_count", 0)
        if warnings:
            savepoint.rollback()
            return False
        savepoint.commit()
    return True


@contextmanager
def _as_file(rows: Sequence[tuple[int, Candle]]) -> Iterator[str]:
    handle, path = tempfile.mkstemp(prefix="threet-load-", suffix=".csv")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.writelines(_line(product_id, bar) for product_id, bar in rows)
        yield path
    finally:
        os.unlink(path)


def _line(product_id: int, bar: Candle) -> str:
    # Digits and names of ours only: nothing in here needs quoting.
    return (
        f"{product_id},{bar.timeframe.value},{bar.open_ms},{exact_text(bar.open)},"
        f"{exact_text(bar.high)},{exact_text(bar.low)},{exact_text(bar.close)},"
        f"{exact_text(bar.volume)},{bar.trades}\n"
    )

"""Candles in one Parquet file: exact decimals, where they are from, in row groups.

pyarrow is an extra, `data`: it is imported when a file is opened.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from threet.model.candles import Candle
from threet.model.errors import ConfigurationError

# As the database keeps them (`adapters.sql.amounts`).
_DIGITS, _SCALE = 38, 18
_AMOUNTS = ("open", "high", "low", "close", "volume")
_PLAIN = ("symbol", "timeframe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where candles are from: the exchange's name, and which network of it."""

    source: str
    network: str


class CandleFile:
    """Made by `writing`; each `append` is a row group of its own."""

    def __init__(self, arrow: Any, writer: Any, schema: Any, origin: Origin) -> None:
        self._arrow = arrow
        self._writer = writer
        self._schema = schema
        self._origin = origin

    def append(self, candles: Sequence[Candle]) -> None:
        """Closed bars, in the order in which they are to stand in the file."""
        columns: dict[str, list[Any]] = {
            "symbol": [bar.symbol for bar in candles],
            "timeframe": [bar.timeframe.value for bar in candles],
            "open_time": [bar.open_ms for bar in candles],
            **{name: [getattr(bar, name) for bar in candles] for name in _AMOUNTS},
            "trades": [bar.trades for bar in candles],
            "source": [self._origin.source] * len(candles),
            "network": [self._origin.network] * len(candles),
            "fetched": [None] * len(candles),
        }
        table = self._arrow.table(columns, schema=self._schema)
        self._writer.write_table(table)


@contextmanager
def writing(
    path: Path, origin: Origin, metadata: Mapping[str, str]
) -> Iterator[CandleFile]:
    """The file is there whole or not at all. Raises ``ConfigurationError`` without
    pyarrow, and OSError."""
    arrow, parquet = _pyarrow("pyarrow"), _pyarrow("pyarrow.parquet")
    schema = _schema(arrow).with_metadata(dict(metadata))
    partial = path.with_name(f".{path.name}.partial")
    try:
        with parquet.ParquetWriter(partial, schema, compression="zstd") as writer:
            yield CandleFile(arrow, writer, schema, origin)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _schema(arrow: Any) -> Any:
    instant = arrow.timestamp("ms", tz="UTC")
    amount = arrow.decimal128(_DIGITS, _SCALE)
    return arrow.schema(
        [
            *((name, arrow.string()) for name in _PLAIN),
            ("open_time", instant),
            *((name, amount) for name in _AMOUNTS),
            ("trades", arrow.int64()),
            ("source", arrow.string()),
            ("network", arrow.string()),
            # Null: the database does not say when a bar was fetched.
            ("fetched", instant),
        ]
    )


def _pyarrow(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        reason = (
            "writing Parquet needs pyarrow, the extra `data`: "
            "run `.venv/bin/python -m pip install pyarrow`"
        )
        raise ConfigurationError([reason]) from error

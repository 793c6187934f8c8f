"""Reads candle files: LEAN trade zips and csv files with a ``datetime`` column."""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y%m%d %H:%M")
_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: when it began (ms, within the file's own count) and its prices."""

    at_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal


class UnreadableRecordingError(ValueError):
    """A recording is not in one of the formats that can be played."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(path, reason)

    def __str__(self) -> str:
        return f"cannot play {self.path}: {self.reason}"


def read_bars(path: Path) -> tuple[Bar, ...]:
    """Read a candle file; raises UnreadableRecordingError."""
    try:
        bars = tuple(_bar(row) for row in _rows(path) if row and row[0] != "datetime")
    except (zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise UnreadableRecordingError(path, str(error)) from error
    except (InvalidOperation, ValueError) as error:
        reason = "its rows are not time, open, high, low, close, volume"
        raise UnreadableRecordingError(path, reason) from error
    if len(bars) < 2:  # noqa: PLR2004 - a distance needs two
        raise UnreadableRecordingError(path, "it has fewer than two rows")
    return bars


def _rows(path: Path) -> Iterator[Sequence[str]]:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            text = archive.read(archive.namelist()[0]).decode()
    else:
        text = path.read_text()
    yield from csv.reader(io.StringIO(text))


def _bar(row: Sequence[str]) -> Bar:
    if len(row) != _COLUMNS:
        raise ValueError("not a row of trades")
    prices = [Decimal(cell) for cell in row[1:5]]
    if not all(price.is_finite() and price > 0 for price in prices):
        raise ValueError("a price is not positive")
    return Bar(_time_ms(row[0]), *prices)


def _time_ms(text: str) -> int:
    if text.isdigit():
        return int(text)  # milliseconds since midnight
    for form in _FORMATS:
        try:
            at = datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        return (at - _EPOCH) // timedelta(milliseconds=1)
    raise ValueError(f"no time: {text!r}")

"""A file holds what was stored, to the last digit, or is not there."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pyarrow import parquet

from tests.builders import START_MS, bar
from threet.adapters.parquet import candle_file
from threet.adapters.parquet.candle_file import Origin, writing
from threet.model.errors import ConfigurationError

ORIGIN = Origin(source="hyperliquid", network="testnet")


def test_every_digit_comes_back(tmp_path: Path) -> None:
    smallest, largest = Decimal("0.000000000000000001"), Decimal("9" * 20 + ".5")
    written = bar(low=smallest, high=largest, close=Decimal("100.10"), trades=7)
    file = tmp_path / "c.parquet"
    with writing(file, ORIGIN, {"threet.exported_ms": "5"}) as out:
        out.append([written])
        out.append([bar(symbol="kPEPE")])
    table = parquet.read_table(file)
    first, second = table.to_pylist()
    assert (first["low"], first["high"]) == (smallest, largest)
    assert (first["close"], first["trades"]) == (Decimal("100.10"), 7)
    assert first["open_time"] == datetime.fromtimestamp(START_MS / 1000, UTC)
    assert (first["source"], first["network"]) == ("hyperliquid", "testnet")
    assert first["fetched"] is None
    assert second["symbol"] == "kPEPE"
    assert str(table.schema.field("low").type) == "decimal128(38, 18)"
    assert table.schema.metadata[b"threet.exported_ms"] == b"5"


class KilledError(Exception):
    pass


def write_half(file: Path) -> None:
    with writing(file, ORIGIN, {}) as out:
        out.append([bar()])
        raise KilledError


def test_a_file_that_was_cut_short_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "c.parquet"
    with pytest.raises(KilledError):
        write_half(file)
    assert list(tmp_path.iterdir()) == []


def test_without_pyarrow_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(candle_file, "import_module", missing)
    with (
        pytest.raises(ConfigurationError, match="pip install pyarrow"),
        writing(tmp_path / "c.parquet", ORIGIN, {}),
    ):
        pass

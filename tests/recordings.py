"""The real recordings of tests/data, as tests want them."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import msgspec
import yaml

DATA = Path(__file__).parent / "data" / "hyperliquid"


def stream() -> Iterator[tuple[int, bytes]]:
    """(receive time in ns, frame) of 25 s of the real WebSocket."""
    with gzip.open(DATA / "ws" / "btc_l2book_trades_20250126.gz") as lines:
        for line in lines:
            received_ns, _, frame = line.strip().partition(b" ")
            yield int(received_ns), frame


def answers() -> Iterator[tuple[dict[str, object], bytes]]:
    """(request, answer) of every recorded HTTP exchange with the real API."""
    for file in sorted((DATA / "rest").glob("*.yaml")):
        for exchange in yaml.safe_load(file.read_text())["interactions"]:
            request = msgspec.json.decode(exchange["request"]["body"])
            text = exchange["response"]["body"]["string"]
            yield request, text if isinstance(text, bytes) else text.encode()


def answers_of(kind: str) -> list[bytes]:
    found = [body for request, body in answers() if request["type"] == kind]
    assert found, f"no recorded answer of {kind}"
    return found

"""What telemetry costs the tick path: with no, a good, a dead, a hanging collector.

    python bench/telemetry.py [--rounds 5] [--seconds 10] [--rate 1000] [--loose]

Frames of ten prices are offered to the producer's sink at a fixed rate and written to
a Valkey; the delay of each is from its arrival to the answer of Valkey. Every mode runs
in a process of its own, with the platform's own providers and production settings, in
turn in every round, so that what else the machine does meets all of them. The floor is
the same path without a provider. Ends with 1 if p99 with a dead or a hanging collector
is over that with a good one by 5 % (RELIABILITY.md X1); ``--loose`` prints only.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from threet.adapters.processes import valkey
from threet.adapters.processes.valkey import ValkeyPlace
from threet.adapters.redis_streams.address import RedisAddress
from threet.adapters.redis_streams.market_sink import MarketSink
from threet.adapters.redis_streams.publisher import RedisPublisher
from threet.adapters.system_clock import SystemClock
from threet.adapters.telemetry import logs
from threet.bootstrap.embedded import free_port
from threet.bootstrap.telemetry import telemetry
from threet.model.events import Envelope, Event, PricesUpdated
from threet.model.prices import PriceChange, PriceKind
from threet.ports.telemetry import TickTelemetry, Untold

_MODES = ("floor", "none", "good", "away", "hangs")
_MOST_OVER = 1.05
_SYMBOLS = 200
_PER_FRAME = 10


class _Delays:
    """Passes on to the real telemetry, and keeps every delay."""

    def __init__(self, inner: TickTelemetry) -> None:
        self._inner = inner
        self.delays_ms: list[float] = []

    def received(self, events: Sequence[Event]) -> str:
        return self._inner.received(events)

    def published(self, batch: Sequence[Envelope]) -> None:
        self._inner.published(batch)
        now_ns = time.time_ns()
        self.delays_ms += [(now_ns - one.event.received_ns) / 1e6 for one in batch]

    def given_up(self, envelope: Envelope) -> None:
        self._inner.given_up(envelope)


def _frame(number: int) -> PricesUpdated:
    changes = tuple(
        PriceChange(f"S{(number + n) % _SYMBOLS}", PriceKind.MID, Decimal(number + 1))
        for n in range(_PER_FRAME)
    )
    return PricesUpdated(received_ns=time.time_ns(), changes=changes)


async def _offer(sink: MarketSink, seconds: float, rate: int) -> None:
    """One frame each time its moment has come; a late one does not wait."""
    began = time.perf_counter()
    for number in range(int(seconds * rate)):
        ahead = began + number / rate - time.perf_counter()
        if ahead > 0:
            await asyncio.sleep(ahead)
        sink.offer([_frame(number)])


async def _run_mode(options: argparse.Namespace) -> None:
    logs.configure(process="bench", level="ERROR", as_json=True)
    is_floor = options.mode == "floor"
    real = Untold() if is_floor else telemetry("bench").ticks
    delays = _Delays(real)
    address = RedisAddress(host="127.0.0.1", port=options.port, password="bench")
    lengths = {"prices:updated": 10_000}
    sink = MarketSink(
        publisher=RedisPublisher(address, lengths),
        clock=SystemClock(),
        run_id="bench",
        telemetry=delays,
    )
    running = asyncio.create_task(sink.run())
    await _offer(sink, options.seconds, options.rate)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    ordered = sorted(delays.delays_ms)
    print(
        json.dumps(
            {
                "p50": statistics.median(ordered),
                "p99": ordered[int(len(ordered) * 0.99)],
            }
        ),
        flush=True,
    )
    os._exit(0)  # what hangs may hang: the measure is taken


@contextmanager
def _black_hole() -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1000)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def _collector() -> Iterator[str]:
    """A collector in a process of its own: it must not share this one's lock."""
    program = [sys.executable, str(Path(__file__)), "--mode", "collector"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def _collect() -> None:
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer  # noqa: PLC0415

    class Taking(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


def _measure(
    mode: str, url: str | None, options: argparse.Namespace
) -> Mapping[str, float]:
    environment = dict(os.environ)
    environment.pop("OTEL_EXPORTER_OTLP_ENDPOINT", None)
    if url is not None:
        environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = url
    said = subprocess.run(
        [
            *(sys.executable, str(Path(__file__)), "--mode", mode),
            *("--seconds", str(options.seconds), "--rate", str(options.rate)),
            *("--port", str(options.port)),
        ],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout
    found: Mapping[str, float] = json.loads(said)
    return found


def _rounds(options: argparse.Namespace) -> dict[str, list[Mapping[str, float]]]:
    found: dict[str, list[Mapping[str, float]]] = {mode: [] for mode in _MODES}
    with _black_hole() as hole, _collector() as good:
        away = f"http://127.0.0.1:{free_port()}"
        urls = {"good": good, "away": away, "hangs": hole}
        for number in range(options.rounds):
            # Another order in each round: what warms up or tires meets all.
            first = number % len(_MODES)
            for mode in (*_MODES[first:], *_MODES[:first]):
                found[mode].append(_measure(mode, urls.get(mode), options))
    return found


def _report(found: Mapping[str, Sequence[Mapping[str, float]]]) -> bool:
    def median(mode: str, quantile: str) -> float:
        return statistics.median(one[quantile] for one in found[mode])

    print("arrival -> answer of Valkey    p50 ms   p99 ms   p99 of good")
    for mode in _MODES:
        ratio = median(mode, "p99") / median("good", "p99")
        print(
            f"  {mode:<26} {median(mode, 'p50'):8.3f} {median(mode, 'p99'):8.3f}"
            f" {ratio:8.3f}x"
        )
    bad = max(median("away", "p99"), median("hangs", "p99"))
    is_good = bad <= _MOST_OVER * median("good", "p99")
    print("ok" if is_good else "FAIL")
    return is_good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--loose", action="store_true")
    parser.add_argument("--mode", choices=("collector", *_MODES))
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    if options.mode == "collector":
        _collect()
    if options.mode is not None:
        asyncio.run(_run_mode(options))
    options.port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        place = ValkeyPlace(folder=Path(folder), port=options.port, password="bench")
        command = list(valkey.prepare(place).command)
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            asyncio.run(valkey.until_ready(place, SystemClock()))
            is_good = _report(_rounds(options))
        finally:
            server.terminate()
            server.wait()
    return 0 if is_good or options.loose else 1


if __name__ == "__main__":
    raise SystemExit(main())

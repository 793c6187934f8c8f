"""The consumer of the how-to runs as it is printed, started as it is told."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.builders import envelope
from tests.docs.documents import ROOT, blocks, text_of
from tests.servers import ValkeyServer, wait_until
from threet.adapters.redis_streams import codec

STREAM, GROUP = "prices:updated", "price_printer"
EVENTS = 5


@pytest.fixture
def printed(tmp_path: Path, valkey: ValkeyServer) -> Iterator["subprocess.Popen[str]"]:
    """The page's program, run by the page's shell lines beside a run of ours."""
    text = text_of("how-to/write-a-consumer.md")
    (program,) = blocks(text, "python")
    (shell,) = blocks(text, "sh")
    (tmp_path / "price_printer.py").write_text(program)
    run = tmp_path / "data" / "simulator" / "run.json"
    run.parent.mkdir(parents=True)
    run.write_text(json.dumps({"redis_port": valkey.port, "redis_password": ""}))
    activate, *lines, start = shell.splitlines()
    assert activate == ". .venv/bin/activate"  # here this interpreter takes its place
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    process = subprocess.Popen(
        ["sh", "-e", "-c", "\n".join([*lines, f"exec {start}"])],
        cwd=tmp_path,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def test_the_consumer_prints_what_is_published_and_ends_when_told(
    printed: "subprocess.Popen[str]", valkey_client: redis.Redis
) -> None:
    def joined() -> bool:
        assert printed.poll() is None, "it ended"
        return bool(valkey_client.exists(STREAM)) and any(
            group["name"] == GROUP.encode()
            for group in valkey_client.xinfo_groups(STREAM)
        )

    wait_until(joined, "the consumer's group", 30)
    for number in range(1, EVENTS + 1):
        parts = codec.fields(envelope(number))
        fields = dict(zip(parts[::2], parts[1::2], strict=True))
        valkey_client.xadd(STREAM, fields)  # type: ignore[arg-type]  # invariant dict
    assert printed.stdout is not None
    lines = [printed.stdout.readline() for _ in range(EVENTS)]
    assert lines == [f"BTC mid {number}\n" for number in range(1, EVENTS + 1)]
    printed.send_signal(signal.SIGTERM)
    assert printed.wait(30) == 0
    assert valkey_client.xpending(STREAM, GROUP)["pending"] == 0

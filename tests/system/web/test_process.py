"""The server as a process of its own, ended as a supervisor ends it."""

import signal
import subprocess
import sys

import urllib3

from tests.servers import free_port


def test_sigterm_ends_it_quickly_in_spite_of_open_event_streams() -> None:
    port = free_port()
    command = [sys.executable, "-m", "tests.system.web.scripted", str(port), "small"]
    patience = urllib3.Retry(total=300, backoff_factor=0.1, backoff_max=0.25)
    with subprocess.Popen(command) as process, urllib3.PoolManager() as http:
        listener = None
        try:
            listener = http.request(
                "GET",
                f"http://127.0.0.1:{port}/api/events",
                preload_content=False,
                retries=patience,
            )
            frames = listener.stream(16)  # kept: without it the connection is given up
            assert next(frames)
            process.send_signal(signal.SIGTERM)
            # So long a supervisor waits before it kills; a stream lasts for ever.
            assert process.wait(8) in (0, -signal.SIGTERM)
        finally:
            process.kill()
            if listener is not None:
                listener.close()

"""Headless Chromium on a server of its own, watched for errors and strangers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Request,
    expect,
    sync_playwright,
)

from tests.servers import free_port
from tests.system.web.scripted import FIRST, Script
from tests.system.web.served import Served

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# A browser beside other tests: what is waited for comes late rather than never.
_PATIENCE_MS = 40_000
_LOOPBACK = {"127.0.0.1", "localhost"}


@dataclass
class Watched:
    """A page of a test; ``errors`` and ``strangers`` have to stay empty."""

    page: Page
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def note(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.hostname not in _LOOPBACK:
            self.strangers.append(request.url)


@pytest.fixture(scope="module")  # its loop must end before other tests run theirs
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail(
            f"{CHROMIUM} is missing; install it: "
            "apt-get install -y --no-install-recommends chromium fonts-dejavu-core"
        )
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(FLAGS)
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    """One server for all tests: each one goes on where the one before ended.

    Its prices are stale after a minute: a page that loads slowly still meets fresh
    ones, and a test that wants stale ones pushes the clock.
    """
    script = Script(port=free_port(), symbols=FIRST, bars=300, stale_after_ms=60_000)
    with Served(script) as server:
        yield server


@pytest.fixture
def served(running: Served) -> Served:
    """All is well: processes beat, prices and account are fresh, by a later clock."""
    script = running.script
    script.clock.ahead_ms += 1_000
    script.record_account()
    running.call(script.beat())
    running.call(script.move(FIRST))
    return running


def watch(context: BrowserContext) -> Watched:
    watched = Watched(context.new_page())
    watched.page.set_default_timeout(_PATIENCE_MS)
    watched.page.on("request", watched.note)
    watched.page.on("pageerror", lambda error: watched.errors.append(str(error)))
    watched.page.on(
        "console",
        lambda line: watched.errors.append(line.text) if line.type == "error" else None,
    )
    return watched


@pytest.fixture
def desk(browser: Browser, served: Served) -> Iterator[Watched]:
    """The page on a wide dark screen, its chart drawn."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 860}, color_scheme="dark"
    )
    watched = watch(context)
    watched.page.goto(f"{served.url}/#BTC/1m")
    watched.page.wait_for_selector("#legend b")
    yield watched
    context.close()
    assert watched.strangers == []
    assert watched.errors == []

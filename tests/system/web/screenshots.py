"""Pictures of the page for the documentation.

`python -m tests.system.web.screenshots` takes them anew.
"""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.system.web.conftest import CHROMIUM, FLAGS
from tests.system.web.scripted import Script
from tests.system.web.served import Served, free_port

FOLDER = Path(__file__).parents[3] / "docs" / "screenshots"
DESKTOP, PHONE = (1440, 860), (390, 844)
SHOTS = (
    ("desktop-dark", DESKTOP, "dark", "#BTC/15m", None),
    ("desktop-light", DESKTOP, "light", "#ETH/1h", None),
    ("phone-chart", PHONE, "dark", "#BTC/5m", None),
    ("phone-markets", PHONE, "dark", "#BTC/5m", "watch"),
    ("phone-account", PHONE, "light", "#BTC/5m", "account"),
)


async def _move(script: Script, secs: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(secs):
            await script.run()


def _shoot(browser: Browser, served: Served, folder: Path) -> None:
    for name, (width, height), scheme, place, tab in SHOTS:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        page = context.new_page()
        page.goto(f"{served.url}/{place}")
        page.wait_for_selector("#legend b")
        page.wait_for_selector(".spark[points]", state="attached")
        served.call(_move(served.script, 4))
        if tab is not None:
            page.click(f'.tabs [data-tab="{tab}"]')
        page.screenshot(path=folder / f"{name}.png")
        context.close()


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    script = Script(port=free_port(), bars=2000, stale_after_ms=10_000)
    with Served(script) as served, sync_playwright() as playwright:
        served.call(script.move(tuple(p.symbol for p in script.products.products())))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        _shoot(browser, served, folder)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)

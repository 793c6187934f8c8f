"""Pictures of the page for the documentation, of a 3T that runs.

`3t demo --no-browser --port 8097` in one terminal, and when it has run for a while
`python -m tests.system.web.screenshots http://127.0.0.1:8097` in another.
"""

import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.system.web.conftest import CHROMIUM, FLAGS

FOLDER = Path(__file__).parents[3] / "docs" / "screenshots"
DESKTOP, PHONE = (1440, 860), (390, 844)
SHOTS = (
    ("desktop-dark", DESKTOP, "dark", "#SOL/1m", None),
    ("desktop-trading", DESKTOP, "dark", "#/trading", None),
    ("desktop-light", DESKTOP, "light", "#ETH/1h", None),
    ("phone-chart", PHONE, "dark", "#BTC/5m", None),
    ("phone-markets", PHONE, "dark", "#BTC/5m", "watch"),
    ("phone-trading", PHONE, "dark", "#/trading", "trading"),
    ("phone-account", PHONE, "light", "#BTC/5m", "account"),
)
_SETTLED_MS = 3_000  # health and rates have been told, prices have moved


def shoot(browser: Browser, url: str, folder: Path) -> None:
    for name, (width, height), scheme, place, tab in SHOTS:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        page = context.new_page()
        page.goto(f"{url}/{place}")
        page.wait_for_selector("#legend b", state="attached")
        page.wait_for_selector(".spark[points]", state="attached")
        page.wait_for_timeout(_SETTLED_MS)
        if tab is not None:
            page.click(f'.tabs [data-tab="{tab}"]')
        page.screenshot(path=folder / f"{name}.png")
        context.close()


def main(url: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        shoot(browser, url.rstrip("/"), folder)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else FOLDER)

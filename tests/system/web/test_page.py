"""The page in a real browser, on a market that follows a script."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.servers import free_port
from tests.system.web.conftest import Watched, watch
from tests.system.web.scripted import FIRST, SYMBOLS, Script
from tests.system.web.served import Served
from threet.model.prices import PriceKind

HOSTILE = "<img src=x onerror=hacked=1>"


def row(page: Page, symbol: str) -> str:
    return f'.row[data-symbol="{symbol}"]'


def expect_a_chart(page: Page) -> None:
    """Wait until the chart's canvases show more colors than an empty chart has.

    They are painted in a frame of the browser's own, some time after the data came.
    """
    page.wait_for_function(
        """() => {
          const colors = new Set();
          for (const canvas of document.querySelectorAll("#chart canvas")) {
            if (!canvas.width || !canvas.height) continue;
            const context = canvas.getContext("2d");
            const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
            for (let at = 0; at < data.length; at += 16) {
              colors.add(data[at] << 16 | data[at + 1] << 8 | data[at + 2]);
            }
          }
          return colors.size > 5;
        }"""
    )


def test_prices_move_without_a_reload(desk: Watched, served: Served) -> None:
    page = desk.page
    page.evaluate("window.isSamePage = true")
    served.call(served.script.set_price("ETH", "3333.3"))
    expect(page.locator(f"{row(page, 'ETH')} .price")).to_have_text("3,333.3")
    served.call(served.script.set_price("BTC", "65432.1"))
    expect(page.locator("#quote-price")).to_have_text("65,432.1")
    expect(page.locator("#legend")).to_contain_text("C 65,432.1")
    expect(page).to_have_title("BTC 65,432.1 · 3T")
    assert page.evaluate("window.isSamePage") is True


def test_exact_digits_are_shown_and_mixed_case_is_kept(
    desk: Watched, served: Served
) -> None:
    served.call(served.script.set_price("kPEPE", "0.0118340000000001"))
    cell = desk.page.locator(row(desk.page, "kPEPE"))
    expect(cell.locator(".name")).to_have_text("kPEPE")
    expect(cell.locator(".price")).to_have_text("0.0118340000000001")


def test_the_chart_is_drawn_and_follows_symbol_and_timeframe(desk: Watched) -> None:
    page = desk.page
    expect_a_chart(page)
    first = page.locator("#legend").inner_text()
    page.click(row(page, "ETH"))
    expect(page.locator("#quote-symbol")).to_have_text("ETH")
    expect(page.locator("#legend b").first).to_be_visible()
    expect(page.locator("#legend")).not_to_have_text(first)
    page.get_by_role("button", name="1h", exact=True).click()
    expect(page).to_have_url(re.compile(r"#ETH/1h$"))
    expect(page.locator("#legend")).to_contain_text(":00 UTC")
    expect(page.locator("#chart-note")).to_be_hidden()
    expect_a_chart(page)


def test_the_longer_bar_forms_with_the_minutes(desk: Watched, served: Served) -> None:
    desk.page.get_by_role("button", name="1d", exact=True).click()
    expect(desk.page.locator("#legend")).to_contain_text("00:00 UTC")
    served.call(served.script.set_price("BTC", "91234.5"))
    expect(desk.page.locator("#legend")).to_contain_text("H 91,234.5")
    expect(desk.page.locator("#legend")).to_contain_text("C 91,234.5")


def test_the_list_is_walked_with_keys_and_found_by_typing(desk: Watched) -> None:
    page = desk.page
    page.locator("#watch-list").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#quote-symbol")).to_have_text(FIRST[2])
    expect(page.locator('[aria-selected="true"]')).to_have_count(1)
    page.keyboard.press("/")
    page.keyboard.type("PEPE")
    expect(page.locator(".row:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#quote-symbol")).to_have_text("kPEPE")
    page.locator("#search").fill("zzz")
    expect(page.locator("#watch-empty")).to_contain_text("No market is named like")


def test_the_account_is_shown_and_its_news_arrives(
    desk: Watched, served: Served
) -> None:
    page = desk.page
    btc = page.locator("#positions tbody tr").first
    expect(btc).to_contain_text("▲ long")
    expect(btc).to_contain_text("▲ +40.58")
    expect(btc.locator("b")).to_have_attribute("title", "40.575000")
    expect(page.locator("#positions tbody tr").nth(1)).to_contain_text("▼ short")
    expect(page.locator("#positions tbody tr").nth(2)).to_contain_text("—")
    served.script.clock.ahead_ms += 1_000
    served.call(served.script.tell_balance())
    expect(page.locator("#equity")).to_have_text("26,123.50")


def test_a_stale_number_is_gray_and_tells_its_age(
    desk: Watched, served: Served
) -> None:
    page = desk.page
    expect(page.locator(row(page, "SOL"))).not_to_have_class(re.compile("is-stale"))
    served.script.clock.ahead_ms += 130_000
    served.call(served.script.set_price("BTC", "65000.5"))
    served.call(served.script.beat())
    expect(page.locator(row(page, "SOL"))).to_have_class(re.compile("is-stale"))
    expect(page.locator(f"{row(page, 'SOL')} .change")).to_contain_text(
        "2\u202fmin old"
    )
    expect(page.locator("#account-age")).to_contain_text("stale")
    expect(page.locator("#quote-price")).not_to_have_class(re.compile("stale"))
    expect(page.locator("#overall")).to_contain_text("9 of 10 prices stale")


def test_an_unknown_price_is_a_dash_and_never_a_zero(
    browser: Browser,
) -> None:
    script = Script(port=free_port(), symbols=FIRST, bars=5)
    with Served(script) as served:
        context = browser.new_context()
        watched = watch(context)
        watched.page.goto(served.url)
        expect(watched.page.locator(".row").first).to_be_visible()
        expect(watched.page.locator("#quote-price")).to_have_text("—")
        expect(watched.page.locator(".row .price").first).to_have_text("—")
        expect(watched.page.locator("#overall")).to_contain_text("10 of 10 prices miss")
        context.close()
        assert watched.errors == []


def test_a_dead_process_is_told_in_words(desk: Watched, served: Served) -> None:
    served.script.clock.ahead_ms += 20_000
    served.call(served.script.beat(but="trader"))
    expect(desk.page.locator("#overall")).to_contain_text("trader is dead")
    expect(desk.page.locator("#chips li.bad")).to_contain_text("trader dead")


def test_a_lost_connection_is_told_at_once_and_mended_by_itself(
    browser: Browser,
) -> None:
    script = Script(port=free_port(), symbols=FIRST, bars=30, stale_after_ms=3_000)
    context = browser.new_context(viewport={"width": 1440, "height": 860})
    watched = watch(context)
    page = watched.page
    with Served(script) as served:
        served.call(script.move(FIRST))
        page.goto(f"{served.url}/#BTC/1m")
        expect(page.locator("#link-text")).to_have_text("Live")
        expect(page.locator("#banner")).to_be_hidden()
    expect(page.locator("#banner")).to_be_visible()
    expect(page.locator("#banner")).to_contain_text("Connection lost")
    # Nothing arrives, so after the limit every number is marked by its age.
    expect(page.locator(row(page, "BTC"))).to_have_class(re.compile("is-stale"))
    expect(page.locator("#quote-age")).to_contain_text("stale")
    with Served(script) as served, kept_fresh(served):
        expect(page.locator("#banner")).to_be_hidden()
        served.call(script.set_price("BTC", "70000.1"))
        expect(page.locator("#quote-price")).to_have_text("70,000.1")
        expect(page.locator(row(page, "BTC"))).not_to_have_class(re.compile("is-stale"))
        context.close()
    assert watched.strangers == []
    assert all("net::ERR" in error for error in watched.errors), watched.errors


@contextmanager
def kept_fresh(served: Served) -> Iterator[None]:
    """Every mid price is confirmed again and again, however slow the browser is."""

    async def confirm() -> None:
        while True:
            await served.script.confirm_mids()
            await asyncio.sleep(0.2)

    async def begin() -> "asyncio.Task[None]":
        return asyncio.create_task(confirm())

    async def end(task: "asyncio.Task[None]") -> None:
        task.cancel()

    task = served.call(begin())
    yield
    served.call(end(task))


def test_a_hostile_name_is_only_a_name(browser: Browser) -> None:
    script = Script(port=free_port(), symbols=(HOSTILE, "ETH"), bars=5)
    with Served(script) as served:
        served.call(script.set_price(HOSTILE, "1.5"))
        context = browser.new_context(viewport={"width": 1440, "height": 860})
        watched = watch(context)
        page = watched.page
        page.goto(served.url)
        expect(page.locator("#quote-symbol")).to_have_text(HOSTILE)
        expect(page.locator(".row .name").first).to_have_text(HOSTILE)
        page.goto(f"{served.url}/#{HOSTILE}/1m")
        page.locator("#search").fill(HOSTILE + "x")
        expect(page.locator("#watch-empty")).to_contain_text(HOSTILE)
        assert page.evaluate("typeof hacked") == "undefined"
        assert page.locator("img").count() == 0
        context.close()
        assert watched.strangers == []
        assert watched.errors == []


def test_dark_and_light_follow_the_system_until_one_is_chosen(
    desk: Watched, served: Served
) -> None:
    page = desk.page
    shade = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(shade)
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert page.evaluate(shade) != dark
    page.click("#theme")
    assert page.evaluate(shade) == dark
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize("tab", ["chart", "watch", "account", "health"])
def test_a_phone_shows_one_panel_and_never_scrolls_sideways(
    browser: Browser, served: Served, tab: str
) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True
    )
    watched = watch(context)
    page = watched.page
    page.goto(f"{served.url}/#BTC/1m")
    expect(page.locator("#panel-chart")).to_be_visible()
    expect(page.locator("#panel-watch")).to_be_hidden()
    page.tap(f'.tabs [data-tab="{tab}"]')
    expect(page.locator(f"#panel-{tab}")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    too_wide = page.evaluate(
        """() => [...document.querySelectorAll("body *")].filter((element) =>
             !element.closest("#chart, svg, .skip")
             && element.getBoundingClientRect().right > 390.5
           ).map((element) => element.id || element.className)"""
    )
    assert too_wide == []
    context.close()
    assert watched.errors == []


def cpu_of(context: BrowserContext, page: Page) -> Callable[[], float]:
    """What the page's own thread has worked: other work on the machine is not in it."""
    devtools = context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def worked_secs() -> float:
        told = devtools.send("Performance.getMetrics")["metrics"]
        found = {one["name"]: float(one["value"]) for one in told}
        return found["TaskDuration"]

    return worked_secs


def test_all_symbols_are_listed_and_only_the_visible_ones_are_laid_out(
    browser: Browser,
) -> None:
    script = Script(port=free_port(), bars=120, stale_after_ms=60_000)
    with Served(script) as served:
        served.call(script.beat())
        served.call(script.move(SYMBOLS))
        context = browser.new_context(
            viewport={"width": 1440, "height": 860}, color_scheme="dark"
        )
        watched = watch(context)
        page = watched.page
        page.goto(f"{served.url}/#BTC/15m")
        expect(page.locator("#watch-count")).to_have_text("230 markets")
        expect(page.locator("#overall")).to_contain_text("All is well")
        cpu_secs = cpu_of(context, page)
        before = cpu_secs()
        for _ in range(20):
            served.call(script.move(SYMBOLS))
        served.call(script.set_price("AVAX", "77.777"))
        expect(page.locator(f"{row(page, 'AVAX')} .price")).to_have_text("77.777")
        # Twenty ticks of all symbols must not cost the page long tasks.
        assert cpu_secs() - before < 20 * 0.1
        context.close()
        assert watched.errors == []


@pytest.fixture(scope="module")
def wide() -> Iterator[Served]:
    """Kept and other markets, no account, a process that lost something."""
    script = Script(
        port=free_port(),
        symbols=("BTC", "kPEPE"),
        others=("ADA", "LINK"),
        bars=60,
        stale_after_ms=60_000,
        address=None,
    )
    with Served(script) as server:
        server.call(script.move(("BTC", "kPEPE", "ADA", "LINK")))
        yield server


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": 1440, "height": 860})
    watched = watch(context)
    yield watched
    context.close()
    assert watched.strangers == []


def test_every_market_is_listed_and_one_that_is_not_kept_says_so(
    visitor: Watched, wide: Served
) -> None:
    page = visitor.page
    page.goto(f"{wide.url}/#BTC/1m")
    expect(page.locator("#watch-count")).to_have_text("4 markets")
    names = page.locator("#watch-list > div")
    expect(names.nth(2)).to_have_text("Other markets: history is not kept")
    expect(page.locator("#kept-note")).to_be_hidden()
    page.click(row(page, "ADA"))
    expect(page.locator("#kept-note")).to_contain_text("History is not kept")
    expect(page.locator("#quote-leverage")).to_contain_text("10")
    wide.call(wide.script.set_price("ADA", "13.579"))
    expect(page.locator("#legend")).to_contain_text("C 13.579")
    # A line of what streamed in, however short.
    expect(page.locator(f"{row(page, 'ADA')} .spark")).to_have_attribute(
        "points", re.compile(r"^[\d.]+,[\d.]+ ")
    )
    assert visitor.errors == []


def test_a_market_that_appears_is_listed_and_one_that_vanishes_has_no_price(
    visitor: Watched, wide: Served
) -> None:
    page = visitor.page
    page.goto(f"{wide.url}/#BTC/1m")
    expect(page.locator("#watch-count")).to_have_text("4 markets")
    wide.call(wide.script.set_price("NEWLY", "2.5"))
    expect(page.locator("#watch-count")).to_have_text("5 markets")
    cell = page.locator(f"{row(page, 'NEWLY')} .price")
    expect(cell).to_have_text("2.5")
    wide.call(wide.script.confirm_mids(("NEWLY", PriceKind.MID)))
    expect(cell).to_have_text("—")
    assert visitor.errors == []


@pytest.mark.parametrize("place", ["#symbol=kPEPE", "#%E0%A4%A", "#/5m", "#a%20b/1h"])
def test_a_place_that_cannot_be_a_symbol_shows_btc(
    visitor: Watched, wide: Served, place: str
) -> None:
    visitor.page.goto(f"{wide.url}/{place}")
    expect(visitor.page.locator("#quote-symbol")).to_have_text("BTC")
    expect(visitor.page).to_have_url(re.compile("#BTC/"))
    assert visitor.errors == []


def test_a_symbol_alone_is_a_place(visitor: Watched, wide: Served) -> None:
    visitor.page.goto(f"{wide.url}/#kPEPE")
    expect(visitor.page).to_have_url(re.compile("#kPEPE/1m$"))


def test_an_unknown_symbol_is_told_with_a_way_back(
    visitor: Watched, wide: Served
) -> None:
    page = visitor.page
    page.goto(f"{wide.url}/#NOPE/5m")
    expect(page.locator("#chart-note")).to_contain_text("no market named “NOPE”")
    page.get_by_role("button", name="Show BTC").click()
    expect(page.locator("#quote-symbol")).to_have_text("BTC")
    expect(page.locator("#chart-note")).to_be_hidden()
    assert all("404" in error for error in visitor.errors), visitor.errors


def test_without_an_account_the_page_says_how_to_set_it(
    visitor: Watched, wide: Served
) -> None:
    page = visitor.page
    page.goto(wide.url)
    expect(page.locator("#account-absent")).to_contain_text("No account is configured")
    expect(page.locator("#account-absent")).to_contain_text("wallet_address")
    expect(page.locator("#positions")).to_be_hidden()
    expect(page.locator("#account-body")).to_be_hidden()


def test_what_a_process_lost_is_told_in_words(visitor: Watched, wide: Served) -> None:
    wide.call(wide.script.beat(lost=7))
    page = visitor.page
    page.goto(wide.url)
    expect(page.locator("#overall")).to_contain_text("Degraded")
    expect(page.locator("#overall")).to_contain_text("7 entries lost")
    expect(page.locator("#chips li.unsure").first).to_contain_text("7 entries lost")


@pytest.mark.parametrize("width", [1440, 1280, 390])
def test_positions_fit_their_panel(
    browser: Browser, served: Served, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(f"{served.url}/#BTC/1m")
    if width == 390:
        page.click('.tabs [data-tab="account"]')
    expect(page.locator("#positions tbody tr")).to_have_count(3)
    cut = page.evaluate(
        """() => {
          const edge = document.querySelector("#panel-account").getBoundingClientRect();
          return [...document.querySelectorAll("#positions *")].filter((element) => {
            const box = element.getBoundingClientRect();
            const isBlock = getComputedStyle(element).display !== "inline";
            const isCut = isBlock && element.scrollWidth > element.clientWidth + 1;
            return box.right > edge.right || isCut;
          }).map((element) => element.outerHTML);
        }"""
    )
    assert cut == []
    third = page.locator("#positions tbody tr").nth(2).locator("small")
    expect(third.nth(2)).to_have_text("—")
    expect(third.nth(2)).to_have_attribute("title", re.compile("cannot be reached"))
    expect(third.nth(1)).to_have_attribute("title", "0.011790")
    context.close()

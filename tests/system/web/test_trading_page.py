"""Trading on the page, in a real browser: what is shown, and what can be stopped."""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.servers import free_port
from tests.system.web.conftest import Watched, watch
from tests.system.web.scripted import ADDRESS, FIRST, Script
from tests.system.web.served import Served
from tests.system.web.traded import Traded, a_report, a_spec, halts_of
from threet.model.intents import IntentState
from threet.model.orders import Trigger, TriggerKind

DESKTOP, PHONE = (1440, 860), (390, 844)
TOKEN = "a-token-of-a-test-and-no-other"  # noqa: S105 - a fixture


class Site:
    """One server for all of them; each test goes on where the one before ended."""

    def __init__(self, served: Served, traded: Traded) -> None:
        self.served, self.traded = served, traded
        self.script = served.script

    def freshen(self) -> None:
        self.script.clock.ahead_ms += 1_000
        self.script.record_account()
        self.served.call(self.script.beat())
        self.served.call(self.script.move(FIRST))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    script = Script(port=free_port(), symbols=FIRST, bars=120, stale_after_ms=60_000)
    traded = Traded(tmp_path_factory.mktemp("trading"), ADDRESS)
    script.parts = replace(script.parts, trading=traded.parts)
    with Served(script) as served:
        _trade(traded, script.clock.now_ms())
        yield Site(served, traded)
    traded.database.close()


def _trade(traded: Traded, now_ms: int) -> None:
    """Ten minutes ago it bought BTC; a stop works; an order's fate is not known."""
    ago_ms = now_ms - 600_000
    traded.begin(ago_ms - 60_000)
    traded.decide("BTC", ago_ms - 60_000, "0", because="nothing yet")
    traded.decide("BTC", ago_ms, "0.15", stop_loss="63000.5")
    traded.decide("ETH", ago_ms, None, run="reversion", because="held: no price")
    bought = traded.send("tactical-trend/1/0", ago_ms, a_spec("BTC", "0.15", "64500"))
    traded.fill(bought, 11, ago_ms + 50, symbol="BTC", change="0.1", price="64200")
    traded.fill(
        bought,
        12,
        ago_ms + 50,
        symbol="BTC",
        change="0.05",
        price="64206",
        before="0.1",
    )
    trigger = Trigger(kind=TriggerKind.STOP_LOSS, price=Decimal("63000.5"))
    spec = a_spec("BTC", "-0.15", "62000", reduce_only=True, trigger=trigger)
    stop = traded.send("tactical-trend/1/stop", ago_ms + 100, spec)
    more = a_spec("ETH", "1.5", "3050")
    traded.send("reversion/2/0", now_ms, more, IntentState.OPEN, run="reversion")
    traded.send("reversion/1/0", ago_ms, more, IntentState.REFUSED, "no margin")
    traded.see(now_ms, a_report(stop, ago_ms + 100))


@pytest.fixture
def opened(browser: Browser, site: Site) -> Iterator[Watched]:
    yield from _open(browser, site, DESKTOP)


@pytest.fixture
def phone(browser: Browser, site: Site) -> Iterator[Watched]:
    yield from _open(browser, site, PHONE)


def _open(browser: Browser, site: Site, size: tuple[int, int]) -> Iterator[Watched]:
    site.freshen()
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height})
    watched = watch(context)
    watched.page.goto(f"{site.served.url}/#BTC/1m")
    watched.page.wait_for_selector("#legend b")
    yield watched
    context.close()
    assert watched.strangers == []
    assert watched.errors == []


def show_trading(page: Page) -> None:
    page.locator('[data-view="trading"], [data-tab="trading"]').locator(
        "visible=true"
    ).click()
    expect(page.locator("#decisions details").first).to_be_visible()


def test_the_chart_shows_fills_orders_and_why(opened: Watched) -> None:
    page = opened.page
    told = page.locator("#chart")
    expect(told).to_have_attribute("aria-label", re.compile("Bought 0.15 at 64,202"))
    stop = "trigger, sell 0.15 at 63,000.5"
    expect(told).to_have_attribute("aria-label", re.compile(re.escape(stop)))
    expect(page.locator("#orders-note")).to_have_text("1 working order")
    marks = page.locator("#lane .mark")
    expect(marks).to_have_count(2)
    marks.last.hover()
    expect(page.locator("#lane-tip")).to_contain_text("wants 0.15 BTC")
    marks.last.click()
    why = page.locator("#decision")
    expect(why).to_contain_text("because: the fast average is above the slow one")
    expect(why).to_contain_text("stop 63,000.5")
    expect(why).to_contain_text("64251.25")
    expect(why).to_contain_text("64,250.5 412\u202fms old")
    expect(why.locator(".unknown")).to_have_text("unknown")
    expect(why).to_contain_text("refused gross 3.1, 3 at most")
    page.locator("#lane").focus()
    page.keyboard.press("ArrowLeft")
    expect(why).to_contain_text("nothing yet")
    page.keyboard.press("Escape")
    expect(why).to_be_hidden()


async def _look_again(site: Site) -> None:
    """Where the server runs: its events are of that thread."""
    desk = site.served._server._desk
    await desk.trading.refresh()
    desk.hub.touch()


def test_what_arrives_is_shown_without_a_reload(opened: Watched, site: Site) -> None:
    page = opened.page
    expect(page.locator("#lane .mark")).to_have_count(2)
    site.traded.decide("BTC", site.script.clock.now_ms(), "0.2", because="news")
    site.served.call(_look_again(site))
    expect(page.locator("#lane .mark")).to_have_count(3)


def test_the_trading_view_tells_money_orders_and_limits(opened: Watched) -> None:
    page = opened.page
    show_trading(page)
    expect(page).to_have_url(re.compile(r"#/trading$"))
    expect(page.locator("#equity-now")).to_have_text(re.compile(r"^\d\d,\d{3}\.\d\d$"))
    run = page.locator("#profit tbody tr").first
    expect(run).to_contain_text("tactical-trend")
    expect(run).to_contain_text("0.58")  # the fees of both fills
    page.get_by_role("button", name="Product").click()
    expect(page.locator("#profit")).to_contain_text("BTC")
    page.get_by_role("button", name="Day").click()
    expect(page.locator("#profit th").nth(1)).to_have_text("Booked")
    expect(page.locator("#runs")).to_contain_text("reversion")
    orders = page.locator("#orders")
    expect(orders).to_contain_text("▼ sell 0.15")
    expect(orders.locator(".fate.unknown")).to_have_text("unknown")
    expect(orders).to_contain_text("refused no margin")
    size = page.locator('#limits [title="most_order_notional"]')
    expect(size).to_contain_text("9,675.00 of 10,000.00")
    expect(size).to_have_class("near")
    expect(size.get_by_role("meter")).to_have_attribute("aria-valuenow", "0.968")
    line = page.locator("#decisions details").last
    line.locator("summary").click()
    expect(line.locator("article")).to_contain_text("Still wants no BTC")


def test_f51_what_is_not_known_is_said_and_never_0(
    browser: Browser, site: Site
) -> None:
    """No fresh prices, no working orders seen, a part of the API that fails."""
    site.traded.has_looked = False
    site.script.clock.ahead_ms += 120_000
    site.script.record_account()
    context = browser.new_context(viewport={"width": 1440, "height": 860})
    watched = watch(context)
    page = watched.page
    away = '{"error": "database: it is away", "dependency": "database"}'
    page.route("**/api/runs", lambda route: route.fulfill(status=503, body=away))
    page.goto(f"{site.served.url}/#/trading")
    expect(page.locator("#profit tbody tr").first.locator(".unknown")).to_have_count(2)
    expect(page.locator("#orders")).to_contain_text("Working orders are unknown")
    gross = page.locator('#limits [title="most_gross"]')
    expect(gross.locator(".unknown")).to_have_text("unknown")
    expect(gross).to_contain_text("the working orders are not known")
    expect(gross.get_by_role("meter")).to_have_count(0)
    problem = page.locator("#panel-runs .problem")
    expect(problem).to_have_text("Not known now: database: it is away")
    expect(page.locator("#panel-runs")).to_have_class(re.compile("is-stale"))
    context.close()
    site.traded.has_looked = True
    assert all("503" in error for error in watched.errors), watched.errors


def test_stopping_takes_the_typed_word_and_is_told_until_it_is_resumed(
    opened: Watched, site: Site
) -> None:
    page = opened.page
    expect(page.locator("#halted")).to_be_hidden()
    page.click("#stop")
    act = page.locator("#confirm-act")
    for wrong in ("", "kill", "KIL", "KILLL"):
        page.fill("#confirm-word", wrong)
        expect(act).to_be_disabled()
        page.keyboard.press("Enter")
    assert halts_of(site.traded) == []
    page.check("#flatten")
    page.fill("#confirm-word", "KILL")
    act.click()
    expect(page.locator("#confirm")).to_be_hidden()
    expect(page.locator("#halted")).to_contain_text(
        "Kill switch, every position is to be closed: stopped on the page"
    )
    assert halts_of(site.traded) == ["flatten", "kill_switch"]
    page.click("#halted-resume")
    page.fill("#confirm-word", "RESUME")
    act.click()
    expect(page.locator("#halted")).to_be_hidden()
    assert halts_of(site.traded) == []


def test_a_phone_shows_all_of_it_within_its_width(phone: Watched) -> None:
    page = phone.page
    page.locator("#lane .mark").last.click()
    expect(page.locator("#decision")).to_contain_text("because:")
    show_trading(page)
    expect(page.locator("#limits li").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    for panel in page.locator(".trading .panel").all():
        box = panel.bounding_box()
        assert box is not None
        assert (box["x"], box["width"]) == (0, PHONE[0])
    page.click("#stop")
    box = page.locator("#confirm").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= PHONE[0]


def test_with_a_token_the_page_asks_for_it_first(
    browser: Browser, tmp_path: Path
) -> None:
    script = Script(port=free_port(), symbols=FIRST[:2], bars=5)
    traded = Traded(tmp_path, ADDRESS)
    script.parts = replace(script.parts, trading=traded.parts, token=TOKEN)
    with Served(script) as served:
        context = browser.new_context()
        watched = watch(context)
        page = watched.page
        page.goto(served.url)
        expect(page).to_have_url(re.compile("/login$"))
        page.fill("#token", "not-the-token-of-this-test")
        page.click("#enter")
        expect(page.locator("#login-note")).to_contain_text("not the token")
        page.fill("#token", TOKEN)
        page.keyboard.press("Enter")
        expect(page.locator("#link-text")).to_have_text("Live")
        page.click("#stop")
        page.fill("#confirm-word", "KILL")
        page.click("#confirm-act")
        expect(page.locator("#halted")).to_be_visible()
        page.get_by_role("button", name="Trading", exact=True).first.click()
        page.click("#logout")
        expect(page).to_have_url(re.compile("/login$"))
        context.close()
    traded.database.close()
    assert all("401" in error for error in watched.errors), watched.errors

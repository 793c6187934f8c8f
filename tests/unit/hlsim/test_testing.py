"""The exchange that other people's tests are served."""

from decimal import Decimal

import pytest
from hyperliquid.info import Info

from hlsim.core.exchange import Exchange
from hlsim.server.manual_clock import ManualClock
from hlsim.server.settings import Settings
from hlsim.testing import TRADER, Served, serving

START_MS = 1_767_225_600_000


def test_a_blocking_client_reads_from_the_fixture(hlsim_exchange: Served) -> None:
    info = Info(hlsim_exchange.url, skip_ws=True)
    try:
        state = info.user_state(TRADER)
    finally:
        info.session.close()
    assert Decimal(state["marginSummary"]["accountValue"]) == 10_000


def test_time_moves_only_as_it_is_told(hlsim_settings: Settings) -> None:
    with serving(hlsim_settings, ManualClock(START_MS)) as served:

        def blocks(exchange: Exchange) -> int:
            return exchange.market.next_ms(0)

        before = served.call(blocks)
        served.advance(60_000)
        assert served.call(blocks) == before + 60_000
        assert served.call(lambda exchange: exchange.now_ms) == START_MS + 60_000


def test_a_clock_that_cannot_be_moved_says_so(hlsim_exchange: Served) -> None:
    with pytest.raises(TypeError, match="cannot be moved"):
        hlsim_exchange.advance(1)


def test_settings_without_sense_fail_in_the_callers_thread() -> None:
    settings = Settings(symbols=1, rate=10**9)
    with pytest.raises(ValueError, match="carry"), serving(settings):
        pytest.fail("it was served")

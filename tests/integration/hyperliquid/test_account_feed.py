"""Streams without snapshot ask for a reconciliation each time they begin (F13)."""

import asyncio
from functools import partial

from hlsim.faults.kinds import Close, HalfOpen
from hlsim.server.running import running
from hlsim.server.settings import Settings
from tests.integration.hyperliquid.supervised import NO_LIMITS
from tests.polling import until
from tests.scaled_clock import ScaledClock
from threet.adapters.hyperliquid.account_feed import HyperliquidAccountFeed
from threet.adapters.hyperliquid.losses import Loss
from threet.model.orders import Fill, OrderReport
from threet.ports.account_feed import ReconcileNow
from threet.resilience.backoff import Backoff

SPEED = 20.0
ADDRESS = "0x" + "aB" * 20


def has(asked: list[ReconcileNow], number: int) -> bool:
    return len(asked) == number


async def test_f13_w2_each_new_connection_asks_to_reconcile_since_the_last_word() -> (
    None
):
    clock = ScaledClock(SPEED)
    settings = Settings(
        symbols=1, speed=SPEED, history_days=0, control_port=0, limits=NO_LIMITS
    )
    asked: list[ReconcileNow] = []
    told: list[OrderReport | Fill] = []
    async with asyncio.timeout(120), running(settings, clock.exchange) as server:
        feed = HyperliquidAccountFeed(url=server.ws_url, clock=clock, backoff=Backoff())
        faults = server.faults
        assert faults is not None
        async with asyncio.TaskGroup() as group:
            task = group.create_task(feed.run(ADDRESS, told.extend, asked.append))
            await until(lambda: len(asked) == 1)
            assert asked[0] == ReconcileNow(address=ADDRESS, since_ms=None)
            for number, fault in enumerate((Close(), HalfOpen()), start=2):
                before_ms = clock.now_ms()
                faults.injector.add(fault, before_ms)
                faults.events.carry_out_due()
                # Nothing is said on a quiet account: pings keep the timer.
                await until(partial(has, asked, number))
                since_ms = asked[-1].since_ms
                assert since_ms is not None
                assert since_ms <= before_ms + 1000
            task.cancel()
    assert str(feed.losses) in {"closed 1, half_open 1"}
    assert Loss.HALF_OPEN.value in str(feed.losses)

"""A real hlsim on a real socket for clients that know nothing of it."""

import time
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from hlsim.server.manual_clock import ManualClock
from hlsim.server.running import Server, running
from hlsim.server.settings import Deposit, Holding, Limits, Settings

WALLET = "0x1111111111111111111111111111111111111111"


SETTINGS = Settings(
    symbols=40,
    history_days=2,
    accounts=(Deposit(address=WALLET, funds=Decimal(10_000)),),
    holdings=(Holding(WALLET, "BTC", "0.5", "100000"),),
    limits=Limits(ip_weight=0, ws_connections=0),
)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """Time stands still (at today's, which clients ask for): values are exact."""
    clock = ManualClock(time.time_ns() // 1_000_000)
    async with running(SETTINGS, clock) as started:
        yield started


@pytest.fixture
async def live() -> AsyncIterator[Server]:
    async with running(SETTINGS) as started:
        yield started

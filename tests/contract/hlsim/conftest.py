"""A real hlsim on a real socket for clients that know nothing of it."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from hlsim.core.accounts import Account
from hlsim.server.running import Server, running
from hlsim.server.settings import Holding, Limits, Settings

WALLET = "0x1111111111111111111111111111111111111111"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    settings = Settings(
        symbols=40,
        history_days=2,
        accounts=(Account(address=WALLET, funds=Decimal(10_000)),),
        holdings=(Holding(WALLET, "BTC", "0.5", "100000"),),
        limits=Limits(ip_weight=0, ws_connections=0),
    )
    async with running(settings) as started:
        yield started

"""What every exchange must tell; an implementation joins in ``exchange``."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from hlsim.server.manual_clock import ManualClock as ExchangeClock
from hlsim.server.running import running
from hlsim.server.settings import Deposit, Holding, Settings
from hlsim.virtual import VirtualExchange
from tests.builders import bar
from threet.adapters.hyperliquid.rest import HyperliquidReader
from threet.adapters.memory.clock import ManualClock
from threet.adapters.memory.exchange import MemoryExchange
from threet.adapters.simulated.exchange import SimulatedExchange
from threet.model.accounts import AccountPosition, AccountState, MarginMode
from threet.model.candles import Timeframe
from threet.model.errors import UnknownSymbolError
from threet.model.products import Product
from threet.ports.exchange import ExchangeReader

NOW_MS = 1_767_225_630_000  # 30 s into a minute
MINUTE_MS = 60_000
ADDRESS = "0x" + "37" * 20
STRANGER = "0x" + "99" * 20


def memory_exchange() -> MemoryExchange:
    exchange = MemoryExchange(
        ManualClock(NOW_MS),
        [
            Product(exchange="hyperliquid", symbol=name, pair=f"{name}/USDC:USDC",
                    max_leverage=10, quantity_decimals=0)
            for name in ("BTC", "kPEPE")
        ],
    )  # fmt: skip
    opens = range(NOW_MS - 30_000 - 200 * MINUTE_MS, NOW_MS, MINUTE_MS)
    exchange.add_candles(
        bar(symbol=name, open_ms=open_ms)
        for name in ("BTC", "kPEPE")
        for open_ms in opens
    )
    position = AccountPosition(
        symbol="kPEPE", quantity=Decimal(-90000), entry_price=Decimal("0.0091"),
        leverage=10, margin_mode=MarginMode.CROSS, margin_used=Decimal(83),
        position_value=Decimal(830), unrealized_pnl=Decimal(-11),
        liquidation_price=None, funding_since_open=Decimal(0),
    )  # fmt: skip
    exchange.set_account(
        AccountState(
            address=ADDRESS, account_ms=NOW_MS, account_value=Decimal(9989),
            total_margin_used=Decimal(83), total_notional=Decimal(830),
            withdrawable=Decimal(9906), maintenance_margin=Decimal(41),
            positions=(position,),
        )
    )  # fmt: skip
    return exchange


@pytest.fixture(params=["memory", "hlsim", "in process"])
async def exchange(request: pytest.FixtureRequest) -> AsyncIterator[ExchangeReader]:
    if request.param == "memory":
        yield memory_exchange()
        return
    settings = Settings(
        symbols=30,
        accounts=(Deposit(address=ADDRESS, funds=Decimal(10000)),),
        holdings=(Holding(ADDRESS, "kPEPE", "-90000", "0.0091"),),
    )
    if request.param == "in process":
        yield SimulatedExchange(VirtualExchange(settings, start_ms=NOW_MS))
        return
    async with running(settings, ExchangeClock(NOW_MS)) as server:
        reader = HyperliquidReader(
            url=server.url, clock=ManualClock(NOW_MS), timeout_secs=30
        )
        yield reader
        reader.close()


async def test_it_tells_its_own_time(exchange: ExchangeReader) -> None:
    assert await asyncio.to_thread(exchange.server_ms) == NOW_MS


async def test_f71_the_catalogue_keeps_every_name_as_it_is(
    exchange: ExchangeReader,
) -> None:
    products = {one.symbol: one for one in await asyncio.to_thread(exchange.products)}
    assert products["kPEPE"].pair == "kPEPE/USDC:USDC"
    assert products["kPEPE"].max_leverage == 10
    assert products["kPEPE"].quantity_decimals == 0
    assert "KPEPE" not in products


@pytest.mark.parametrize("symbol", ["BTC", "kPEPE"])
async def test_candles_come_in_order_the_last_one_forming(
    exchange: ExchangeReader, symbol: str
) -> None:
    start_ms = NOW_MS - 100 * MINUTE_MS
    bars = await asyncio.to_thread(
        exchange.candles, symbol, Timeframe.M1, start_ms, NOW_MS
    )
    opens = [one.open_ms for one in bars]
    assert opens == sorted(set(opens))
    assert opens[0] <= start_ms < opens[0] + 2 * MINUTE_MS
    assert {one.symbol for one in bars} == {symbol}
    assert all(one.is_closed == (one.end_ms <= NOW_MS) for one in bars)
    assert bars[-1].open_ms == NOW_MS - 30_000
    assert not bars[-1].is_closed


async def test_a_symbol_it_does_not_have_is_unknown(exchange: ExchangeReader) -> None:
    with pytest.raises(UnknownSymbolError):
        await asyncio.to_thread(
            exchange.candles, "KPEPE", Timeframe.M1, NOW_MS - MINUTE_MS, NOW_MS
        )


async def test_an_account_with_its_positions(exchange: ExchangeReader) -> None:
    state = await asyncio.to_thread(exchange.account, ADDRESS)
    (position,) = state.positions
    assert (position.symbol, str(position.quantity.normalize())) == ("kPEPE", "-9E+4")
    assert position.entry_price == Decimal("0.0091")
    value = state.account_value - position.unrealized_pnl
    assert value == 10000
    assert state.withdrawable == state.account_value - state.total_margin_used


async def test_an_address_that_never_traded_has_nothing(
    exchange: ExchangeReader,
) -> None:
    state = await asyncio.to_thread(exchange.account, STRANGER)
    assert state.account_value == 0
    assert state.positions == ()

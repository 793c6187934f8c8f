"""What the fakes do beyond their ports: fail when told to, forget when told to."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.system.web.scripted import ShiftedClock
from threet.adapters.memory.account_store import MemoryAccountStore
from threet.adapters.memory.candle_store import MemoryCandleStore
from threet.adapters.memory.exchange import MemoryExchange
from threet.adapters.memory.live_view import MemoryLiveView, MemoryProcessBoard
from threet.adapters.memory.product_store import MemoryProductStore
from threet.model.accounts import AccountState
from threet.model.candles import Candle, Timeframe
from threet.model.errors import (
    DependencyError,
    UnknownSymbolError,
    UnreachableError,
)
from threet.model.events import CandleFormed, Envelope, PricesUpdated
from threet.model.prices import PriceChange, PriceKind
from threet.model.products import Product

START_MS = 1_767_225_600_000
PEPE = Product(
    exchange="hyperliquid", symbol="kPEPE", pair="kPEPE/USDC:USDC", max_leverage=10
)


def minute(at: int, *, closed: bool = True, volume: int = 1) -> Candle:
    price = Decimal(100)
    return Candle(
        symbol="kPEPE",
        timeframe=Timeframe.M1,
        open_ms=START_MS + at * 60_000,
        open=price,
        high=price,
        low=price,
        close=price,
        volume=Decimal(volume),
        trades=1,
        is_closed=closed,
    )


def account(at_ms: int) -> AccountState:
    return AccountState(
        address="0xab",
        account_ms=at_ms,
        account_value=Decimal(at_ms - START_MS),
        total_margin_used=Decimal(0),
        total_notional=Decimal(0),
        withdrawable=Decimal(0),
        maintenance_margin=Decimal(0),
        positions=(),
    )


def prices(count: int) -> Envelope:
    change = PriceChange("kPEPE", PriceKind.MID, Decimal(count))
    event = PricesUpdated(received_ns=START_MS * 1_000_000 + count, changes=(change,))
    return Envelope(event_id=str(count), event=event)


def test_a_product_is_found_by_symbol_and_pair_in_its_own_case() -> None:
    store = MemoryProductStore([PEPE])
    assert store.add([PEPE]) == 0
    assert store.find("kPEPE") is store.find("kPEPE/USDC:USDC") is PEPE
    with pytest.raises(UnknownSymbolError):
        store.find("KPEPE")


def test_a_closed_bar_stays_and_what_is_hot_may_be_lost_and_warmed() -> None:
    store = MemoryCandleStore(MemoryProductStore([PEPE]), hot_candles=2)
    bars = [minute(at) for at in range(4)]
    assert store.save([*bars, minute(4, closed=False)]) == 5
    assert store.save([*bars, minute(3, closed=False)]) == 0
    assert store.trim() == 3
    assert list(store.newest("kPEPE", Timeframe.M1, 2)) == [
        minute(3),
        minute(4, closed=False),
    ]
    store.forget_hot()
    assert store.newest_closed_ms("kPEPE", Timeframe.M1) == minute(3).open_ms
    assert store.rewarm() == store.rewarm() == 2


def test_candles_of_an_unknown_symbol_are_refused_whole() -> None:
    store = MemoryCandleStore(MemoryProductStore())
    with pytest.raises(UnknownSymbolError):
        store.save([minute(0)])
    assert store.newest("kPEPE", Timeframe.M1, 9) == ()
    assert store.newest_closed_ms("kPEPE", Timeframe.M1) is None


def test_an_account_reading_counts_once_and_files_its_news_once() -> None:
    store = MemoryAccountStore()
    news = [prices(1)]
    assert store.current("0xab") is None
    assert [store.record(account(START_MS + at), news) for at in (5, 5, 4, 6)] == [
        True,
        False,
        False,
        True,
    ]
    assert store.filed == news * 2
    assert [point.account_value for point in store.history("0xab", 9)] == [5, 6]
    assert len(store.history("0xab", 1)) == 1
    assert store.history("0xab", 0) == ()


@pytest.mark.parametrize(
    "call",
    [
        lambda products, _candles, _accounts: products.find("kPEPE"),
        lambda _products, candles, _accounts: candles.rewarm(),
        lambda _products, _candles, accounts: accounts.current("0xab"),
    ],
)
def test_a_store_that_is_down_says_so(call: Callable[..., object]) -> None:
    products = MemoryProductStore([PEPE])
    candles, accounts = MemoryCandleStore(products), MemoryAccountStore()
    products.is_down = candles.is_down = accounts.is_down = True
    with pytest.raises(DependencyError, match="database: does not answer"):
        call(products, candles, accounts)


def test_the_exchange_answers_bars_that_touch_the_range_and_judges_them() -> None:
    clock = ShiftedClock()
    exchange = MemoryExchange(clock, [PEPE])
    clock.ahead_ms = START_MS + 150_000 - clock.now_ms()  # in the third minute
    exchange.add_candles(minute(at, closed=False) for at in range(4))
    found = exchange.candles(
        "kPEPE", Timeframe.M1, START_MS + 60_000, START_MS + 120_000
    )
    assert [(bar.open_ms - START_MS, bar.is_closed) for bar in found] == [
        (60_000, True),
        (120_000, False),
    ]
    with pytest.raises(UnknownSymbolError):
        exchange.candles("NOPE", Timeframe.M1, START_MS, START_MS)


def test_the_exchange_fails_as_often_as_it_was_told() -> None:
    exchange = MemoryExchange(ShiftedClock(), [PEPE])
    exchange.fail_next(UnreachableError("products", "502"))
    with pytest.raises(UnreachableError):
        exchange.products()
    assert exchange.products() == (PEPE,)
    assert exchange.requests == ["products", "products"]


def test_an_address_that_never_traded_has_an_empty_account() -> None:
    exchange = MemoryExchange(ShiftedClock())
    assert exchange.account("0xab").positions == ()
    exchange.set_account(account(START_MS))
    assert exchange.account("0xab").account_ms == START_MS
    assert exchange.server_ms() > START_MS


async def test_a_follower_gets_what_is_told_after_it_began() -> None:
    live = MemoryLiveView()
    await live.publish([prices(1)])
    async with live.follow(["prices:updated"]) as batches:
        forming = CandleFormed(received_ns=START_MS * 1_000_000, candle=minute(0))
        await live.publish([prices(2), Envelope(event_id="c", event=forming)])
        batch = await anext(batches)
    assert [envelope.event_id for envelope in batch] == ["2"]
    assert [price.price for price in await live.newest_prices()] == [2]
    assert await live.forming("kPEPE", Timeframe.M1) == minute(0)
    assert await live.forming("kPEPE", Timeframe.M5) is None
    assert {state.stream: state.length for state in await live.streams()} == {
        "prices:updated": 2,
        "candles:formed": 1,
    }


async def test_a_slow_follower_keeps_the_newest_entries() -> None:
    live = MemoryLiveView(bound=2)
    async with live.follow(["prices:updated"]) as batches:
        await live.publish([prices(at) for at in (1, 2, 3)])
        assert [envelope.event_id for envelope in await anext(batches)] == ["2", "3"]


async def test_followers_of_a_view_that_goes_down_are_told() -> None:
    live = MemoryLiveView()
    async with live.follow(["prices:updated"]) as batches:
        live.set_down(True)
        with pytest.raises(DependencyError):
            await anext(batches)
        with pytest.raises(DependencyError):
            await live.newest_prices()


async def test_a_process_is_seen_as_it_last_said_of_itself() -> None:
    live, clock = MemoryLiveView(), ShiftedClock()
    board = MemoryProcessBoard(live, clock, "trader", 42)
    await board.beat({"orders": 1})
    await board.beat({"orders": 2})
    (state,) = await live.processes()
    assert (state.name, state.pid, state.figures) == ("trader", 42, {"orders": 2})
    assert state.started_ms <= state.beat_ms

"""Nothing is asked that the budget does not hold."""

import pytest

from threet.adapters.memory.clock import ManualClock
from threet.adapters.memory.exchange import MemoryExchange
from threet.adapters.memory.fetch_state import MemoryRateBudget
from threet.model.candles import Timeframe
from threet.model.errors import RateLimitedError
from threet.model.products import Product
from threet.resilience.budgeted_reader import BudgetedReader

NOW_MS = 1_767_225_600_000
HOUR_MS = 3_600_000
BTC = Product(exchange="hyperliquid", symbol="BTC", pair="B", max_leverage=40)


def test_each_question_takes_its_weight_and_none_is_asked_beyond() -> None:
    clock = ManualClock(NOW_MS)
    exchange = MemoryExchange(clock, [BTC])
    budget = MemoryRateBudget(clock, per_minute=65)
    reader = BudgetedReader(exchange, budget)
    reader.server_ms()
    reader.products()
    reader.account("0x" + "1" * 40)
    # 61 bars: 20 and 2 more.
    reader.candles("BTC", Timeframe.M1, NOW_MS - HOUR_MS, NOW_MS)
    assert budget.take(65 - 2 - 20 - 2 - 22) == 0
    with pytest.raises(RateLimitedError) as caught:
        reader.server_ms()
    assert 0 < caught.value.retry_after_secs <= 61
    assert len(exchange.requests) == 4

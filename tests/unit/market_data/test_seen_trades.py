"""A reconnect repeats trades; each counts once."""

from decimal import Decimal

from threet.market_data.seen_trades import SeenTrades
from threet.model.trades import Side, Trade


def trade(
    trade_id: int, symbol: str = "BTC", trade_ms: int = 1_767_225_600_000
) -> Trade:
    return Trade(
        symbol=symbol,
        side=Side.BUY,
        price=Decimal(1),
        quantity=Decimal(1),
        trade_ms=trade_ms,
        trade_id=trade_id,
    )


def test_a_trade_printed_again_is_not_new() -> None:
    seen = SeenTrades()
    assert seen.is_new(trade(1))
    assert not seen.is_new(trade(1))


def test_one_id_at_another_time_or_symbol_is_another_trade() -> None:
    seen = SeenTrades()
    assert seen.is_new(trade(1))
    assert seen.is_new(trade(1, symbol="ETH"))
    assert seen.is_new(trade(1, trade_ms=1_767_225_600_001))


def test_memory_is_bounded_by_the_newest_of_each_symbol() -> None:
    seen = SeenTrades(kept=2)
    assert all(seen.is_new(trade(number)) for number in (1, 2, 3))
    assert not seen.is_new(trade(3))
    assert seen.is_new(trade(1))  # forgotten, the oldest

"""The exchange as one object driven by event time."""

import pytest

from hlsim.core.accounts import Accounts
from hlsim.core.exchange import Exchange, UnknownCoinError
from hlsim.core.intervals import HOUR_MS, MINUTE_MS, open_ms
from hlsim.market.catalogue import listings
from hlsim.market.synthetic import SyntheticMarket

START = 1_760_000_040_000 - 1_760_000_040_000 % MINUTE_MS + 59_000


@pytest.fixture
def exchange() -> Exchange:
    market = SyntheticMarket(listings(12, 7), seed=7, start_ms=START, history_days=1)
    return Exchange(market, Accounts())


@pytest.mark.parametrize("interval", ["1m", "5m", "1d"])
def test_the_forming_candle_is_the_last_of_the_series(
    exchange: Exchange, interval: str
) -> None:
    for block in exchange.advance(START + 2 * MINUTE_MS):
        now = block.time_ms
        rows = exchange.candles(0, interval, now - HOUR_MS, now, now)
        has_traded = rows[-1].t == open_ms(interval, now)
        forming = exchange.forming(0, interval, now)
        assert forming == (rows[-1] if has_traded else None)


def test_looking_ahead_of_the_blocks_does_not_lose_their_trades(
    exchange: Exchange,
) -> None:
    # Somebody subscribes in the new minute before the old one's last block is due.
    later = START + 1400
    exchange.forming(0, "15m", later)
    list(exchange.advance(later))
    rows = exchange.candles(0, "15m", later, later, later)
    assert exchange.forming(0, "15m", later) == rows[-1]


def test_a_coin_nobody_knows_is_named(exchange: Exchange) -> None:
    with pytest.raises(UnknownCoinError, match="no coin called 'NOPE'"):
        exchange.asset("NOPE")

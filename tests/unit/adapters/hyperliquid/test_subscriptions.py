"""What is asked for, in which order, within the exchange's limits."""

from threet.adapters.hyperliquid.subscriptions import acknowledges, plan
from threet.model.candles import Timeframe
from threet.model.topics import Channel, Topic
from threet.ports.market_feed import Interests

SYMBOLS = [f"S{number}" for number in range(230)]


def test_230_symbols_fit_into_the_limit_of_an_address() -> None:
    interests = Interests(symbols=SYMBOLS, candles=(Timeframe.M1,), books=("S0", "S1"))
    made = plan(interests)
    assert len(made.topics) == 1 + 2 + 4 * 230
    assert made.left_out == 0


def test_what_does_not_fit_is_counted_and_mids_of_all_come_first() -> None:
    interests = Interests(symbols=SYMBOLS * 2, candles=(Timeframe.M1,))
    made = plan(interests, most=1000)
    assert len(made.topics) == 1000
    assert made.left_out == 1 + 4 * 460 - 1000
    assert made.topics[0] == Topic(Channel.MIDS)


def test_an_echo_with_more_fields_acknowledges() -> None:
    asked = {"type": "l2Book", "coin": "BTC"}
    assert acknowledges({"coin": "BTC", "type": "l2Book", "nSigFigs": None}, asked)
    assert not acknowledges({"type": "l2Book", "coin": "ETH"}, asked)

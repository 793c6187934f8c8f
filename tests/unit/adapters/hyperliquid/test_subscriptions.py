"""What is asked for, in which order, within the exchange's limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threet.adapters.hyperliquid.subscriptions import (
    Complaint,
    acknowledges,
    complaint,
    plan,
    request_frame,
    subscription,
    topic_of,
)
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


TOPICS = st.builds(
    Topic,
    st.sampled_from([one for one in Channel if one not in (Channel.MIDS,)]),
    st.text(min_size=1),
    st.sampled_from([None, *Timeframe]),
)


@given(TOPICS, st.dictionaries(st.sampled_from(["nSigFigs", "x"]), st.none()))
def test_the_echo_of_a_topic_is_the_topic_whatever_was_added(
    topic: Topic, added: dict[str, None]
) -> None:
    assert topic_of({**added, **subscription(topic)}) == topic


@pytest.mark.parametrize(
    "echo",
    [{}, {"type": "novel"}, {"type": "candle", "coin": "BTC", "interval": "7m"}],
    ids=repr,
)
def test_an_echo_of_something_else_is_no_topic(echo: dict[str, object]) -> None:
    assert topic_of(echo) is None


def test_f71_a_name_goes_out_as_the_exchange_writes_it() -> None:
    frame = request_frame(Topic(Channel.QUOTE, "kPEPE"), is_subscribe=False)
    expected = '{"method":"unsubscribe","subscription":{"type":"bbo","coin":"kPEPE"}}'
    assert frame == expected


def test_an_account_is_asked_for_as_a_user() -> None:
    topic = Topic(Channel.ORDER_UPDATES, "0x" + "1" * 40)
    assert subscription(topic) == {"type": "orderUpdates", "user": topic.subject}


def test_already_subscribed_is_as_good_as_an_acknowledgement() -> None:
    text = 'Already subscribed: {"type":"bbo","coin":"BTC"}'
    assert complaint(text) == Complaint(
        text=text, topic=Topic(Channel.QUOTE, "BTC"), is_harmless=True, is_refusal=False
    )


def test_f8_an_invalid_subscription_is_a_refusal_of_that_topic() -> None:
    told = complaint('Invalid subscription {"type":"trades","coin":"GONE"}')
    assert (told.topic, told.is_refusal) == (Topic(Channel.TRADES, "GONE"), True)


@pytest.mark.parametrize(
    "text",
    [
        "Cannot subscribe to more than 1000 channels.",
        "Invalid subscription {",
        "Invalid subscription",
        "Already subscribed: " + "[" * 10_000,
    ],
    ids=lambda text: text[:24],
)
def test_a_complaint_about_nothing_we_know_names_no_topic(text: str) -> None:
    assert complaint(text).topic is None


def test_mids_are_asked_for_once_of_each_dex_that_a_symbol_is_of() -> None:
    made = plan(Interests(symbols=("BTC", "xyz:AAPL", "xyz:TSLA", "flx:GOLD")))
    mids = [one for one in made.topics if one.channel is Channel.MIDS]
    assert [one.subject for one in mids] == ["", "xyz", "flx"]
    assert subscription(mids[1]) == {"type": "allMids", "dex": "xyz"}
    assert Topic(Channel.TRADES, "xyz:AAPL") in made.topics


@pytest.mark.parametrize(
    ("echo", "topic"),
    [
        ({"type": "allMids", "dex": "xyz"}, Topic(Channel.MIDS, "xyz")),
        ({"type": "allMids", "dex": None}, Topic(Channel.MIDS)),
        ({"type": "allMids"}, Topic(Channel.MIDS)),
        ({"type": "bbo", "coin": "xyz:AAPL"}, Topic(Channel.QUOTE, "xyz:AAPL")),
    ],
)
def test_the_echo_of_a_dex_is_its_topic(echo: dict[str, object], topic: Topic) -> None:
    assert topic_of(echo) == topic

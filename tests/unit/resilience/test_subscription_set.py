"""Each subscription is answered, or something is done about it (W1, W3, W4, F4-F9)."""

from collections.abc import Callable, Iterable

from hypothesis import given
from hypothesis import strategies as st

from threet.model.candles import Timeframe
from threet.model.topics import Channel, Topic
from threet.resilience.subscription_line import Fault
from threet.resilience.subscription_set import (
    Found,
    Look,
    Recovery,
    Request,
    SubscriptionSet,
)

MIDS = Topic(Channel.MIDS)
QUOTE = Topic(Channel.QUOTE, "BTC")
CONTEXT = Topic(Channel.CONTEXT, "BTC")
TRADES = Topic(Channel.TRADES, "BTC")
CANDLE = Topic(Channel.CANDLE, "BTC", Timeframe.M1)
ALL = (MIDS, TRADES, CANDLE, QUOTE, CONTEXT)


def sent(one: SubscriptionSet, now: float) -> list[Request]:
    """Send all that waits."""
    requests = []
    while request := one.next_request():
        requests.append(request)
        one.sent(now)
    return requests


def opened(
    topics: Iterable[Topic] = ALL, now: float = 0.0, *, answers: bool = True
) -> SubscriptionSet:
    """All asked for; acknowledged and heard at once, unless ``answers`` is false."""
    one = SubscriptionSet()
    one.follow(topics)
    one.opened()
    sent(one, now)
    for topic in topics if answers else ():
        one.acknowledged(topic)
        one.heard(topic, now)
    return one


def speak(one: SubscriptionSet, topics: Iterable[Topic], start: int, end: int) -> None:
    """Each of the topics speaks every half second of [start, end)."""
    for step in range(2 * start, 2 * end):
        for topic in topics:
            one.heard(topic, step / 2)


def first(
    one: SubscriptionSet, start: int, end: int, is_it: Callable[[Look], bool]
) -> float | None:
    """When a look each half second first says that; what it asks for is sent."""
    for step in range(2 * start, 2 * end):
        look = one.look(step / 2)
        sent(one, step / 2)
        if is_it(look):
            return step / 2
    return None


def again(topic: Topic) -> list[Request]:
    return [Request(topic, is_subscribe=False), Request(topic, is_subscribe=True)]


def test_nothing_is_asked_for_before_the_connection_is_open() -> None:
    one = SubscriptionSet()
    one.follow(ALL)
    assert one.next_request() is None
    one.opened()
    assert sent(one, 0.0) == [Request(topic, is_subscribe=True) for topic in ALL]


def test_w1_f4_everything_is_asked_for_again_on_the_next_connection() -> None:
    one = opened()
    assert one.acknowledged_count == len(ALL)
    one.closed()
    assert one.acknowledged_count == 0
    assert one.next_request() is None
    one.opened()
    assert sent(one, 9.0) == [Request(topic, is_subscribe=True) for topic in ALL]


def test_w4_a_subscription_without_a_first_message_is_a_fault_within_10_s() -> None:
    one = opened((QUOTE, CONTEXT), answers=False)
    one.acknowledged(QUOTE)
    one.acknowledged(CONTEXT)
    one.heard(CONTEXT, 0.0)
    assert one.look(9.9) == Look()
    assert one.look(10.0) == Look((Found(QUOTE, Fault.NEVER_FIRST),))
    assert sent(one, 10.0) == again(QUOTE)
    assert one.at_fault == [QUOTE]


def test_w4_without_an_acknowledgement_it_is_a_fault_as_well() -> None:
    one = opened((TRADES,), answers=False)
    assert one.look(10.0).found == (Found(TRADES, Fault.UNACKNOWLEDGED),)


def test_a_late_acknowledgement_is_all_that_a_quiet_topic_owes() -> None:
    one = opened((TRADES, QUOTE), answers=False)
    assert len(one.look(10.0).found) == 2
    one.acknowledged(TRADES)
    one.acknowledged(QUOTE)
    assert one.at_fault == [QUOTE]
    assert one.is_complete


def test_what_spoke_again_is_told_once_with_the_length_of_its_silence() -> None:
    one = opened((QUOTE,))
    speak(one, (QUOTE,), 1, 30)
    one.look(45.0)
    one.heard(QUOTE, 49.5)
    assert one.recoveries() == [Recovery(QUOTE, 20.0)]
    assert one.recoveries() == []


def test_trades_of_a_quiet_symbol_owe_no_first_message() -> None:
    one = opened((TRADES,), answers=False)
    one.acknowledged(TRADES)
    assert one.look(3599.0) == Look()


def test_w4_if_asking_again_does_not_help_the_connection_is_made_anew_once() -> None:
    one = opened((QUOTE, TRADES), answers=False)
    one.acknowledged(QUOTE)
    one.acknowledged(TRADES)
    one.look(10.0)
    sent(one, 10.0)
    assert not one.look(19.9).must_reconnect
    assert one.look(20.0).must_reconnect
    one.closed()
    one.opened()
    sent(one, 21.0)
    one.acknowledged(TRADES)
    assert first(one, 21, 2000, lambda look: look.must_reconnect) is None
    assert one.at_fault == [QUOTE]


def test_a_symbol_silent_for_good_is_asked_for_ever_more_rarely() -> None:
    one = opened((QUOTE,), answers=False)
    one.look(10.0)
    sent(one, 10.0)
    one.look(20.0)  # the one new connection
    one.closed()
    one.opened()
    sent(one, 20.0)
    before = one.resubscribed
    first(one, 20, 3600, lambda look: look.must_reconnect)
    assert 4 <= one.resubscribed - before <= 10


def test_w3_a_silent_symbol_on_a_live_socket_is_told_and_asked_for_again() -> None:
    other = Topic(Channel.QUOTE, "ETH")
    one = opened((QUOTE, other))
    speak(one, (QUOTE, other), 1, 30)
    speak(one, (other,), 30, 45)
    look = one.look(40.0)
    assert look == Look((Found(QUOTE, Fault.SILENT),))
    assert sent(one, 40.0) == again(QUOTE)
    one.heard(QUOTE, 40.5)
    assert one.at_fault == []
    assert one.recovered == 1


def test_f4_when_only_pongs_flow_the_silent_channels_are_the_alarm() -> None:
    one = opened((MIDS,))
    assert one.look(4.9) == Look()
    assert one.look(5.0).found == (Found(MIDS, Fault.SILENT),)
    sent(one, 5.0)
    assert first(one, 5, 60, lambda look: look.must_reconnect) == 15.0


def test_many_topics_silent_at_once_are_a_fault_of_the_connection() -> None:
    quotes = [Topic(Channel.QUOTE, f"S{number}") for number in range(8)]
    one = opened(quotes)
    speak(one, quotes, 1, 30)
    assert one.look(41.0).must_reconnect
    assert one.next_request() is None


def test_f9_candles_that_never_come_while_their_symbol_trades_are_a_fault() -> None:
    one = opened((TRADES, CANDLE), answers=False)
    one.acknowledged(TRADES)
    one.acknowledged(CANDLE)
    speak(one, (TRADES,), 1, 20)
    assert one.look(11.0).found == (Found(CANDLE, Fault.LEFT_BEHIND),)
    assert sent(one, 11.0) == again(CANDLE)


def test_f6_an_unsubscription_leaves_no_trace_on_the_new_subscription() -> None:
    one = opened((QUOTE,))
    one.follow(())
    one.follow((QUOTE,))
    assert sent(one, 1.0) == again(QUOTE)
    one.acknowledged(QUOTE)
    one.heard(QUOTE, 1.0)
    assert one.acknowledged_count == 1
    assert one.at_fault == []


def test_m1_what_is_followed_no_more_is_unsubscribed_and_judged_no_more() -> None:
    one = opened((MIDS, QUOTE))
    assert one.follow((MIDS, TRADES)) == [QUOTE]
    assert sent(one, 1.0) == [
        Request(QUOTE, is_subscribe=False),
        Request(TRADES, is_subscribe=True),
    ]
    one.heard(QUOTE, 2.0)  # one that was on its way
    assert one.topics == (MIDS, TRADES)


def test_f8_what_the_exchange_refuses_is_at_fault_and_costs_no_connection() -> None:
    one = opened((QUOTE,), answers=False)
    one.refused(QUOTE)
    assert one.at_fault == [QUOTE]
    assert first(one, 0, 1000, lambda look: look.must_reconnect) is None
    assert one.resubscribed > 0


def test_an_acknowledgement_that_nobody_asked_for_changes_nothing() -> None:
    one = opened((MIDS,))
    one.acknowledged(QUOTE)
    one.heard(QUOTE, 1.0)
    one.refused(QUOTE)
    assert one.topics == (MIDS,)
    assert one.acknowledged_count == 1


def test_the_age_of_a_symbol_is_that_of_its_newest_message() -> None:
    one = opened(ALL, now=1.0)
    one.heard(QUOTE, 7.0)
    assert one.heard_at() == {"BTC": 7.0}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["hear", "acknowledge", "close", "look", "send"]),
        st.sampled_from(ALL),
        st.floats(min_value=0, max_value=40),
    ),
    max_size=60,
)


@given(STEPS)
def test_whatever_happens_a_new_connection_asks_for_all_that_is_wanted(
    steps: list[tuple[str, Topic, float]],
) -> None:
    one, now = opened(answers=False), 0.0
    for step, topic, secs in steps:
        now += secs
        if step == "hear":
            one.heard(topic, now)
        elif step == "acknowledge":
            one.acknowledged(topic)
        elif step == "look":
            one.look(now)
        elif step == "send":
            sent(one, now)
        else:
            one.closed()
            one.opened()
    one.closed()
    one.opened()
    assert sent(one, now) == [Request(topic, is_subscribe=True) for topic in ALL]

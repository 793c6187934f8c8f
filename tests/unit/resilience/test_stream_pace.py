"""No more messages and connections a minute than one address may have."""

from threet.resilience.stream_pace import StreamPace


def taken(pace: StreamPace, now: float) -> int:
    count = 0
    while pace.subscription(now) == 0:
        count += 1
    return count


def test_subscriptions_stay_below_2000_messages_in_any_minute() -> None:
    pace = StreamPace()
    assert taken(pace, 0.0) == 1600
    assert sum(taken(pace, float(second)) for second in range(1, 60)) == 0
    assert taken(pace, 62.0) == 1600


def test_a_ping_goes_through_when_subscriptions_took_all_they_may() -> None:
    pace = StreamPace()
    taken(pace, 0.0)
    assert pace.subscription(1.0) > 0
    assert pace.ping(1.0) == 0


def test_connections_stay_below_30_in_any_minute() -> None:
    pace = StreamPace()
    made = [second for second in range(60) if pace.connection(float(second)) == 0]
    assert len(made) == 25
    assert pace.connection(60.0) > 0

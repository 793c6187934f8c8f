"""When a connection is taken for dead (W2: the timer moves only on received data)."""

from threet.resilience.stream_session import Due, StreamSession


def session() -> StreamSession:
    return StreamSession(0.0, ping_every_secs=5, silence_secs=12)


def test_a_connection_that_never_speaks_is_given_up() -> None:
    one = session()
    assert one.due(11.9) is not Due.RECONNECT
    assert one.due(12.0) is Due.RECONNECT


def test_f5_our_own_pings_do_not_keep_a_dead_connection_alive() -> None:
    one = session()
    dues = [one.due(float(second)) for second in range(1, 13)]
    assert dues.count(Due.PING) == 2
    assert dues[-1] is Due.RECONNECT


def test_received_frames_spare_the_ping() -> None:
    one = session()
    for second in range(1, 60):
        one.received(float(second))
        assert one.due(second + 0.5) is Due.NOTHING


def test_silence_after_frames_is_noticed_within_15_seconds() -> None:
    one = session()
    one.received(100.0)
    looks = (100 + step * one.check_every_secs for step in range(100))
    noticed = next(now for now in looks if one.due(now) is Due.RECONNECT)
    assert noticed - 100.0 <= 15

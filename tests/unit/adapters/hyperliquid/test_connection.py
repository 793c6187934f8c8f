"""A connection's requests, beside what it hears meanwhile."""

from typing import Any

from threet.adapters.hyperliquid.connection import Connection, Surroundings, Tally
from threet.adapters.memory.clock import ManualClock
from threet.model.topics import Channel, Topic
from threet.resilience.backoff import Backoff
from threet.resilience.stream_pace import StreamPace


class SlowSocket:
    """Takes a frame only when its answer was heard already."""

    def __init__(self, connection: Connection, topic: Topic) -> None:
        self._connection = connection
        self._topic = topic

    async def send_str(self, frame: str) -> None:
        del frame
        self._connection.subscriptions.acknowledged(self._topic)


async def test_an_answer_that_is_faster_than_the_sending_counts() -> None:
    shared = Surroundings(
        url="ws://127.0.0.1:1",
        clock=ManualClock(1_700_000_000_000),
        handshake_secs=1,
        pace=StreamPace(),
        tally=Tally(),
    )
    connection, topic = Connection(0, shared, Backoff()), Topic(Channel.BOOK, "BTC")
    connection.follow([topic])
    connection.subscriptions.opened()
    socket: Any = SlowSocket(connection, topic)
    await connection._send_requests(socket)
    assert connection.subscriptions.is_complete

"""Publishers and consumers on a test's Valkey."""

from threet.adapters.redis_streams.address import RedisAddress
from threet.adapters.redis_streams.codec import STREAMS
from threet.adapters.redis_streams.consumer import ConsumerPolicy, RedisConsumer
from threet.adapters.redis_streams.publisher import RedisPublisher
from threet.adapters.system_clock import SystemClock


def at(port: int) -> RedisAddress:
    return RedisAddress(host="127.0.0.1", port=port)


def made_publisher(port: int, length: int = 100_000) -> RedisPublisher:
    return RedisPublisher(at(port), dict.fromkeys(STREAMS.values(), length))


def made_consumer(
    port: int,
    *,
    stream: str = "prices:updated",
    consumer: str = "one",
    batch: int = 100,
    take_over_after_secs: float = 15.0,
    start: str = "0",
) -> RedisConsumer:
    return RedisConsumer(
        address=at(port),
        stream=stream,
        group="tests",
        consumer=consumer,
        clock=SystemClock(),
        start=start,
        policy=ConsumerPolicy(
            batch=batch,
            block_secs=0.05,
            take_over_after_secs=take_over_after_secs,
            look_every_secs=0.05,
        ),
    )

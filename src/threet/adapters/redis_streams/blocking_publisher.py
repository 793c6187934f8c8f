"""The publisher for threads: what a worker task says after its commit."""

from collections.abc import Mapping, Sequence

from redis import Redis
from redis.exceptions import RedisError

from threet.adapters.redis_streams import codec
from threet.model.errors import DependencyError
from threet.model.events import Envelope


class BlockingPublisher:
    def __init__(self, redis: Redis, lengths: Mapping[str, int]) -> None:
        self._redis = redis
        self._lengths = lengths

    def publish(self, envelopes: Sequence[Envelope]) -> None:
        """Append all in order; after ``DependencyError`` the same may be published."""
        pipeline = self._redis.pipeline(transaction=False)
        for envelope in envelopes:
            stream = codec.stream_of(envelope.event)
            bound = ("MAXLEN", "~", self._lengths[stream], "*")
            command = ("XADD", stream, *bound, *codec.fields(envelope))
            pipeline.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py
        try:
            pipeline.execute()
        except RedisError as error:
            raise DependencyError("redis", str(error)[:200]) from error

"""Redis' errors become ours, here and nowhere else."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError

from threet.model.errors import DependencyError


@contextmanager
def redis_errors() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        reason = f"{type(error).__name__} {error}"
        raise DependencyError("redis", reason[:200]) from error

"""Where a Redis (or Valkey) is; the password never shows in a message."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisAddress:
    host: str
    port: int
    db: int = 0
    password: str | None = field(default=None, repr=False)

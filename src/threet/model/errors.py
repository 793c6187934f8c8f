"""Every error 3T raises on purpose, split by what the caller must do next.

ThreeTError
|-- InvalidValueError             a value broke a law of the model: mend the caller
|-- UnknownSymbolError            no such product is kept: name one that is
|-- ConfigurationError            settings are wrong: all reasons at once, no start
|-- DependencyError               a database or a Redis did not do it: nothing was
|                                 committed, may be repeated after a pause
`-- ExchangeError                 the exchange gave no usable answer
    |-- UnreachableError          no answer, or a 5xx (``kind`` tells): a read may be
    |                             repeated later
    |-- RateLimitedError          too much was asked: repeat after ``retry_after_secs``
    |   `-- BudgetSpentError      not even asked: our own budget has not the weight
    |-- CircuitOpenError          not asked: too many operations failed; the same
    |                             class of request may be tried after a while
    |-- RefusedByExchangeError    the exchange said no: do not send the same again
    `-- MalformedAnswerError      the answer breaks the protocol: count it, believe
                                  nothing of it, a read may be repeated later
"""

from collections.abc import Sequence
from enum import Enum


class ThreeTError(Exception):
    """Base class of all errors 3T raises on purpose."""


class InvalidValueError(ThreeTError, ValueError):
    def __init__(self, name: str, must: str, value: object) -> None:
        super().__init__(name, must, value)
        self.name = name
        self.must = must
        self.value = value

    def __str__(self) -> str:
        return f"{self.name} must {self.must}, was {self.value!r:.120}"


class UnknownSymbolError(ThreeTError, LookupError):
    def __init__(self, symbol: str) -> None:
        super().__init__(symbol)
        self.symbol = symbol

    def __str__(self) -> str:
        return f"no product {self.symbol!r:.80} is kept; see `3t products`"


class ConfigurationError(ThreeTError):
    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(reasons)
        self.reasons = tuple(reasons)

    def __str__(self) -> str:
        return "\n".join(self.reasons)


class DependencyError(ThreeTError):
    """``dependency`` is a name for people: "database", "redis"."""

    def __init__(self, dependency: str, reason: str) -> None:
        super().__init__(dependency, reason)
        self.dependency = dependency
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.dependency}: {self.reason}"


class ExchangeError(ThreeTError):
    """``request`` names what was asked, without its secrets."""

    def __init__(self, request: str, reason: str) -> None:
        super().__init__(request, reason)
        self.request = request
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.request}: {self.reason}"


class FailureKind(Enum):
    """Why there was no usable answer; told by the type of what went wrong (R21)."""

    TIMEOUT = "timeout"
    CONNECTION_REFUSED = "connection_refused"
    NETWORK_UNREACHABLE = "network_unreachable"
    DNS = "dns"
    SSL = "ssl"
    CLOSED = "closed"  # the connection ended before the answer did
    RATE_LIMIT = "rate_limit"
    SERVER_ERROR = "server_error"
    MALFORMED = "malformed"
    OTHER = "other"


class UnreachableError(ExchangeError):
    def __init__(
        self, request: str, reason: str, kind: FailureKind = FailureKind.OTHER
    ) -> None:
        super().__init__(request, reason)
        self.kind = kind


class RateLimitedError(ExchangeError):
    def __init__(self, request: str, retry_after_secs: float) -> None:
        super().__init__(request, f"rate limit, again in {retry_after_secs:.1f} s")
        self.retry_after_secs = retry_after_secs


class BudgetSpentError(RateLimitedError):
    pass


class CircuitOpenError(ExchangeError):
    """``request_class`` names what is not asked: "reads", "account" ..."""

    def __init__(
        self, request: str, request_class: str, retry_after_secs: float
    ) -> None:
        reason = f"{request_class} failed too often, again in {retry_after_secs:.0f} s"
        super().__init__(request, reason)
        self.request_class = request_class
        self.retry_after_secs = retry_after_secs


class RefusedByExchangeError(ExchangeError):
    pass


class MalformedAnswerError(ExchangeError):
    pass

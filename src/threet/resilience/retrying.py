"""What an error means for the one who asked: failed, answered, or too fast; and when
the same may be asked again."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from threet.model.errors import (
    FailureKind,
    MalformedAnswerError,
    RateLimitedError,
    RefusedByExchangeError,
    UnknownSymbolError,
    UnreachableError,
)
from threet.resilience.backoff import fraction


class Verdict(Enum):
    FAILED = "failed"  # no usable answer; what may be repeated is
    TOO_FAST = "too fast"  # wait as told; no failure
    ANSWERED = "answered"  # refused, unknown: the same again changes nothing
    OURS = "ours"  # nothing the exchange did


def verdict(error: BaseException) -> Verdict:
    if isinstance(error, RateLimitedError):
        return Verdict.TOO_FAST
    if isinstance(error, UnreachableError | MalformedAnswerError):
        return Verdict.FAILED
    if isinstance(error, RefusedByExchangeError | UnknownSymbolError):
        return Verdict.ANSWERED
    return Verdict.OURS


def kind_of(error: BaseException) -> FailureKind | None:
    """Of what kind a failure is; None for what is no failure of the network."""
    if isinstance(error, UnreachableError):
        return error.kind
    if isinstance(error, RateLimitedError):
        return FailureKind.RATE_LIMIT
    return FailureKind.MALFORMED if isinstance(error, MalformedAnswerError) else None


@dataclass(slots=True)
class Retrying:
    """The waits of one operation: each of ``waits_secs`` once, spread over its upper
    half by ``seed``, none that would begin a try later than ``patience_secs``."""

    waits_secs: Sequence[float]
    seed: int
    started_at: float
    patience_secs: float = 30.0
    tries: int = 0

    def after(self, error: BaseException, now: float) -> float | None:
        """Seconds until the next try; None to give up and raise the error."""
        match verdict(error):
            case Verdict.FAILED if self.tries < len(self.waits_secs):
                step = self.waits_secs[self.tries]
                self.tries += 1
                wait = step * (0.5 + 0.5 * fraction(self.seed, self.tries))
            case Verdict.TOO_FAST if isinstance(error, RateLimitedError):
                wait = error.retry_after_secs
            case _:
                return None
        return wait if now - self.started_at + wait <= self.patience_secs else None

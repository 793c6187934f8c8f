"""Errors by kind in sliding windows, latencies, and alerts when it is too much (R21).

A state machine that is told the time; ``now`` is monotonic seconds.
"""

from collections import Counter, deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from threet.model.errors import FailureKind
from threet.resilience import latency_histogram as histogram

WINDOWS_SECS = (60, 300, 900)
_SLICE_SECS = 5
_LATENCY_WINDOW_SECS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """Too much: ``count`` errors of ``kinds`` (all but rate limits if empty)."""

    name: str
    count: int
    window_secs: int
    kinds: Collection[FailureKind] = ()

    def covers(self, kind: FailureKind) -> bool:
        if not self.kinds:
            return kind is not FailureKind.RATE_LIMIT
        return kind in self.kinds


THRESHOLDS = (
    Threshold(name="exchange_failing", count=10, window_secs=60),
    Threshold(
        name="exchange_rate_limited",
        count=3,
        window_secs=300,
        kinds=(FailureKind.RATE_LIMIT,),
    ),
    Threshold(
        name="exchange_malformed",
        count=3,
        window_secs=300,
        kinds=(FailureKind.MALFORMED,),
    ),
)


@dataclass(frozen=True, slots=True)
class Exceeded:
    threshold: Threshold
    count: int


@dataclass(slots=True)
class _Slice:
    at: int
    errors: Counter[FailureKind] = field(default_factory=Counter)
    answers: int = 0
    latencies: list[int] = field(default_factory=histogram.empty)


@dataclass(slots=True)
class NetworkMonitor:
    """Holds the last quarter of an hour in slices of five seconds."""

    thresholds: Sequence[Threshold] = THRESHOLDS
    cooldown_secs: float = 300.0
    totals: Counter[FailureKind] = field(default_factory=Counter)
    answered: int = 0
    _slices: deque[_Slice] = field(default_factory=deque)
    _raised_at: dict[str, float] = field(default_factory=dict)

    def answer(self, now: float, latency_secs: float) -> None:
        """A usable answer, or a refusal."""
        self.answered += 1
        newest = self._slice(now)
        newest.answers += 1
        newest.latencies[histogram.bucket_of(latency_secs)] += 1

    def error(self, now: float, kind: FailureKind) -> Sequence[Exceeded]:
        """Count it; returns the thresholds it exceeds and that are not cooling down."""
        self.totals[kind] += 1
        self._slice(now).errors[kind] += 1
        found = [
            Exceeded(one, count)
            for one in self.thresholds
            if one.covers(kind)
            and not self._is_cooling(one.name, now)
            and (count := self._count(one, now)) >= one.count
        ]
        for exceeded in found:
            self._raised_at[exceeded.threshold.name] = now
        return found

    def errors(self, now: float, window_secs: int) -> Counter[FailureKind]:
        total: Counter[FailureKind] = Counter()
        for one in self._since(now, window_secs):
            total.update(one.errors)
        return total

    def answers(self, now: float, window_secs: int) -> int:
        return sum(one.answers for one in self._since(now, window_secs))

    def latency(self, now: float, share: float) -> float | None:
        """A quantile of the last five minutes, in seconds; None without an answer."""
        recent = self._since(now, _LATENCY_WINDOW_SECS)
        counts = histogram.added([one.latencies for one in recent])
        return histogram.quantile(counts, share)

    def _is_cooling(self, name: str, now: float) -> bool:
        raised_at = self._raised_at.get(name)
        return raised_at is not None and now - raised_at < self.cooldown_secs

    def _count(self, threshold: Threshold, now: float) -> int:
        errors = self.errors(now, threshold.window_secs)
        return sum(count for kind, count in errors.items() if threshold.covers(kind))

    def _slice(self, now: float) -> _Slice:
        at = int(now // _SLICE_SECS)
        if not self._slices or self._slices[-1].at < at:
            self._slices.append(_Slice(at))
        while self._slices[0].at <= at - WINDOWS_SECS[-1] // _SLICE_SECS:
            self._slices.popleft()
        return self._slices[-1]

    def _since(self, now: float, window_secs: int) -> list[_Slice]:
        """Slices of the window: it ends now and is at most a slice shorter."""
        horizon = int(now // _SLICE_SECS) - window_secs // _SLICE_SECS
        return [one for one in self._slices if one.at > horizon]

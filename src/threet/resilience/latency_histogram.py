"""How long answers take, in fixed buckets, so that histograms can be added up."""

from bisect import bisect_left
from collections.abc import Sequence

# Upper bounds in seconds; the last bucket has none.
BOUNDS = (
    *(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5),
    *(0.75, 1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 30.0),
)


def empty() -> list[int]:
    return [0] * (len(BOUNDS) + 1)


def bucket_of(secs: float) -> int:
    return bisect_left(BOUNDS, secs)


def added(histograms: Sequence[Sequence[int]]) -> list[int]:
    return [sum(column) for column in zip(empty(), *histograms, strict=True)]


def quantile(counts: Sequence[int], share: float) -> float | None:
    """The upper bound of the bucket in which ``share`` of all is reached.

    None without any; beyond the last bound that bound is told.
    """
    total = sum(counts)
    if not total:
        return None
    reached = 0
    for bound, count in zip((*BOUNDS, BOUNDS[-1]), counts, strict=True):
        reached += count
        if reached >= share * total:
            return bound
    return BOUNDS[-1]

"""How long to wait before the next try: doubling, bounded, spread by jitter."""

from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """Waits grow from ``first_secs`` to ``most_secs``; a success starts them anew.

    Jitter spreads many waiters over [half, whole] of each step. It comes from ``seed``,
    so that a replay waits as long as the first run did.
    """

    first_secs: float = 0.5
    most_secs: float = 15.0
    seed: int = 0
    _tries: int = 0

    def failed(self) -> float:
        """Count a failure; returns the seconds to wait before the next try."""
        step = min(self.most_secs, self.first_secs * float(1 << min(self._tries, 30)))
        self._tries += 1
        return step * (0.5 + 0.5 * fraction(self.seed, self._tries))

    def succeeded(self) -> None:
        self._tries = 0


def fraction(seed: int, step: int) -> float:
    """A fraction of [0, 1) by SplitMix64 (Steele, Lea, Flood 2014)."""
    mask = (1 << 64) - 1
    z = (seed + step * 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return ((z ^ (z >> 31)) >> 11) / (1 << 53)

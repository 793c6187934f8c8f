"""A weight budget over a sliding minute, as a state machine that is told the time.

Which minute the exchange counts is not documented. In no window of 60 s does this one
take more than its limit, so it holds for a minute that starts anywhere, and for a
bucket that refills. What is taken within one second counts as one, and is held for a
second longer than a minute, so that rounding errs to the safe side.
"""

from dataclasses import dataclass, field

WINDOW_SECS = 61


@dataclass(slots=True)
class WeightWindow:
    limit: int
    window_secs: int = WINDOW_SECS
    _taken: dict[int, int] = field(default_factory=dict)

    def take(self, now_secs: int, weight: int, keep: int = 0) -> int:
        """Take ``weight`` if ``keep`` is left then; else the seconds until it would be.

        0 means taken. ``weight`` and ``keep`` together fit into the limit.
        """
        horizon = now_secs - self.window_secs
        self._taken = {at: sum_ for at, sum_ in self._taken.items() if at > horizon}
        over = sum(self._taken.values()) + weight + keep - self.limit
        if over <= 0:
            self._taken[now_secs] = self._taken.get(now_secs, 0) + weight
            return 0
        for at in sorted(self._taken):
            over -= self._taken[at]
            if over <= 0:
                return at + self.window_secs - now_secs
        return self.window_secs

"""How many actions an address may send, and how many orders it may have open (§1.4).

Volumes are counts of millionths of a dollar. Of the refusal's numbers others recorded
four: the limit told is one less than `nRequestsCap`, and so it is here.
"""

from dataclasses import dataclass

from hlsim.core.numbers import USD
from hlsim.core.refusal import Refused

CENT = USD // 100
INITIAL_ALLOWANCE = 10_000
CANCEL_HEADROOM = 100_000
THROTTLED_MS = 10_000
EXPIRED_FACTOR = 5
OPEN_ORDERS = 1_000
MOST_OPEN_ORDERS = 5_000
VOLUME_PER_OPEN_ORDER = 5_000_000 * USD


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """What `userRateLimit` tells: dollars traded (in millionths), actions counted."""

    cum_vlm: int
    n_requests_used: int
    n_requests_cap: int
    n_requests_surplus: int


class AddressBudget:
    """The actions of one user; a sub-account is a user of its own.

    An action passes while fewer are used than allowed: 10,000, one for each dollar
    traded, and those bought. A batch may overdraw. Then one action passes in 10 s,
    and a refused one neither counts nor delays the next (both as others measured).
    """

    def __init__(self, initial: int = INITIAL_ALLOWANCE) -> None:
        """Allow ``initial`` actions before the first trade; 0 is no limit at all."""
        self._initial = initial
        self._volume = 0
        self._sent = 0
        self._reserved = 0
        self._next_slot_ms = 0

    @property
    def volume(self) -> int:
        """Millionths of a dollar traded so far."""
        return self._volume

    def trade(self, notional: int) -> None:
        """Add a fill's ``notional``, in millionths of a dollar."""
        self._volume += notional

    def reserve(self, weight: int) -> None:
        """Add ``weight`` actions that were paid for (`reserveRequestWeight`)."""
        self._reserved += weight

    def take(self, count: int, now_ms: int, *, cancels: bool = False) -> Refused | None:
        """Count an action of ``count`` orders or cancels; None if it passes.

        ``cancels`` tells that it only cancels, which is allowed for longer.
        """
        cap = cancel_cap(self._cap) if cancels else self._cap
        used = self._sent - self._reserved
        is_exhausted = used >= cap
        if self._initial and is_exhausted and now_ms < self._next_slot_ms:
            return Refused(_exhausted_text(used, cap, self._volume))
        if is_exhausted or not cancels:
            self._next_slot_ms = now_ms + THROTTLED_MS
        self._sent += count
        return None

    def charge_expired(self, count: int) -> None:
        """Count an action that came after its `expiresAfter`: fivefold."""
        self._sent += EXPIRED_FACTOR * count

    def rate_limit(self) -> RateLimit:
        """Return what `userRateLimit` tells."""
        used = self._sent - self._reserved
        return RateLimit(
            cum_vlm=self._volume,
            n_requests_used=max(used, 0),
            n_requests_cap=self._cap,
            n_requests_surplus=max(-used, 0),
        )

    @property
    def _cap(self) -> int:
        return self._initial + self._volume // USD


class AddressBudgets:
    """The budget of every user that has acted or traded."""

    def __init__(self, initial: int = INITIAL_ALLOWANCE) -> None:
        """Allow everyone ``initial`` actions at first; 0 switches the limit off."""
        self._initial = initial
        self._by_user: dict[str, AddressBudget] = {}

    def of(self, user: str) -> AddressBudget:
        """Return the budget of ``user``, which must exist: it is kept for ever."""
        budget = self._by_user.get(user)
        if budget is None:
            budget = self._by_user[user] = AddressBudget(self._initial)
        return budget

    def rate_limit(self, user: str) -> RateLimit:
        """Return what `userRateLimit` tells of anybody; nobody is kept for it."""
        budget = self._by_user.get(user) or AddressBudget(self._initial)
        return budget.rate_limit()

    def __len__(self) -> int:
        """Return how many users are kept."""
        return len(self._by_user)


def cancel_cap(cap: int) -> int:
    """Return how many actions may be used before cancels, too, are refused."""
    return min(cap + CANCEL_HEADROOM, cap * 2)


def open_order_limit(volume: int) -> int:
    """Return how many orders may be open after trading ``volume``."""
    return min(OPEN_ORDERS + volume // VOLUME_PER_OPEN_ORDER, MOST_OPEN_ORDERS)


def may_open(others: int, volume: int, *, reduce_only_or_trigger: bool = False) -> bool:
    """Tell whether one more order may be opened beside ``others`` open ones.

    Reduce-only and trigger orders do not share in what volume earns.
    """
    limit = OPEN_ORDERS if reduce_only_or_trigger else open_order_limit(volume)
    return others < limit


def dollars_text(volume: int) -> str:
    """Write ``volume`` as the texts do: half-up to cents, without trailing zeros."""
    cents = (volume + CENT // 2) // CENT
    text = f"{cents // 100}.{cents % 100:02}"
    return text.rstrip("0").rstrip(".")


def _exhausted_text(used: int, cap: int, volume: int) -> str:
    return (
        f"Too many cumulative requests sent ({used} > {cap - 1}) for cumulative volume "
        f"traded ${dollars_text(volume)}. "
        "Place taker orders to free up 1 request per USDC traded."
    )

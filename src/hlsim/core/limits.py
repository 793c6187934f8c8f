"""Request weights and the bucket they are taken from (protocol document, §1.3)."""

WINDOW_MS = 60_000
DEFAULT_WEIGHT = 20
LIGHT_WEIGHT = 2
BATCH_PER_WEIGHT = 40
_LIGHT = frozenset(
    {
        "allMids",
        "clearinghouseState",
        "exchangeStatus",
        "l2Book",
        "orderStatus",
        "spotClearinghouseState",
    }
)
_FORGET_ABOVE = 1000
_HEAVY = {"userRole": 60}
# One more for each so many items of the answer. The document calls two of them
# nonUserFundingUpdates and validatorStats, the wire userNonFundingLedgerUpdates and
# (a guess) validatorSummaries.
_ITEMS_PER_WEIGHT = {
    "candleSnapshot": 60,
    **dict.fromkeys(
        (
            "delegatorHistory",
            "delegatorRewards",
            "fundingHistory",
            "historicalOrders",
            "recentTrades",
            "twapHistory",
            "userFills",
            "userFillsByTime",
            "userFunding",
            "userNonFundingLedgerUpdates",
            "userTwapSliceFills",
            "userTwapSliceFillsByTime",
            "validatorStats",
            "validatorSummaries",
        ),
        20,
    ),
}


def exchange_weight(batch_length: int) -> int:
    """Return what an action costs that does ``batch_length`` things at once."""
    return 1 + batch_length // BATCH_PER_WEIGHT


def base_weight(kind: str) -> int:
    """Return what asking for ``kind`` costs before its answer is known."""
    if kind in _LIGHT:
        return LIGHT_WEIGHT
    return _HEAVY.get(kind, DEFAULT_WEIGHT)


def item_weight(kind: str, items: int) -> int:
    """Return the surcharge for an answer of ``items`` items, rounded up."""
    per_weight = _ITEMS_PER_WEIGHT.get(kind)
    return -(-items // per_weight) if per_weight else 0


class TokenBucket:
    """A budget a minute that refills evenly; in exact integers.

    The real exchange's window is not documented; a bucket is an assumption.
    """

    def __init__(self, per_minute: int, now_ms: int) -> None:
        """Begin full; ``per_minute`` 0 switches the limit off."""
        self._per_minute = per_minute
        self._level = per_minute * WINDOW_MS
        self._as_of_ms = now_ms

    def take(self, weight: int, now_ms: int) -> bool:
        """Take ``weight`` if it is there."""
        self._refill(now_ms)
        if self._per_minute and self._level < weight * WINDOW_MS:
            return False
        self._level -= weight * WINDOW_MS
        return True

    def charge(self, weight: int, now_ms: int) -> None:
        """Take ``weight`` even if the bucket becomes negative."""
        self._refill(now_ms)
        self._level -= weight * WINDOW_MS

    def is_full(self, now_ms: int) -> bool:
        """Tell whether nothing is owed, so that the bucket may be forgotten."""
        self._refill(now_ms)
        return self._level >= self._per_minute * WINDOW_MS

    def _refill(self, now_ms: int) -> None:
        passed = now_ms - self._as_of_ms
        self._as_of_ms = now_ms
        full = self._per_minute * WINDOW_MS
        self._level = min(self._level + passed * self._per_minute, full)


class Buckets:
    """A bucket for every address; of many, those that owe nothing are forgotten."""

    def __init__(self, per_minute: int) -> None:
        """Begin without addresses; ``per_minute`` 0 switches the limit off."""
        self._per_minute = per_minute
        self._by_address: dict[str, TokenBucket] = {}

    def of(self, address: str, now_ms: int) -> TokenBucket:
        """Return the bucket of ``address``, a full one at first."""
        bucket = self._by_address.get(address)
        if bucket is None:
            self._forget(now_ms)
            bucket = TokenBucket(self._per_minute, now_ms)
            self._by_address[address] = bucket
        return bucket

    def __len__(self) -> int:
        """Return how many addresses are remembered."""
        return len(self._by_address)

    def _forget(self, now_ms: int) -> None:
        if len(self._by_address) >= _FORGET_ABOVE:
            full = [k for k, one in self._by_address.items() if one.is_full(now_ms)]
            for address in full:
                del self._by_address[address]

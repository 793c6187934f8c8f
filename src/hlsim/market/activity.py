"""How lively each coin is: in which share of the blocks its quote moves."""

from collections.abc import Sequence

from hlsim.market.catalogue import Listing

WHOLE = 1 << 32
_SECOND_MS = 1000


class RateTooHighError(ValueError):
    """More market frames a second were asked for than the blocks can carry."""

    def __init__(self, rate: int, most: int) -> None:
        self.rate = rate
        self.most = most
        super().__init__(rate, most)

    def __str__(self) -> str:
        return (
            f"{self.rate} messages a second are more than these symbols and blocks"
            f" can carry; ask for {self.most} at most"
        )


def thresholds(
    listings: Sequence[Listing], rate: int | None, block_ms: int
) -> list[int]:
    """Return each coin's share of lively blocks, of 2**32.

    A lively block makes one bbo frame and, every second time, one trades frame; with
    ``rate`` the shares are scaled until all coins together make that many a second.
    Raises RateTooHighError if even moving every quote in every block is too little.
    """
    own = [0 if one.instrument.is_delisted else one.liveliness for one in listings]
    if rate is None:
        return own
    most = sum(WHOLE for share in own if share) * 3 * _SECOND_MS // (2 * block_ms)
    wanted = rate * WHOLE
    if wanted > most:
        raise RateTooHighError(rate, most // WHOLE)
    low, high = 0, WHOLE << 16
    while low < high:
        scale = (low + high) // 2
        total = sum(_scaled(own, scale)) * 3 * _SECOND_MS // (2 * block_ms)
        low, high = (scale + 1, high) if total < wanted else (low, scale)
    return _scaled(own, low)


def _scaled(shares: Sequence[int], scale: int) -> list[int]:
    return [min(share * scale >> 16, WHOLE) for share in shares]

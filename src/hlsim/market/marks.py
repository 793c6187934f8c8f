"""Mark and oracle prices of coins, from their quotes.

The mark is the median of three prices (§6): the oracle plus a 150 s moving average of
mid minus oracle; the median of best bid, best ask and last trade; and, as there are no
other exchanges here, a 30 s moving average of the second. Approximated: the oracle is
the mid divided by one plus the hour's premium, renewed with each quote instead of
every 3 s; a moving average keeps T / (T + dt) of itself over dt instead of the
exponential; a trade counts as the last one from the next quote on.
"""

from collections.abc import Sequence

from hlsim.core.numbers import RATE_SCALE, floor_to_tick
from hlsim.market.catalogue import Listing
from hlsim.market.funding import Funding

_GAP_MS, _SECOND_MS = 150_000, 30_000
_FINE_BITS = 16


class _Averages:
    """One coin: what holds since the last quote, and the averages until then.

    All are price units times 2**16.
    """

    __slots__ = ("at_ms", "gap", "gap_mean", "oracle", "second", "second_mean")

    def __init__(self, px: int) -> None:
        self.at_ms = -1
        self.oracle = self.second = self.second_mean = px << _FINE_BITS
        self.gap = self.gap_mean = 0

    def quoted(self, time_ms: int, doubled: int, oracle: int, second: int) -> None:
        """Let a quote hold from ``time_ms`` on; ``doubled`` is bid plus ask."""
        gap = (doubled << _FINE_BITS - 1) - (oracle << _FINE_BITS)
        second <<= _FINE_BITS
        if self.at_ms < 0:
            self.gap_mean, self.second_mean = gap, second
        else:
            past_ms = time_ms - self.at_ms
            self.gap_mean += (self.gap - self.gap_mean) * past_ms // (_GAP_MS + past_ms)
            self.second_mean += (
                (self.second - self.second_mean) * past_ms // (_SECOND_MS + past_ms)
            )
        self.at_ms, self.gap, self.second = time_ms, gap, second
        self.oracle = oracle << _FINE_BITS

    def median(self, now_ms: int) -> int:
        """Return the median of the three prices, in units."""
        past_ms = max(now_ms - self.at_ms, 0) if self.at_ms >= 0 else 0
        gap = self.gap_mean + (self.gap - self.gap_mean) * past_ms // (
            _GAP_MS + past_ms
        )
        mean = self.second_mean + (self.second - self.second_mean) * past_ms // (
            _SECOND_MS + past_ms
        )
        return sorted((self.oracle + gap, self.second, mean))[1] >> _FINE_BITS


class Marks:
    """Mark and oracle prices of all coins of a market."""

    def __init__(self, listings: Sequence[Listing], funding: Funding) -> None:
        """Begin at the listings' prices."""
        self._funding = funding
        self._coins: list[_Averages] = []
        self._decimals: list[int] = []
        for one in listings:
            self.enlist(one)

    def enlist(self, listing: Listing) -> None:
        """Add a coin at its listing's price."""
        self._coins.append(_Averages(listing.px))
        self._decimals.append(listing.instrument.px_decimals)

    def quoted(
        self, asset: int, time_ms: int, bid: int, ask: int, last_px: int
    ) -> None:
        """Take a new quote into account."""
        premium = self._funding.premium(asset, time_ms)
        fair = (bid + ask) // 2 * RATE_SCALE // (RATE_SCALE + premium)
        oracle = floor_to_tick(fair, self._decimals[asset]) or 1
        second = min(max(last_px, bid), ask)
        self._coins[asset].quoted(time_ms, bid + ask, oracle, second)

    def oracle_px(self, asset: int) -> int:
        """Return the oracle price in units."""
        return self._coins[asset].oracle >> _FINE_BITS

    def mark_px(self, asset: int, now_ms: int) -> int:
        """Return the mark price in units, a valid price."""
        px = self._coins[asset].median(now_ms)
        return floor_to_tick(px, self._decimals[asset]) or 1

    def freeze(self, asset: int, now_ms: int) -> None:
        """Let mark and oracle stand still at the mark: the coin was delisted."""
        self._coins[asset] = _Averages(self.mark_px(asset, now_ms))

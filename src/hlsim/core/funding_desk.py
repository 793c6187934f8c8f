"""Funding as it is lived: premiums sampled every 5 s, paid on the hour (§6).

Each position pays size times oracle price times rate. What rounding leaves goes to the
exchange's own account, so that the sum over all accounts stays the same.
"""

from collections import deque

import msgspec

from hlsim.core.accounts import Account
from hlsim.core.funding import hourly_rate
from hlsim.core.house import FEES
from hlsim.core.intervals import HOUR_MS
from hlsim.core.journal import FundingPaid
from hlsim.core.market import FundingRate
from hlsim.core.numbers import RATE_SCALE, divided
from hlsim.core.pit import Pit
from hlsim.core.positions import Position
from hlsim.core.rng import draw, stream

SAMPLE_MS = 5_000
_ROWS_KEPT = 5_000
_LATEST_MS = 50
_EARLIEST_MS = 15


class Samples(msgspec.Struct):
    """The premiums of one coin in this hour, summed."""

    total: int = 0
    count: int = 0

    @property
    def mean(self) -> int:
        """Their average, 0 before the first."""
        return divided(self.total, self.count) if self.count else 0


class FundingDesk:
    """Samples and settles; keeps the rates that were paid."""

    def __init__(self, pit: Pit, seed: int) -> None:
        """Pay between the accounts of ``pit``; `begin` sets the first timers."""
        self._market = pit.market
        self._clearing = pit.clearing
        self._journal = pit.journal
        self._ids = pit.ids
        self._timers = pit.timers
        self._late = stream(seed, 0xFD)
        self._samples: dict[int, Samples] = {}
        self._paid: dict[int, deque[FundingRate]] = {}

    def begin(self, now_ms: int) -> None:
        """Sample from now on, and pay at every hour."""
        self._timers.at(now_ms - now_ms % SAMPLE_MS + SAMPLE_MS, self._sample)
        self._timers.at(self._next_payment(now_ms), self._settle)

    def _next_payment(self, now_ms: int) -> int:
        hour = now_ms // HOUR_MS + 1
        late = draw(self._late, hour) % (_LATEST_MS - _EARLIEST_MS + 1)
        return hour * HOUR_MS + _EARLIEST_MS + late

    def _listed(self) -> list[int]:
        universe = self._market.universe
        return [
            asset for asset in range(len(universe)) if not universe[asset].is_delisted
        ]

    def _sample(self, due_ms: int) -> None:
        for asset in self._listed():
            premium = self._market.premium(asset)
            if premium is not None:
                samples = self._samples.setdefault(asset, Samples())
                samples.total += premium
                samples.count += 1
        self._timers.at(due_ms + SAMPLE_MS, self._sample)

    def estimate(self, asset: int) -> int | None:
        """Return the rate this hour would be paid now, None before the first sample."""
        samples = self._samples.get(asset)
        return hourly_rate(samples.mean) if samples else None

    def history(self, asset: int) -> list[FundingRate]:
        """Return the rates paid since the exchange began, oldest first."""
        return list(self._paid.get(asset, ()))

    def _settle(self, due_ms: int) -> None:
        tx_hash = self._ids.tx_hash()
        for asset in self._listed():
            samples = self._samples.pop(asset, Samples())
            rate = hourly_rate(samples.mean)
            paid = self._paid.setdefault(asset, deque(maxlen=_ROWS_KEPT))
            paid.append(FundingRate(due_ms, rate, samples.mean))
            oracle = self._market.oracle_px(asset)
            self._pay(asset, oracle, rate, samples.count, due_ms, tx_hash)
        self._timers.at(self._next_payment(due_ms), self._settle)

    def _pay(
        self, asset: int, oracle: int, rate: int, count: int, at_ms: int, tx: str, /
    ) -> None:
        left = 0
        for account in self._clearing.accounts:
            held = account.positions.get(asset)
            if held is None:
                continue
            usdc = -divided(held.szi * oracle * rate, RATE_SCALE)
            left -= usdc
            _receive(account, held, usdc)
            if not account.is_house:
                self._journal.funding(
                    FundingPaid(
                        user=account.user,
                        asset=asset,
                        time_ms=at_ms,
                        usdc=usdc,
                        szi=held.szi,
                        rate=rate,
                        samples=count,
                        hash=tx,
                    )
                )
        dex = self._market.universe[asset].dex
        self._clearing.accounts.get(FEES, dex).raw_usd += left


def _receive(account: Account, held: Position, usdc: int) -> None:
    if held.is_cross:
        account.raw_usd += usdc
    else:
        held.raw_usd += usdc
    held.funding.paid(-usdc)
    paid = account.funding_paid.get(held.asset, 0)
    account.funding_paid[held.asset] = paid - usdc

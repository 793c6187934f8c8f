"""Trading fees: rates by the volume of the last fourteen days (protocol document, §6).

Rates are counted in 10**-10, volumes in micro-dollars. Which days count is an
assumption: the fourteen whole UTC days before today.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from hlsim.core.intervals import DAY_MS
from hlsim.core.numbers import RATE_SCALE, USD, divided

_DAYS = 14
_REFERRAL_DISCOUNT_PCT = 4
_REFERRAL_UP_TO = 25_000_000 * USD
# A tenth of a basis point, in which builder fees are counted.
_TENTH_BP = 100_000


class Rates(msgspec.Struct, frozen=True):
    """What a taker (``cross``) and a maker (``add``) pay."""

    cross: int
    add: int


class VipTier(msgspec.Struct, frozen=True):
    """From more than ``cutoff`` dollars of volume on, these rates."""

    cutoff: int
    rates: Rates


class MakerTier(msgspec.Struct, frozen=True):
    """From more than ``share`` (10**-10) of all maker volume on, this rebate."""

    share: int
    add: int


FIRST = Rates(4_500_000, 1_500_000)
VIP: Sequence[VipTier] = (
    VipTier(5_000_000, Rates(4_000_000, 1_200_000)),
    VipTier(25_000_000, Rates(3_500_000, 800_000)),
    VipTier(100_000_000, Rates(3_000_000, 400_000)),
    VipTier(500_000_000, Rates(2_800_000, 0)),
    VipTier(2_000_000_000, Rates(2_600_000, 0)),
    VipTier(7_000_000_000, Rates(2_400_000, 0)),
)
MAKERS: Sequence[MakerTier] = (
    MakerTier(50_000_000, -100_000),
    MakerTier(150_000_000, -200_000),
    MakerTier(300_000_000, -300_000),
)


def rates_for(volume: int, maker_volume: int, all_maker_volume: int) -> Rates:
    """Return the rates that follow from fourteen days' volumes."""
    rates = FIRST
    for tier in VIP:
        if volume > tier.cutoff * USD:
            rates = tier.rates
    add = rates.add
    for maker in MAKERS:
        if maker_volume * RATE_SCALE > maker.share * all_maker_volume:
            add = maker.add
    return Rates(rates.cross, add)


def fee(notional: int, rate: int) -> int:
    """Return the fee of a notional; negative for a rebate. How it rounds is unknown."""
    return divided(notional * rate, RATE_SCALE)


def builder_fee(notional: int, tenths_bp: int) -> int:
    """Return what a builder gets of a notional."""
    return divided(notional * tenths_bp, _TENTH_BP)


def _discounted(rate: int) -> int:
    """Return a rate with the referral discount; a rebate has none."""
    return divided(rate * (100 - _REFERRAL_DISCOUNT_PCT), 100) if rate > 0 else rate


class DayVolume(msgspec.Struct):
    """Taker and maker volume of one day, which began at ``day_ms``."""

    day_ms: int
    cross: int = 0
    add: int = 0


@dataclass(slots=True)
class Volume:
    """The volume of one user, or of the whole exchange, day by day."""

    days: deque[DayVolume] = field(default_factory=lambda: deque(maxlen=_DAYS + 1))
    total: int = 0

    def add(self, notional: int, now_ms: int, *, crossed: bool) -> None:
        """Count a fill."""
        day_ms = now_ms - now_ms % DAY_MS
        if not self.days or self.days[-1].day_ms != day_ms:
            self.days.append(DayVolume(day_ms))
        today = self.days[-1]
        self.total += notional
        if crossed:
            today.cross += notional
        else:
            today.add += notional

    def window(self, now_ms: int) -> tuple[int, int]:
        """Return volume and maker volume of the fourteen days before today."""
        today = now_ms - now_ms % DAY_MS
        days = [d for d in self.days if today - _DAYS * DAY_MS <= d.day_ms < today]
        maker = sum(one.add for one in days)
        return maker + sum(one.cross for one in days), maker


class FeeDesk:
    """Who pays what; rates are settled once a day."""

    def __init__(self) -> None:
        """Begin without volume."""
        self._users: dict[str, Volume] = {}
        self._all = Volume()
        self._referred: set[str] = set()
        self._settled: dict[str, tuple[int, Rates]] = {}

    def volume(self, user: str) -> Volume:
        """Return a user's volume, an empty one if there is none."""
        return self._users.get(user) or Volume()

    @property
    def whole(self) -> Volume:
        """The exchange's volume."""
        return self._all

    def refer(self, user: str) -> None:
        """Give a user the discount of those who used a referral code."""
        self._referred.add(user)

    def is_referred(self, user: str) -> bool:
        """Tell whether a user has the referral discount now."""
        return user in self._referred and self.volume(user).total <= _REFERRAL_UP_TO

    def rates(self, user: str, now_ms: int) -> Rates:
        """Return today's rates of a user, before the referral discount."""
        if user not in self._users:
            return FIRST
        day = now_ms // DAY_MS
        settled = self._settled.get(user)
        if settled is None or settled[0] != day:
            volume, maker = self.volume(user).window(now_ms)
            _, all_maker = self._all.window(now_ms)
            settled = (day, rates_for(volume, maker, all_maker))
            self._settled[user] = settled
        return settled[1]

    def charged(self, user: str, now_ms: int) -> Rates:
        """Return today's rates of a user, net of the referral discount."""
        rates = self.rates(user, now_ms)
        if not self.is_referred(user):
            return rates
        return Rates(_discounted(rates.cross), _discounted(rates.add))

    def charge(self, user: str, notional: int, now_ms: int, *, crossed: bool) -> int:
        """Return the fee of a fill and count its volume."""
        rates = self.charged(user, now_ms)
        rate = rates.cross if crossed else rates.add
        volume = self._users.setdefault(user, Volume())
        volume.add(notional, now_ms, crossed=crossed)
        return fee(notional, rate)

    def count(self, notional: int, now_ms: int) -> None:
        """Count a trade of the exchange, once for both its sides."""
        self._all.add(notional, now_ms, crossed=False)

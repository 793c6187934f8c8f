"""The answer to `userFees`: schedule, own rates, and the volume they follow from."""

from datetime import UTC, datetime, timedelta

from hlsim.core.fees import FIRST, MAKERS, VIP, FeeDesk, Rates
from hlsim.core.numbers import USD_DECIMALS, decimal_string

_RATE_DECIMALS = 10
_SPOT = {"spotCross": "0.0007", "spotAdd": "0.0004"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REFERRAL = "0.04"


def _rate(units: int) -> str:
    return decimal_string(units, _RATE_DECIMALS)


def _rates(rates: Rates) -> dict[str, object]:
    return {"cross": _rate(rates.cross), "add": _rate(rates.add), **_SPOT}


def user_fees(desk: FeeDesk, user: str, now_ms: int) -> dict[str, object]:
    """Return the answer for a user."""
    own = desk.charged(user, now_ms)
    vip = [{"ntlCutoff": f"{one.cutoff}.0", **_rates(one.rates)} for one in VIP]
    makers = [
        {"makerFractionCutoff": _rate(one.share), "add": _rate(one.add)}
        for one in MAKERS
    ]
    schedule = {
        **_rates(FIRST),
        "tiers": {"vip": vip, "mm": makers},
        "referralDiscount": _REFERRAL,
        "stakingDiscountTiers": [{"bpsOfMaxSupply": "0.0", "discount": "0.0"}],
    }
    return {
        "dailyUserVlm": daily(desk, user),
        "feeSchedule": schedule,
        "userCrossRate": _rate(own.cross),
        "userAddRate": _rate(own.add),
        "userSpotCrossRate": _SPOT["spotCross"],
        "userSpotAddRate": _SPOT["spotAdd"],
        "activeReferralDiscount": _REFERRAL if desk.is_referred(user) else "0.0",
        "trial": None,
        "feeTrialEscrow": "0.0",
        "nextTrialAvailableTimestamp": None,
        "stakingLink": None,
        "activeStakingDiscount": {"bpsOfMaxSupply": "0.0", "discount": "0.0"},
    }


def daily(desk: FeeDesk, user: str) -> list[dict[str, object]]:
    """Return a user's volume day by day, beside the exchange's."""
    whole = {one.day_ms: one.cross + one.add for one in desk.whole.days}
    return [
        {
            "date": (_EPOCH + timedelta(milliseconds=one.day_ms)).date().isoformat(),
            "userCross": decimal_string(one.cross, USD_DECIMALS),
            "userAdd": decimal_string(one.add, USD_DECIMALS),
            "exchange": decimal_string(whole.get(one.day_ms, 0), USD_DECIMALS),
        }
        for one in desk.volume(user).days
    ]

"""The answer to `userFees`: schedule, own rates, and the volume they follow from."""

from datetime import UTC, datetime, timedelta

from hlsim.core.fees import FIRST, MAKERS, VIP, FeeDesk, Rates
from hlsim.core.numbers import rate_string, usd_string

_SPOT = {"spotCross": "0.0007", "spotAdd": "0.0004"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REFERRAL = "0.04"


def _rates(rates: Rates) -> dict[str, object]:
    return {"cross": rate_string(rates.cross), "add": rate_string(rates.add), **_SPOT}


def user_fees(desk: FeeDesk, user: str, now_ms: int) -> dict[str, object]:
    """Return the answer for a user."""
    own = desk.charged(user, now_ms)
    vip = [{"ntlCutoff": f"{one.cutoff}.0", **_rates(one.rates)} for one in VIP]
    makers = [
        {"makerFractionCutoff": rate_string(one.share), "add": rate_string(one.add)}
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
        "userCrossRate": rate_string(own.cross),
        "userAddRate": rate_string(own.add),
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
            "userCross": usd_string(one.cross),
            "userAdd": usd_string(one.add),
            "exchange": usd_string(whole.get(one.day_ms, 0)),
        }
        for one in desk.volume(user).days
    ]

"""The fee schedule of `userFees`: the public tiers, and the first of them for all."""

_FIRST = {
    "cross": "0.00045",
    "add": "0.00015",
    "spotCross": "0.0007",
    "spotAdd": "0.0004",
}
# Notional of 14 days in dollars, taker and maker rate (protocol document, §6).
_TIERS = (
    ("5000000.0", "0.0004", "0.00012"),
    ("25000000.0", "0.00035", "0.00008"),
    ("100000000.0", "0.0003", "0.00004"),
    ("500000000.0", "0.00028", "0.0"),
    ("2000000000.0", "0.00026", "0.0"),
    ("7000000000.0", "0.00024", "0.0"),
)
_MAKER_TIERS = (("0.005", "-0.00001"), ("0.015", "-0.00002"), ("0.03", "-0.00003"))


def user_fees() -> dict[str, object]:
    """Return the answer for an account in the first tier without discounts."""
    vip = [
        {
            "ntlCutoff": cutoff,
            "cross": cross,
            "add": add,
            "spotCross": _FIRST["spotCross"],
            "spotAdd": _FIRST["spotAdd"],
        }
        for cutoff, cross, add in _TIERS
    ]
    makers = [{"makerFractionCutoff": share, "add": add} for share, add in _MAKER_TIERS]
    schedule = {
        **_FIRST,
        "tiers": {"vip": vip, "mm": makers},
        "referralDiscount": "0.04",
        "stakingDiscountTiers": [{"bpsOfMaxSupply": "0.0", "discount": "0.0"}],
    }
    return {
        "dailyUserVlm": [],
        "feeSchedule": schedule,
        "userCrossRate": _FIRST["cross"],
        "userAddRate": _FIRST["add"],
        "userSpotCrossRate": _FIRST["spotCross"],
        "userSpotAddRate": _FIRST["spotAdd"],
        "activeReferralDiscount": "0.0",
        "trial": None,
        "feeTrialEscrow": "0.0",
        "nextTrialAvailableTimestamp": None,
        "stakingLink": None,
        "activeStakingDiscount": {"bpsOfMaxSupply": "0.0", "discount": "0.0"},
    }

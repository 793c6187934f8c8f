"""The strategies by name: those that ship, and those of other packages."""

from collections.abc import Mapping
from importlib.metadata import entry_points

import msgspec

from threet.model.errors import ConfigurationError
from threet.strategies.buy_and_hold import BuyAndHold
from threet.strategies.donchian import DonchianBreakout
from threet.strategies.ema_trend import EmaTrend
from threet.strategies.entropy_trend import EntropyTrend
from threet.strategies.funding_carry import FundingCarry
from threet.strategies.momentum_portfolio import MomentumPortfolio
from threet.strategies.rsi_reversion import RsiReversion
from threet.strategies.strategy import Strategy

# A package names its own in its entry points of this group.
ENTRY_POINTS = "threet.strategies"
SHIPPED: Mapping[str, type[Strategy]] = {
    "ema_trend": EmaTrend,
    "donchian": DonchianBreakout,
    "rsi_reversion": RsiReversion,
    "funding_carry": FundingCarry,
    "entropy_trend": EntropyTrend,
    "buy_and_hold": BuyAndHold,
    "momentum_portfolio": MomentumPortfolio,
}


def made(name: str, parameters: Mapping[str, object]) -> Strategy:
    """Raises ``ConfigurationError`` for a name or a parameter that is none."""
    kind = SHIPPED.get(name) or _of_others(name)
    if kind is None:
        others = {one.name for one in entry_points(group=ENTRY_POINTS)}
        known = ", ".join(sorted({*SHIPPED, *others}))
        raise ConfigurationError([f"strategy {name!r:.60} is none of {known}"])
    try:
        return msgspec.convert(parameters, type=kind)
    except msgspec.ValidationError as error:
        raise ConfigurationError([f"strategy {name}: {error}"]) from None


def _of_others(name: str) -> type[Strategy] | None:
    for one in entry_points(group=ENTRY_POINTS, name=name):
        kind = one.load()
        if isinstance(kind, type) and issubclass(kind, Strategy):
            return kind
        raise ConfigurationError([f"strategy {name}: {one.value} is no Strategy"])
    return None

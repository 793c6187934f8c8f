"""What to subscribe to, within the exchange's limits."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from threet.ports.market_feed import Interests

# For each address, over all its connections (HYPERLIQUID.md 1.5).
MOST_SUBSCRIPTIONS = 1000

Subscription = dict[str, str]
PING = msgspec.json.encode({"method": "ping"}).decode()


@dataclass(frozen=True, slots=True)
class SubscriptionPlan:
    """``left_out`` did not fit into the limit; it is told, never silent."""

    subscriptions: tuple[Subscription, ...]
    left_out: int


def plan(interests: Interests, most: int = MOST_SUBSCRIPTIONS) -> SubscriptionPlan:
    wanted = list(_by_importance(interests))
    return SubscriptionPlan(tuple(wanted[:most]), max(0, len(wanted) - most))


def _by_importance(interests: Interests) -> Iterator[Subscription]:
    yield {"type": "allMids"}
    for coin in interests.books:
        yield {"type": "l2Book", "coin": coin}
    for coin in interests.symbols:
        yield {"type": "trades", "coin": coin}
    for timeframe in interests.candles:
        for coin in interests.symbols:
            yield {"type": "candle", "coin": coin, "interval": timeframe.value}
    for kind in ("bbo", "activeAssetCtx"):
        for coin in interests.symbols:
            yield {"type": kind, "coin": coin}


def subscribe_frame(subscription: Subscription) -> str:
    frame = {"method": "subscribe", "subscription": subscription}
    return msgspec.json.encode(frame).decode()


def acknowledges(echo: dict[str, object], subscription: Subscription) -> bool:
    """The server's echo adds fields and re-orders them: compare what was asked."""
    return all(echo.get(key) == value for key, value in subscription.items())

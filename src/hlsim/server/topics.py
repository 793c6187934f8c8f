"""What faults know of a subscription: its channel, coin and user."""

from collections.abc import Iterable

import msgspec

from hlsim.faults.occasions import FrameOccasion
from hlsim.faults.plan import SessionEvent
from hlsim.wire.subscriptions import CoinSubscription, Subscription, UserSubscription


class _Named(msgspec.Struct):
    channel: str = ""


_DECODER = msgspec.json.Decoder(_Named)


def coin_of(topic: Subscription | None) -> str | None:
    """Return the coin of a topic, None if it has none."""
    return topic.coin if isinstance(topic, CoinSubscription) else None


def user_of(topic: Subscription | None) -> str | None:
    """Return the user of a topic, None if it has none."""
    return topic.user if isinstance(topic, UserSubscription) else None


def chosen(fault: SessionEvent, topics: Iterable[Subscription]) -> list[Subscription]:
    """Return those of ``topics`` that a fault's filter covers, in a fixed order."""
    found = [
        one for one in topics if fault.covers(one.channel, coin_of(one), user_of(one))
    ]
    return sorted(found, key=msgspec.json.encode)


def occasion(
    frame: bytes, topic: Subscription | None, now_ms: int, session: int
) -> FrameOccasion:
    """Return the occasion of a frame, of a topic or a reply."""
    return FrameOccasion(
        now_ms=now_ms,
        session=session,
        channel=_DECODER.decode(frame).channel if topic is None else topic.channel,
        coin=coin_of(topic),
        user=user_of(topic),
    )

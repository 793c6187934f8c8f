"""Topics in HyperLiquid's words, and which of them fit into the exchange's limits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from threet.adapters.hyperliquid import wire
from threet.model.errors import InvalidValueError
from threet.model.products import FIRST_DEX, dex_of
from threet.model.topics import Channel, Topic
from threet.ports.market_feed import Interests

# For each address, over all its connections (HYPERLIQUID.md 1.5).
MOST_SUBSCRIPTIONS = 1000

Subscription = dict[str, str]
PING = msgspec.json.encode({"method": "ping"}).decode()

_KINDS: Mapping[Channel, str] = {
    Channel.MIDS: "allMids",
    Channel.BOOK: "l2Book",
    Channel.TRADES: "trades",
    Channel.CANDLE: "candle",
    Channel.QUOTE: "bbo",
    Channel.CONTEXT: "activeAssetCtx",
    Channel.ORDER_UPDATES: "orderUpdates",
    Channel.USER_EVENTS: "userEvents",
}
_CHANNELS = {kind: channel for channel, kind in _KINDS.items()}
_PRIVATE = (Channel.ORDER_UPDATES, Channel.USER_EVENTS)
_AS_GOOD_AS_DONE = ("Already subscribed: ", "Already unsubscribed: ")
_INVALID = "Invalid subscription "


@dataclass(frozen=True, slots=True)
class SubscriptionPlan:
    """``left_out`` did not fit into the limit; it is told, never silent."""

    topics: tuple[Topic, ...]
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """An error frame. ``is_harmless`` says that what was asked for is so already.

    ``topic`` is None where the text names none; ``is_refusal`` where it is refused.
    """

    text: str
    topic: Topic | None
    is_harmless: bool
    is_refusal: bool


def plan(interests: Interests, most: int = MOST_SUBSCRIPTIONS) -> SubscriptionPlan:
    """The most important channels of all symbols first, the last ones left out."""
    wanted = list(_by_importance(interests))
    return SubscriptionPlan(tuple(wanted[:most]), max(0, len(wanted) - most))


def _by_importance(interests: Interests) -> Iterator[Topic]:
    # The first dex's come in any case.
    for dex in dict.fromkeys([FIRST_DEX, *map(dex_of, interests.symbols)]):
        yield Topic(Channel.MIDS, dex)
    for symbol in interests.books:
        yield Topic(Channel.BOOK, symbol)
    for symbol in interests.symbols:
        yield Topic(Channel.TRADES, symbol)
    for timeframe in interests.candles:
        for symbol in interests.symbols:
            yield Topic(Channel.CANDLE, symbol, timeframe)
    for channel in (Channel.QUOTE, Channel.CONTEXT):
        for symbol in interests.symbols:
            yield Topic(channel, symbol)


def subscription(topic: Topic) -> Subscription:
    """The topic as the wire names it."""
    made = {"type": _KINDS[topic.channel]}
    if topic.subject:
        made[_subject_key(topic.channel)] = topic.subject
    if topic.timeframe is not None:
        made["interval"] = topic.timeframe.value
    return made


def topic_of(echo: Mapping[str, object]) -> Topic | None:
    """The topic of the server's echo, which adds fields and re-orders them.

    None for one that is not ours. What we ask for has to be in the echo, as it was.
    """
    channel = _CHANNELS.get(str(echo.get("type")))
    if channel is None:
        return None
    # The first dex is told as null where it is told at all.
    subject = str(echo.get(_subject_key(channel)) or "")
    try:
        interval = echo.get("interval")
        frame = None if interval is None else wire.timeframe(str(interval))
    except InvalidValueError:
        return None
    topic = Topic(channel, subject, frame)
    return topic if acknowledges(echo, subscription(topic)) else None


def _subject_key(channel: Channel) -> str:
    if channel is Channel.MIDS:
        return "dex"
    return "user" if channel in _PRIVATE else "coin"


def request_frame(topic: Topic, *, is_subscribe: bool) -> str:
    method = "subscribe" if is_subscribe else "unsubscribe"
    frame = {"method": method, "subscription": subscription(topic)}
    return msgspec.json.encode(frame).decode()


def complaint(text: str) -> Complaint:
    """What an error frame says (HYPERLIQUID.md 5)."""
    is_harmless = text.startswith(_AS_GOOD_AS_DONE)
    is_refusal = text.startswith(_INVALID)
    topic = None
    if is_harmless or is_refusal:
        topic = _topic_in(text)
    return Complaint(
        text=text, topic=topic, is_harmless=is_harmless, is_refusal=is_refusal
    )


def _topic_in(text: str) -> Topic | None:
    start = text.find("{")
    try:
        echo = msgspec.json.decode(text[start:], type=dict[str, object])
    except (msgspec.DecodeError, RecursionError):
        return None
    return topic_of(echo)


def acknowledges(echo: Mapping[str, object], asked: Subscription) -> bool:
    """The server's echo adds fields and re-orders them: compare what was asked."""
    return all(echo.get(key) == value for key, value in asked.items())

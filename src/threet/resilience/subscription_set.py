"""The subscriptions of one connection: wanted, asked for, answered, and which fail."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from threet.model.topics import Channel, Topic
from threet.resilience.subscription_line import Fault, Step, SubscriptionLine

# Partners: a trade changes the forming bar of its symbol.
_TRADES, _CANDLE = Channel.TRADES, Channel.CANDLE
# So many topics silent at once are a fault of the connection.
_MANY = 4


@dataclass(frozen=True, slots=True)
class Request:
    """To be sent: subscribe or unsubscribe."""

    topic: Topic
    is_subscribe: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A fault that was not there at the last look."""

    topic: Topic
    fault: Fault


@dataclass(frozen=True, slots=True)
class Recovery:
    """A topic that was at fault speaks again, so many seconds after its last word."""

    topic: Topic
    silent_secs: float


@dataclass(frozen=True, slots=True)
class Look:
    """``found`` are subscribed to anew; with ``must_reconnect`` all are."""

    found: tuple[Found, ...] = ()
    must_reconnect: bool = False


class SubscriptionSet:
    """``now`` is monotonic seconds. Told what happens, it says what to send.

    It outlives connections: call ``opened`` for each new one, ``closed`` at its end.
    """

    def __init__(self) -> None:
        self._lines: dict[Topic, SubscriptionLine] = {}
        self._partners: dict[Topic, Topic] = {}
        self._requests: deque[Request] = deque()
        self._is_open = False
        self._recoveries: list[Recovery] = []
        self.recovered = 0  # topics that spoke again after a fault
        self.resubscribed = 0

    def follow(self, topics: Iterable[Topic]) -> Sequence[Topic]:
        """Want these and no others, in this order; returns those given up."""
        wanted = dict.fromkeys(topics)
        gone = [topic for topic in self._lines if topic not in wanted]
        for topic in gone:
            line = self._lines.pop(topic)
            if line.asked_at is not None:
                self._requests.append(Request(topic, is_subscribe=False))
        for topic in wanted:
            if topic not in self._lines:
                self._lines[topic] = SubscriptionLine(topic)
                self._ask(topic)
        self._partners = dict(self._pairs())
        return gone

    def opened(self) -> None:
        self._is_open = True
        self._requests.clear()
        for topic in self._lines:
            self._ask(topic)

    def closed(self) -> None:
        self._is_open = False
        self._requests.clear()
        for line in self._lines.values():
            line.disconnected()

    def next_request(self) -> Request | None:
        """What to send next; then say ``sent``."""
        return self._requests[0] if self._requests else None

    def sent(self, now: float) -> None:
        """The next request was sent."""
        request = self._requests.popleft()
        line = self._lines.get(request.topic)
        if request.is_subscribe and line is not None:
            line.asked(now)

    def acknowledged(self, topic: Topic) -> None:
        """The server said so, or that it was subscribed already: as good."""
        line = self._lines.get(topic)
        if line is not None:
            line.acknowledged()

    def refused(self, topic: Topic) -> None:
        if topic in self._lines:
            self._lines[topic].refused()

    def heard(self, topic: Topic, now: float) -> None:
        line = self._lines.get(topic)
        if line is None:
            return
        before = now if line.heard_at is None else line.heard_at
        if line.heard(now):
            self.recovered += 1
            self._recoveries.append(Recovery(topic, now - before))
        partner = self._partners.get(topic)
        if partner is not None:
            self._lines[partner].partner_heard(now)

    def look(self, now: float) -> Look:
        """Judge all; what has to be asked for again is in the requests then."""
        found: list[Found] = []
        again: list[Topic] = []
        must_reconnect = False
        for topic, line in self._lines.items():
            step, is_new = line.look(now)
            if is_new and line.fault is not None:
                found.append(Found(topic, line.fault))
            if step is Step.RESUBSCRIBE:
                again.append(topic)
            must_reconnect = must_reconnect or step is Step.RECONNECT
        must_reconnect = must_reconnect or self._most_fell_silent(found)
        for topic in () if must_reconnect else again:
            self.resubscribed += 1
            self._requests.append(Request(topic, is_subscribe=False))
            self._ask(topic)
        return Look(tuple(found), must_reconnect)

    def recoveries(self) -> Sequence[Recovery]:
        """Those since the last call."""
        told, self._recoveries = self._recoveries, []
        return told

    @property
    def is_complete(self) -> bool:
        """Everything that is wanted is acknowledged."""
        return all(line.is_acknowledged for line in self._lines.values())

    @property
    def topics(self) -> Sequence[Topic]:
        return tuple(self._lines)

    @property
    def acknowledged_count(self) -> int:
        return sum(line.is_acknowledged for line in self._lines.values())

    @property
    def at_fault(self) -> Sequence[Topic]:
        return [one.topic for one in self._lines.values() if one.fault is not None]

    def heard_at(self) -> dict[str, float]:
        """By symbol, when anything of it was heard last."""
        newest: dict[str, float] = {}
        for topic, line in self._lines.items():
            is_of_many = topic.channel is Channel.MIDS or not topic.subject
            if not is_of_many and line.heard_at is not None:
                known = newest.get(topic.subject, line.heard_at)
                newest[topic.subject] = max(known, line.heard_at)
        return newest

    def _most_fell_silent(self, found: Sequence[Found]) -> bool:
        prompt = sum(
            line.rhythm.cadence.speaks_at_once for line in self._lines.values()
        )
        return len(found) >= max(_MANY, prompt / 2)

    def _ask(self, topic: Topic) -> None:
        if self._is_open:
            self._requests.append(Request(topic, is_subscribe=True))

    def _pairs(self) -> Iterable[tuple[Topic, Topic]]:
        trades = {one.subject: one for one in self._lines if one.channel is _TRADES}
        bars = {one.subject: one for one in self._lines if one.channel is _CANDLE}
        for subject in trades.keys() & bars.keys():
            yield trades[subject], bars[subject]
            yield bars[subject], trades[subject]

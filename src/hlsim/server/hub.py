"""Who is connected and who follows which topic, within the limits of an address."""

from collections import Counter
from collections.abc import Iterable

from hlsim.core.limits import Buckets
from hlsim.server.sessions import Session
from hlsim.server.settings import Limits
from hlsim.wire.subscriptions import Subscription, UserSubscription


class Address:
    """One address on the network: its connections, and what they follow together."""

    __slots__ = ("sessions", "topics", "users")

    def __init__(self) -> None:
        """Begin without connections."""
        self.sessions: set[Session] = set()
        self.topics = 0
        self.users: Counter[str] = Counter()

    def follow(self, topic: Subscription) -> None:
        """Count one more topic that a connection follows."""
        self.topics += 1
        if isinstance(topic, UserSubscription):
            self.users[topic.user] += 1

    def unfollow(self, topic: Subscription) -> None:
        """Count one less."""
        self.topics -= 1
        if isinstance(topic, UserSubscription):
            self.users[topic.user] -= 1
            if not self.users[topic.user]:
                del self.users[topic.user]


class Hub:
    """Sessions and topics; decides, sends nothing of its own accord."""

    def __init__(self, limits: Limits) -> None:
        """Begin without sessions."""
        self._limits = limits
        self._addresses: dict[str, Address] = {}
        self._followers: dict[Subscription, set[Session]] = {}
        self._messages = Buckets(limits.ws_messages)

    @property
    def sessions(self) -> list[Session]:
        """Everybody who is connected."""
        return [one for group in self._addresses.values() for one in group.sessions]

    @property
    def topics(self) -> list[Subscription]:
        """Everything that somebody follows."""
        return list(self._followers)

    def followers(self, topic: Subscription) -> Iterable[Session]:
        """Return who follows ``topic``."""
        return self._followers.get(topic, ())

    def is_followed(self, user: str) -> bool:
        """Tell whether anybody follows a user's channels."""
        return any(user in one.users for one in self._addresses.values())

    def has_room(self, address: str) -> bool:
        """Tell whether ``address`` may open another connection."""
        most = self._limits.ws_connections
        there = self._addresses.get(address)
        return not most or there is None or len(there.sessions) < most

    def join(self, session: Session) -> None:
        """Add a session."""
        self._address(session).sessions.add(session)

    def _address(self, session: Session) -> Address:
        return self._addresses.setdefault(session.address, Address())

    def leave(self, session: Session) -> None:
        """Forget a session and what it followed."""
        for topic in list(session.topics):
            self.unfollow(session, topic)
        there = self._address(session)
        there.sessions.discard(session)
        if not there.sessions:
            del self._addresses[session.address]

    def refusal(self, session: Session, topic: Subscription) -> str | None:
        """Return the error text if ``session`` may not follow ``topic`` (§1.5)."""
        there = self._address(session)
        most = self._limits.ws_subscriptions
        if most and there.topics >= most:
            return f"Cannot subscribe to more than {most} channels."
        if isinstance(topic, UserSubscription) and topic.user not in there.users:
            most = self._limits.ws_users
            if most and len(there.users) >= most:
                return f"Cannot track more than {most} total users."
        return None

    def follow(self, session: Session, topic: Subscription) -> None:
        """Let ``session`` follow ``topic``, which it does not yet."""
        session.topics.add(topic)
        self._address(session).follow(topic)
        self._followers.setdefault(topic, set()).add(session)

    def unfollow(self, session: Session, topic: Subscription) -> None:
        """Let ``session`` follow ``topic`` no more, which it does."""
        session.topics.discard(topic)
        self._address(session).unfollow(topic)
        group = self._followers[topic]
        group.discard(session)
        if not group:
            del self._followers[topic]

    def may_speak(self, address: str, now_ms: int) -> bool:
        """Count a client's message; False beyond the limit of a minute."""
        return self._messages.of(address, now_ms).take(1, now_ms)

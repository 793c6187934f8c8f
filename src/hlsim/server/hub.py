"""Who is connected and who follows which topic, within the limits of an address."""

from collections import Counter
from collections.abc import Iterable

from hlsim.core.limits import TokenBucket
from hlsim.server.sessions import Session
from hlsim.server.settings import Limits
from hlsim.wire.subscriptions import Subscription, UserSubscription

_FORGET_ABOVE = 1000


class Hub:
    """Sessions and topics; decides, sends nothing of its own accord."""

    def __init__(self, limits: Limits) -> None:
        """Begin without sessions."""
        self._limits = limits
        self._sessions: dict[str, set[Session]] = {}
        self._followers: dict[Subscription, set[Session]] = {}
        self._messages: dict[str, TokenBucket] = {}
        self._users: Counter[str] = Counter()

    @property
    def sessions(self) -> list[Session]:
        """Everybody who is connected."""
        return [one for group in self._sessions.values() for one in group]

    @property
    def topics(self) -> list[Subscription]:
        """Everything that somebody follows."""
        return list(self._followers)

    def followers(self, topic: Subscription) -> Iterable[Session]:
        """Return who follows ``topic``."""
        return self._followers.get(topic, ())

    def is_followed(self, user: str) -> bool:
        """Tell whether anybody follows a user's channels."""
        return user in self._users

    def has_room(self, address: str) -> bool:
        """Tell whether ``address`` may open another connection."""
        most = self._limits.ws_connections
        return not most or len(self._sessions.get(address, ())) < most

    def join(self, session: Session) -> None:
        """Add a session."""
        self._sessions.setdefault(session.address, set()).add(session)

    def leave(self, session: Session) -> None:
        """Forget a session and what it followed."""
        for topic in list(session.topics):
            self.unfollow(session, topic)
        group = self._sessions.get(session.address, set())
        group.discard(session)
        if not group:
            self._sessions.pop(session.address, None)

    def refusal(self, session: Session, topic: Subscription) -> str | None:
        """Return the error text if ``session`` may not follow ``topic`` (§1.5)."""
        topics = self._topics_of(session.address)
        most = self._limits.ws_subscriptions
        if most and len(topics) >= most:
            return f"Cannot subscribe to more than {most} channels."
        users = {one.user for one in topics if isinstance(one, UserSubscription)}
        if isinstance(topic, UserSubscription):
            users.add(topic.user)
            if self._limits.ws_users and len(users) > self._limits.ws_users:
                return f"Cannot track more than {self._limits.ws_users} total users."
        return None

    def _topics_of(self, address: str) -> list[Subscription]:
        group = self._sessions.get(address, ())
        return [topic for session in group for topic in session.topics]

    def follow(self, session: Session, topic: Subscription) -> None:
        """Let ``session`` follow ``topic``."""
        session.topics.add(topic)
        if isinstance(topic, UserSubscription):
            self._users[topic.user] += 1
        self._followers.setdefault(topic, set()).add(session)

    def unfollow(self, session: Session, topic: Subscription) -> None:
        """Let ``session`` follow ``topic`` no more."""
        session.topics.discard(topic)
        if isinstance(topic, UserSubscription):
            self._users[topic.user] -= 1
            if not self._users[topic.user]:
                del self._users[topic.user]
        group = self._followers.get(topic, set())
        group.discard(session)
        if not group:
            self._followers.pop(topic, None)

    def may_speak(self, address: str, now_ms: int) -> bool:
        """Count a client's message; False beyond the limit of a minute."""
        bucket = self._messages.get(address)
        if bucket is None:
            self._forget(now_ms)
            bucket = TokenBucket(self._limits.ws_messages, now_ms)
            self._messages[address] = bucket
        return bucket.take(1, now_ms)

    def _forget(self, now_ms: int) -> None:
        if len(self._messages) >= _FORGET_ABOVE:
            full = [key for key, one in self._messages.items() if one.is_full(now_ms)]
            for key in full:
                del self._messages[key]

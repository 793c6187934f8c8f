"""The exchange in process and in virtual time: no socket, no clock, no waiting.

Time is what `advance` makes it. Questions are asked in the wire's own words and
answered with the wire's own values, so that code under test need not know that it is
not talking to a server; commands can also be given as values, without a signature.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from hlsim.core.commands import Command, Result
from hlsim.core.exchange import Exchange, Happened, UnknownCoinError
from hlsim.server.assembly import build_exchange
from hlsim.server.posts import UNFIT
from hlsim.server.settings import Settings
from hlsim.wire import subscriptions as subs
from hlsim.wire.info import answer
from hlsim.wire.news import frames, users_of
from hlsim.wire.requests import decode_info
from hlsim.wire.results import Answer
from hlsim.wire.trading import decode_envelope, execute
from hlsim.wire.user_channels import said

Follower = Callable[[Mapping[str, Any]], None]


class VirtualExchange:
    """One exchange whose time stands still between two calls of `advance`."""

    def __init__(
        self, settings: Settings | None = None, *, start_ms: int = 1_760_000_000_000
    ) -> None:
        """Open at ``start_ms``; raises ValueError for settings that make no sense."""
        settings = settings or Settings()
        self.exchange: Exchange = build_exchange(settings, start_ms)
        self._sources = settings.sources
        self._now_ms = start_ms
        self._followers: list[tuple[subs.UserSubscription, Follower]] = []

    @property
    def now_ms(self) -> int:
        """The exchange's time."""
        return self._now_ms

    def advance(self, by_ms: int) -> int:
        """Let time pass; returns how many blocks and bursts of news there were."""
        return sum(1 for _ in self.lived(by_ms))

    def lived(self, by_ms: int) -> Iterator[Happened]:
        """Let time pass and yield what happens; time is there once all is consumed."""
        target_ms = self._now_ms + by_ms
        for one in self.exchange.advance(target_ms):
            self._now_ms = max(self._now_ms, one.changes.time_ms)
            self._tell(one)
            yield one
        self._now_ms = target_ms

    def info(self, question: Mapping[str, object]) -> Any:
        """Answer a question of /info as the values its JSON would have.

        Raises msgspec.ValidationError where a server answers 422, UnknownCoinError
        where it answers 500 ``null``.
        """
        request = decode_info(msgspec.json.encode(question))
        return msgspec.to_builtins(answer(request, self.exchange, self._now_ms))

    def post_action(self, body: Mapping[str, object]) -> Any:
        """Carry out a signed action as /exchange does, and return the answer.

        Raises msgspec.ValidationError where a server answers 422.
        """
        return self._executed(msgspec.json.encode(body))

    def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Answer the very bytes of a POST to ``/info`` or ``/exchange``.

        Returns the status and the body that a server answers (§1.2); nothing is
        weighed, and no fault strikes.
        """
        try:
            if path == "/info":
                found = answer(decode_info(body), self.exchange, self._now_ms)
            else:
                found = self._executed(body)
        except UnknownCoinError:
            return 500, b"null"
        except msgspec.ValidationError:
            return 422, UNFIT.encode()
        except msgspec.DecodeError:
            return 400, b"Failed to parse the request body as JSON"
        return 200, msgspec.json.encode(found)

    def act(self, user: str, command: Command) -> Result:
        """Carry out a command of a user without signature, nonce and budget."""
        result = self.exchange.act(user.lower(), command, self._now_ms)
        self._flush()
        return result

    def follow(self, subscription: Mapping[str, object], follower: Follower) -> None:
        """Tell ``follower`` a user channel's frames: a snapshot now, news later.

        Market channels are not followed here: `lived` yields what they would tell.
        Raises msgspec.ValidationError for anything but a user channel.
        """
        topic = subs.decode_subscription(msgspec.json.encode(subscription))
        if not isinstance(topic, subs.UserSubscription):
            raise msgspec.ValidationError("only user channels can be followed")
        self._followers.append((topic, follower))
        first = said(topic, self.exchange, self._now_ms)
        if first is not None:
            follower(msgspec.json.decode(first))

    def _executed(self, body: bytes) -> Answer:
        envelope = decode_envelope(body)
        done = execute(self.exchange, envelope, self._now_ms, sources=self._sources)
        self._flush()
        return done

    def _flush(self) -> None:
        one = self.exchange.happened(self._now_ms)
        if one is not None:
            self._tell(one)

    def _tell(self, one: Happened) -> None:
        if not self._followers or not one.news:
            return
        universe, find = self.exchange.universe, self.exchange.open.get
        for user, news in users_of(one.news).items():
            followers = [pair for pair in self._followers if pair[0].user == user]
            if followers:
                for topic, frame in frames(user, news, universe, find):
                    _deliver(topic, frame, followers)


def _deliver(
    topic: subs.UserSubscription,
    frame: bytes,
    followers: list[tuple[subs.UserSubscription, Follower]],
) -> None:
    for wanted, follower in followers:
        if wanted == topic:
            follower(msgspec.json.decode(frame))

"""What a plan may ask for: when a fault strikes, and the bases of its kinds."""

from typing import Annotated, Literal

import msgspec

from hlsim.faults.occasions import (
    ConnectionOccasion,
    Endpoint,
    FrameOccasion,
    Occasion,
    RequestOccasion,
    Scope,
    Via,
)

Milliseconds = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Probability = Annotated[float, msgspec.Meta(ge=0, le=1)]
Address = Annotated[str, msgspec.Meta(pattern="^0x[0-9a-fA-F]{40}$")]
Name = Annotated[str, msgspec.Meta(min_length=1)]
Status = Annotated[int, msgspec.Meta(ge=400, le=599)]
Names = tuple[Name, ...]

Ending = Literal["hang", "reset", "close"]
Body = Literal["text", "html", "json", "null_json", "empty"]
Damage = Literal[
    "cut", "nan", "negative", "zero", "overflow", "empty", "huge", "html", "deep"
]

DEFAULT_HUGE_BYTES = 64 * 1024 * 1024


class Fault(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    tag_field="kind",
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """Base of all kinds: the times and the occasions at which one strikes.

    It may strike from ``after_ms`` (after the start, or after it was added) or from
    ``at_ms`` (UTC) on, for ``duration_ms``. Within that it strikes each occasion that
    matches; with ``rate`` each with that probability; with ``nth`` from the n-th on,
    once. ``count`` is how often it strikes at most.
    """

    after_ms: Milliseconds = 0
    at_ms: Milliseconds | None = None
    duration_ms: Positive | None = None
    count: Positive | None = None
    nth: Positive | None = None
    rate: Probability | None = None

    @property
    def kind(self) -> str:
        """The ``kind`` in the plan."""
        return str(self.__struct_config__.tag)

    def problems(self) -> list[str]:
        """Return what of it contradicts itself."""
        found = []
        if self.after_ms and self.at_ms is not None:
            found.append("after_ms and at_ms exclude each other")
        if self.nth is not None and self.rate is not None:
            found.append("nth and rate exclude each other")
        return found


class RequestFault(Fault, frozen=True, kw_only=True):
    """Strikes requests; an empty filter lets all of them match."""

    endpoints: tuple[Endpoint, ...] = ()
    via: Via | None = None
    types: Names = ()
    users: tuple[Address, ...] = ()
    coins: Names = ()
    dexes: Names = ()
    only_triggers: bool = False

    def matches(self, occasion: RequestOccasion) -> bool:
        """Tell whether the filter lets it strike."""
        return (
            _lets(self.endpoints, occasion.endpoint)
            and (self.via is None or self.via == occasion.via)
            and _lets(self.types, occasion.kind)
            and _lets_user(self.users, occasion.user)
            and (not self.coins or not occasion.coins.isdisjoint(self.coins))
            and _lets(self.dexes, occasion.dex)
            and (occasion.has_trigger or not self.only_triggers)
        )


class FrameFault(Fault, frozen=True, kw_only=True):
    """Strikes frames that are about to be sent; an empty filter lets all match."""

    channels: Names = ()
    coins: Names = ()
    users: tuple[Address, ...] = ()

    def matches(self, occasion: FrameOccasion) -> bool:
        """Tell whether the filter lets it strike."""
        return (
            _lets(self.channels, occasion.channel)
            and _lets(self.coins, occasion.coin)
            and _lets_user(self.users, occasion.user)
        )


class Event(Fault, frozen=True, kw_only=True):
    """Happens by itself: once, each ``every_ms``, or ``upon`` an occasion.

    ``upon`` needs ``nth`` or ``rate``; ``upon_types`` and ``upon_channels`` say which
    requests or frames are counted.
    """

    every_ms: Positive | None = None
    upon: Scope | None = None
    upon_types: Names = ()
    upon_channels: Names = ()

    def problems(self) -> list[str]:
        """Return what of it contradicts itself."""
        counted = self.nth is not None or self.rate is not None
        repeats = self.upon is not None or self.every_ms is not None
        limited = self.duration_ms is not None or self.count is not None
        wrong = {
            "nth and rate need upon: request, frame or connection": (
                counted and self.upon is None
            ),
            "upon needs nth or rate": self.upon is not None and not counted,
            "upon and every_ms exclude each other": (
                self.upon is not None and self.every_ms is not None
            ),
            "duration_ms and count need upon or every_ms": limited and not repeats,
            "upon_types needs upon: request": self.upon_types
            and self.upon != "request",
            "upon_channels needs upon: frame": self.upon_channels
            and self.upon != "frame",
        }
        return [*super().problems(), *(text for text, holds in wrong.items() if holds)]

    def counts(self, occasion: Occasion) -> bool:
        """Tell whether ``occasion`` is one of those that are counted."""
        match occasion:
            case RequestOccasion():
                return self.upon == "request" and _lets(self.upon_types, occasion.kind)
            case FrameOccasion():
                return self.upon == "frame" and _lets(
                    self.upon_channels, occasion.channel
                )
            case ConnectionOccasion():
                return self.upon == "connection"


class SessionEvent(Event, frozen=True, kw_only=True):
    """Happens to the clients that follow a chosen topic.

    Upon a frame, a connection or a `post` it happens to that client alone.
    An empty filter chooses all clients, those without topics too.
    """

    channels: Names = ()
    coins: Names = ()
    users: tuple[Address, ...] = ()

    def covers(self, channel: str, coin: str | None, user: str | None) -> bool:
        """Tell whether a topic is chosen."""
        return (
            _lets(self.channels, channel)
            and _lets(self.coins, coin)
            and _lets_user(self.users, user)
        )

    @property
    def is_open(self) -> bool:
        """Tell whether everybody is chosen."""
        return not (self.channels or self.coins or self.users)


class State(Event, frozen=True, kw_only=True):
    """An event that lasts: ``lasts_ms``, or until it is lifted."""

    lasts_ms: Positive | None = None


class ConnectionFault(Fault, frozen=True, kw_only=True):
    """Strikes websockets that are being opened."""


def _lets(chosen: tuple[str, ...], value: str | None) -> bool:
    return not chosen or value in chosen


def _lets_user(chosen: tuple[str, ...], user: str | None) -> bool:
    return not chosen or user in [one.lower() for one in chosen]

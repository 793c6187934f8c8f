"""Reads of a request's body what the filters of faults look at."""

import msgspec

from hlsim.core.universe import Universe
from hlsim.faults.occasions import Endpoint, RequestOccasion, Via
from hlsim.server.backend import Backend
from hlsim.wire.decoding import decode


class _Leg(msgspec.Struct):
    """An order, cancel or modify; the wire names its asset in two ways."""

    a: int | None = None
    asset: int | None = None
    t: dict[str, msgspec.Raw] | bool | int | None = None
    order: "_Leg | None" = None


class _Action(_Leg):
    kind: str = msgspec.field(name="type", default="")
    orders: list[_Leg] = []
    cancels: list[_Leg] = []
    modifies: list[_Leg] = []
    twap: _Leg | None = None


class _Span(msgspec.Struct):
    coin: str | None = None


class _Body(msgspec.Struct):
    kind: str = msgspec.field(name="type", default="")
    user: str | None = None
    coin: str | None = None
    dex: str | None = None
    req: _Span | None = None
    action: _Action | None = None


_DECODER = msgspec.json.Decoder(_Body)


class Reader:
    """Makes occasions of requests."""

    def __init__(self, backend: Backend) -> None:
        """Ask ``backend`` whose an action is."""
        self._backend = backend

    def occasion(
        self, universe: Universe, endpoint: Endpoint, via: Via, body: bytes, now_ms: int
    ) -> RequestOccasion:
        """Return what a body asks for; one that cannot be read asks for nothing."""
        try:
            asked = decode(_DECODER, body)
        except msgspec.DecodeError:
            asked = _Body()
        if endpoint == "info" or asked.action is None:
            return _question(asked, endpoint, via, now_ms)
        legs = _legs(asked.action)
        return RequestOccasion(
            now_ms=now_ms,
            endpoint=endpoint,
            via=via,
            kind=asked.action.kind,
            user=self._backend.user_of(body),
            coins=frozenset(_coins(legs, universe)),
            has_trigger=any(_is_trigger(one) for one in legs),
            legs=max(len(legs), 1),
        )


def _question(
    asked: _Body, endpoint: Endpoint, via: Via, now_ms: int
) -> RequestOccasion:
    coins = {asked.coin, asked.req.coin if asked.req else None}
    return RequestOccasion(
        now_ms=now_ms,
        endpoint=endpoint,
        via=via,
        kind=asked.kind,
        user=None if asked.user is None else asked.user.lower(),
        coins=frozenset(coin for coin in coins if coin is not None),
        dex=asked.dex,
    )


def _legs(action: _Action) -> list[_Leg]:
    batch = [*action.orders, *action.cancels, *action.modifies]
    single = [one for one in (action.order, action.twap) if one is not None]
    legs = [*batch, *single] or [action]
    return [one.order or one for one in legs]


def _coins(legs: list[_Leg], universe: Universe) -> set[str]:
    ids = {one.asset if one.a is None else one.a for one in legs}
    assets = {universe.by_id(one) for one in ids if one is not None}
    return {universe[asset].name for asset in assets if asset is not None}


def _is_trigger(leg: _Leg) -> bool:
    return isinstance(leg.t, dict) and "trigger" in leg.t

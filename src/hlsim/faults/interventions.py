"""What faults may do to the exchange itself, which implements it."""

from functools import singledispatch
from typing import Protocol

from hlsim.faults.kinds import (
    Delist,
    DropOrders,
    Enlist,
    ExpireAgent,
    LateCandles,
    Liquidate,
    PostOnly,
)
from hlsim.faults.plan import Event


class InterventionError(ValueError):
    """An exchange cannot do what a fault asks; the message is a sentence."""


class Interventions(Protocol):
    """Changes from outside, each at once; raises InterventionError or LookupError."""

    def delist(self, coin: str) -> None:
        """Delist ``coin``; it keeps its asset id (§2)."""
        ...

    def enlist(self, name: str, sz_decimals: int, max_leverage: int, px: str) -> None:
        """List a coin at ``px``, a decimal string in dollars."""
        ...

    def liquidate(self, user: str) -> None:
        """Liquidate all positions of ``user``."""
        ...

    def expire_agent(self, user: str, agent: str) -> None:
        """Let an agent of ``user`` expire, named by address or name."""
        ...

    def set_post_only(self, until_ms: int) -> None:
        """Refuse orders that are not Alo until then; a time past ends it."""
        ...

    def skip_minutes(self, coin: str, minutes: int) -> None:
        """Let the next minutes pass without trades, their candles missing at first."""
        ...

    def drop_orders(
        self, user: str, coin: str | None, *, only_triggers: bool, told: bool
    ) -> None:
        """Let resting orders of ``user`` vanish, of all coins if ``coin`` is None.

        Unless ``told`` there is no news of it: only who asks finds out.
        """
        ...


@singledispatch
def intervene(fault: Event, exchange: Interventions, now_ms: int) -> None:
    """Do to ``exchange`` what ``fault`` says; other kinds of events do nothing."""


@intervene.register
def _(fault: Delist, exchange: Interventions, now_ms: int) -> None:
    exchange.delist(fault.coin)


@intervene.register
def _(fault: Enlist, exchange: Interventions, now_ms: int) -> None:
    exchange.enlist(fault.coin, fault.sz_decimals, fault.max_leverage, fault.px)


@intervene.register
def _(fault: Liquidate, exchange: Interventions, now_ms: int) -> None:
    exchange.liquidate(fault.user.lower())


@intervene.register
def _(fault: ExpireAgent, exchange: Interventions, now_ms: int) -> None:
    exchange.expire_agent(fault.user.lower(), fault.agent)


@intervene.register
def _(fault: PostOnly, exchange: Interventions, now_ms: int) -> None:
    exchange.set_post_only(now_ms + fault.lasts_ms)


@intervene.register
def _(fault: LateCandles, exchange: Interventions, now_ms: int) -> None:
    exchange.skip_minutes(fault.coin, fault.minutes)


@intervene.register
def _(fault: DropOrders, exchange: Interventions, now_ms: int) -> None:
    exchange.drop_orders(
        fault.user.lower(),
        fault.coin,
        only_triggers=fault.only_triggers,
        told=fault.told,
    )

"""Order intents, committed before anything is sent; nonces that only rise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from threet.model.intents import OrderIntent
from threet.model.orders import OrderSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """``intent_id`` is the decision's and leg's; ``run`` and ``wants`` say whose its
    fills are (``accounts.attribution``): of one run, or of all by what each wanted to
    hold. With neither, it closes what all of them hold."""

    intent_id: str
    run: str
    spec: OrderSpec
    wants: Mapping[str, Decimal] = field(default_factory=dict)


class IntentStore(Protocol):
    """Of one account and its one signer. Raises ``DependencyError``; then nothing was
    changed."""

    def prepare(
        self, drafts: Sequence[Draft], *, now_ms: int, lives_ms: int
    ) -> Sequence[OrderIntent]:
        """In one transaction: a nonce for all, and an intent for each that is new.

        A draft whose id is known is left out: that decision had its order (I1).
        """

    def settle(self, intent: OrderIntent) -> None:
        """Keep what is known of it now."""

    def unsettled(self) -> Sequence[OrderIntent]:
        """Those of which it is not known whether they landed."""

    def next_nonce(self, now_ms: int) -> int:
        """For a cancel or a `noop`; above every one before that the exchange can have
        taken, by its time."""

    def legs_of(self, prefix: str) -> int:
        """How many intents there are whose ids begin with ``prefix`` and a slash."""

    def by_cloid(self, cloids: Sequence[str]) -> Sequence[OrderIntent]: ...

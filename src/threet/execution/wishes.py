"""What goes into the gateway and what comes out: wishes, approvals, what was done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from threet.model.accounts import AccountRead
from threet.model.decisions import Granted, Verdict
from threet.model.numbers import ZERO
from threet.model.orders import OrderReport, OrderSpec
from threet.model.products import dex_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """By symbol: what all runs together may have, and by which decision."""

    granted: Granted
    decision_id: str
    run: str = ""
    wants: Mapping[str, Decimal] = field(default_factory=dict)  # of each run


@dataclass(frozen=True, slots=True)
class Approval:
    """Whether an order may be sent, with every gate's word."""

    is_approved: bool
    verdicts: Sequence[Verdict] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a cycle did for one symbol, or why nothing."""

    symbol: str
    what: str
    decision_id: str = ""
    verdicts: Sequence[Verdict] = ()
    is_order: bool = False
    is_refused: bool = False  # by the exchange
    is_vanished: bool = False  # it said that it had the order, and has none (F43)
    ends_wish: bool = False  # whoever wants the symbol must not want it any longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The account now, as far as it is known.

    ``account`` is as it was last read; ``positions`` and ``orders`` are with all that
    was heard since. ``skew_ms`` is how far the exchange's clock was from ours then.
    Of ``unread`` builder dexes, with why by dex, positions and orders are those that
    were known before.
    """

    account: AccountRead
    positions: Mapping[str, Decimal]
    orders: Sequence[OrderReport]
    skew_ms: int = 0
    is_synced: bool = True
    unread: Mapping[str, str] = field(default_factory=dict)

    def is_read(self, symbol: str) -> bool:
        return dex_of(symbol) not in self.unread

    def position(self, symbol: str) -> Decimal:
        return self.positions.get(symbol, ZERO)

    def with_sent(self, spec: OrderSpec) -> "Reading":
        """As if the order worked already, so that the next one reckons with it."""
        works = OrderReport(
            symbol=spec.symbol,
            oid=0,
            cloid=None,
            side=spec.side,
            quantity=spec.quantity,
            remaining=spec.quantity,
            limit_price=spec.limit_price,
            status="open",
            status_ms=self.account.account_ms,
            reduce_only=spec.reduce_only,
        )
        return replace(self, orders=[*self.orders, works])


@dataclass(slots=True)
class Plan:
    """Of one cycle, gathered before anything is sent."""

    orders: list[tuple[OrderSpec, Wanted]] = field(default_factory=list)
    cancels: list[tuple[str, str]] = field(default_factory=list)  # symbol, cloid
    rests: list[Done] = field(default_factory=list)

    @property
    def is_idle(self) -> bool:
        return not (self.orders or self.cancels)

"""What the ledger is reckoned from, as it is kept; and the checks of its sum."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from threet.model.money import EquityCheck, FundingPayment, LedgerUpdate
from threet.model.orders import Fill


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Whose order it was: ``run`` alone if ``wants`` is empty, else what each run
    wanted to hold of the symbol when the order was made."""

    run: str = ""
    wants: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Extent:
    """How many entries there are, and the time of the newest; another one if anything
    was added, or all of it forgotten."""

    count: int = 0
    newest_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """A part of the ledger. ``origins`` is by cloid: of every fill that was an order
    of ours; others have none. ``extent`` is of the whole."""

    extent: Extent = field(default_factory=Extent)
    fills: Sequence[Fill] = ()
    origins: Mapping[str, Origin] = field(default_factory=dict)
    funding: Sequence[FundingPayment] = ()
    updates: Sequence[LedgerUpdate] = ()


class LedgerStore(Protocol):
    """Of one account. Raises ``DependencyError``; then nothing was changed."""

    def record_funding(self, told: Sequence[FundingPayment]) -> int:
        """Keep those that are new; returns how many."""

    def record_updates(self, told: Sequence[LedgerUpdate]) -> int: ...

    def newest_funding_ms(self) -> int | None: ...

    def newest_update_ms(self) -> int | None:
        """Of those that the exchange told."""

    def extent(self) -> Extent: ...

    def entries(self, since_ms: int = 0) -> Entries:
        """Those of ``since_ms`` and later, in one consistent reading."""

    def fills_of(self, symbol: str, since_ms: int, limit: int) -> Sequence[Fill]:
        """The newest ``limit`` since then, oldest first."""

    def record_check(self, check: EquityCheck) -> None: ...

    def checks(self, since_ms: int, limit: int) -> Sequence[EquityCheck]:
        """The newest ``limit`` since then, oldest first."""

    def last_check(self) -> EquityCheck | None: ...

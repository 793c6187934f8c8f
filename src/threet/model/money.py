"""Money that moves beside trades, and whether the account's equity is explained."""

from decimal import Decimal
from enum import Enum

import msgspec

from threet.model.numbers import ZERO
from threet.model.times import require_ms


class FundingPayment(msgspec.Struct, frozen=True, kw_only=True):
    """What holding ``quantity`` (signed) of a symbol brought; ``amount`` is its effect
    on the account in USDC, negative for what was paid."""

    symbol: str
    time_ms: int
    amount: Decimal
    rate: Decimal
    quantity: Decimal

    def __post_init__(self) -> None:
        require_ms("time_ms", self.time_ms)


# Not the exchange's words but ours: what an account had before its readable history,
# what a person has accepted, and since when it is followed on which builder dexes.
OPENING = "opening"
OPENING_POSITION = "opening_position"
ACCEPTED = "accepted"
FOLLOWING = "following"
OURS = frozenset({OPENING, OPENING_POSITION, ACCEPTED, FOLLOWING})


class LedgerUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """A movement of money that is neither a trade nor funding.

    ``kind`` is the exchange's word (deposit, withdraw, liquidation ...) or one of ours.
    ``amount`` is the effect on the perpetuals' account in USDC; None where it is not
    known for this kind. Of an opening position ``symbol``, ``quantity`` and ``cost``
    (signed; None if unknown) are told. ``key`` is the same for the same movement.
    """

    key: str
    time_ms: int
    kind: str
    amount: Decimal | None
    detail: str = ""
    symbol: str = ""
    quantity: Decimal = ZERO
    cost: Decimal | None = None

    def __post_init__(self) -> None:
        require_ms("time_ms", self.time_ms)

    @property
    def is_ours(self) -> bool:
        return self.kind in OURS


class EquityVerdict(Enum):
    """``SUSPECT`` is one reading that differs: no fact yet (F67)."""

    HOLDS = "holds"
    SUSPECT = "suspect"
    DIFFERS = "differs"


class EquityCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Deposits + realized + funding - fees + unrealized, against the account's value.

    ``deposits`` has every ledger update, openings included.
    """

    account_ms: int
    account_value: Decimal
    deposits: Decimal
    realized: Decimal
    funding: Decimal
    fees: Decimal
    unrealized: Decimal
    verdict: EquityVerdict = EquityVerdict.HOLDS

    @property
    def expected(self) -> Decimal:
        cash = self.deposits + self.realized + self.funding - self.fees
        return cash + self.unrealized

    @property
    def difference(self) -> Decimal:
        """What the account has more than is explained."""
        return self.account_value - self.expected

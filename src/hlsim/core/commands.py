"""What a user can ask the exchange to do, and what it answers: typed, without a wire.

Assets are places in the universe, sizes and prices of orders in 10**-8, amounts of
money in micro-dollars, addresses in lower case.
"""

from collections.abc import Sequence

import msgspec

from hlsim.core.orders import Builder, Grouping, OrderRequest, Outcome
from hlsim.core.refusal import Refused
from hlsim.core.twap import TwapRequest


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all commands."""

    @property
    def weight(self) -> int:
        """How many actions it counts in the address budget (§1.4)."""
        return 1

    @property
    def only_cancels(self) -> bool:
        """Whether it may use what is kept for cancels."""
        return False


class PlaceOrders(Command, frozen=True):
    orders: Sequence[OrderRequest]
    grouping: Grouping = Grouping.NA
    builder: Builder | None = None

    @property
    def weight(self) -> int:
        return len(self.orders)


class CancelOrders(Command, frozen=True):
    """Each target is an asset and an oid, or a cloid."""

    targets: Sequence[tuple[int, int | str]]

    @property
    def weight(self) -> int:
        return len(self.targets)

    @property
    def only_cancels(self) -> bool:
        return True


class ModifyOrders(Command, frozen=True):
    """Each target is an oid or a cloid; ``is_single`` is answered without statuses."""

    modifies: Sequence[tuple[int | str, OrderRequest]]
    is_single: bool = False

    @property
    def weight(self) -> int:
        return len(self.modifies)


class ScheduleCancel(Command, frozen=True):
    time_ms: int | None

    @property
    def only_cancels(self) -> bool:
        return True


class UpdateLeverage(Command, frozen=True):
    asset: int
    is_cross: bool
    leverage: int


class UpdateIsolatedMargin(Command, frozen=True):
    asset: int
    usd: int


class TopUpIsolatedMargin(Command, frozen=True):
    """Pay in until the position has the leverage ``numerator / denominator``."""

    asset: int
    numerator: int
    denominator: int


class PlaceTwap(Command, frozen=True):
    twap: TwapRequest


class CancelTwap(Command, frozen=True):
    asset: int
    twap_id: int

    @property
    def only_cancels(self) -> bool:
        return True


class Noop(Command, frozen=True):
    """Do nothing but use the nonce up."""


class SetReferrer(Command, frozen=True):
    code: str


class CreateSubAccount(Command, frozen=True):
    name: str


class SubAccountTransfer(Command, frozen=True):
    sub_account: str
    is_deposit: bool
    usd: int


class VaultTransfer(Command, frozen=True):
    vault: str
    is_deposit: bool
    usd: int


class ReserveRequestWeight(Command, frozen=True):
    requests: int


class SendUsd(Command, frozen=True):
    destination: str
    usd: int


class Withdraw(Command, frozen=True):
    destination: str
    usd: int


class TransferBetweenClasses(Command, frozen=True):
    """Move dollars between the perp and the spot side of an account."""

    usd: int
    to_perp: bool


class SendAsset(Command, frozen=True):
    """Move dollars between users and dexes; ``spot`` is a place like a dex's name.

    ``from_sub_account`` is the sub-account whose dollars they are, "" for one's own.
    """

    destination: str
    source_dex: str
    destination_dex: str
    usd: int
    from_sub_account: str = ""


class ApproveAgent(Command, frozen=True):
    address: str
    name: str


class ApproveBuilderFee(Command, frozen=True):
    """``tenths_bp`` is the highest fee, in tenths of a basis point."""

    builder: str
    tenths_bp: int


class SetAbstraction(Command, frozen=True):
    user: str
    abstraction: str


class Unsupported(Command, frozen=True):
    """An action that the wire knows and this exchange does not carry out."""

    kind: str


class Done(msgspec.Struct, frozen=True):
    """Carried out; there is nothing to tell."""


class Statuses(msgspec.Struct, frozen=True):
    """One outcome per order."""

    outcomes: Sequence[Outcome]


class CancelResults(msgspec.Struct, frozen=True):
    """One error text per cancel, None where it worked."""

    errors: Sequence[str | None]


class TwapStarted(msgspec.Struct, frozen=True):
    twap_id: int


class TwapFailed(msgspec.Struct, frozen=True):
    text: str


class TwapCanceled(msgspec.Struct, frozen=True):
    error: str | None


class SubAccountCreated(msgspec.Struct, frozen=True):
    address: str


Result = (
    Done
    | Statuses
    | CancelResults
    | TwapStarted
    | TwapFailed
    | TwapCanceled
    | SubAccountCreated
    | Refused
)

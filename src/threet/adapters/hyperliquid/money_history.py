"""Funding payments and the other movements of an account's money (HYPERLIQUID.md 2).

What a movement does to the perpetuals' account depends on its kind and on which side of
it the account is. A kind that is not known here has no amount: it is never taken for 0.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from threet.adapters.hyperliquid import answers
from threet.adapters.hyperliquid.posting import Posting
from threet.model.errors import InvalidValueError
from threet.model.money import FundingPayment, LedgerUpdate
from threet.model.numbers import ZERO, exact

Delta = Mapping[str, object]

_FIRST_DEX = ""
_USDC = "USDC"


@dataclass(frozen=True, slots=True)
class Followed:
    """An account, its address in lower case, on those dexes: what moves between two of
    them stays with it."""

    address: str
    dexes: frozenset[str] = frozenset({_FIRST_DEX})


class WireFunding(msgspec.Struct, frozen=True, rename="camel"):
    coin: str
    usdc: str
    szi: str
    funding_rate: str


class WireFundingRow(msgspec.Struct, frozen=True):
    time: int
    delta: WireFunding


class WireUpdateRow(msgspec.Struct, frozen=True):
    time: int
    hash: str
    delta: dict[str, object]


FUNDING: msgspec.json.Decoder[list[WireFundingRow]] = msgspec.json.Decoder(
    list[WireFundingRow]
)
UPDATES: msgspec.json.Decoder[list[WireUpdateRow]] = msgspec.json.Decoder(
    list[WireUpdateRow]
)


class HyperliquidMoneyHistory:
    """Implements ``MoneyHistory``."""

    def __init__(
        self, info: Posting, *, address: str, dexes: Sequence[str] = ()
    ) -> None:
        """``dexes`` are the builder dexes on which the account is followed."""
        self._info = info
        self._account = Followed(address.lower(), frozenset({_FIRST_DEX, *dexes}))

    def funding(self, since_ms: int) -> Sequence[FundingPayment]:
        body = self._ask("userFunding", since_ms)
        found = answers.read(
            "userFunding", body, FUNDING, lambda rows: [payment(row) for row in rows]
        )
        return sorted(found, key=lambda one: one.time_ms)

    def updates(self, since_ms: int) -> Sequence[LedgerUpdate]:
        body = self._ask("userNonFundingLedgerUpdates", since_ms)
        found = answers.read(
            "userNonFundingLedgerUpdates",
            body,
            UPDATES,
            lambda rows: [update(row, self._account) for row in rows],
        )
        return sorted(found, key=lambda one: one.time_ms)

    def _ask(self, question: str, since_ms: int) -> bytes:
        user = self._account.address
        request = {"type": question, "user": user, "startTime": since_ms}
        return self._info.ask(question, request)


def payment(row: WireFundingRow) -> FundingPayment:
    """``usdc`` has the sign of its effect on the account."""
    return FundingPayment(
        symbol=row.delta.coin,
        time_ms=row.time,
        amount=exact("usdc", row.delta.usdc),
        rate=exact("fundingRate", row.delta.funding_rate),
        quantity=exact("szi", row.delta.szi),
    )


def update(row: WireUpdateRow, account: Followed) -> LedgerUpdate:
    kind = _text(row.delta, "type")
    text = msgspec.json.encode(row.delta, order="sorted")
    named = b"%d %s %s" % (row.time, row.hash.encode(), text)
    return LedgerUpdate(
        # Withdrawals and rewards have a hash of zeros: the whole row is the key.
        key=hashlib.sha256(named).hexdigest()[:40],
        time_ms=row.time,
        kind=kind,
        amount=_amount(kind, row.delta, account),
        detail=text.decode(),
    )


def _amount(kind: str, delta: Delta, account: Followed) -> Decimal | None:
    """None for a kind that is not known, and for one that tells something else than it
    should: a row nobody understands must not hide the others."""
    reckon = _AMOUNTS.get(kind)
    if reckon is None:
        return None
    try:
        return reckon(delta, account)
    except InvalidValueError:
        return None


def _text(delta: Delta, name: str) -> str:
    value = delta.get(name)
    if not isinstance(value, str):
        raise InvalidValueError(name, "be a text", value)
    return value


def _number(delta: Delta, name: str) -> Decimal:
    return exact(name, _text(delta, name))


def _optional(delta: Delta, name: str) -> Decimal:
    return _number(delta, name) if delta.get(name) else ZERO


def _in(delta: Delta, _account: Followed) -> Decimal:
    return _number(delta, "usdc")


def _out(delta: Delta, _account: Followed) -> Decimal:
    """A withdrawal tells what arrives; its fee left the account as well."""
    return -_number(delta, "usdc") - _optional(delta, "fee")


def _between(delta: Delta, account: Followed) -> Decimal:
    """From ``user`` to ``destination``; the sender pays the fee."""
    amount = _number(delta, "usdc")
    found = ZERO
    if _text(delta, "destination").lower() == account.address:
        found += amount
    if _text(delta, "user").lower() == account.address:
        found -= amount + _optional(delta, "fee")
    return found


def _between_classes(delta: Delta, _account: Followed) -> Decimal:
    amount = _number(delta, "usdc")
    return amount if delta.get("toPerp") is True else -amount


def _sent(delta: Delta, account: Followed) -> Decimal:
    """Only dollars on a dex that is followed are the account's."""
    if delta.get("token") != _USDC:
        return ZERO
    amount, found = _number(delta, "amount"), ZERO
    is_mine = _text(delta, "destination").lower() == account.address
    if is_mine and delta.get("destinationDex") in account.dexes:
        found += amount
    is_mine = _text(delta, "user").lower() == account.address
    if is_mine and delta.get("sourceDex") in account.dexes:
        found -= amount + _optional(delta, "fee")
    return found


def _into_vault(delta: Delta, account: Followed) -> Decimal:
    amount = _number(delta, "usdc")
    is_vault = str(delta.get("vault", "")).lower() == account.address
    return amount if is_vault else -amount - _optional(delta, "fee")


def _out_of_vault(delta: Delta, account: Followed) -> Decimal:
    name = "netWithdrawnUsd" if "netWithdrawnUsd" in delta else "usdc"
    amount = _number(delta, name)
    is_vault = str(delta.get("vault", "")).lower() == account.address
    return -amount if is_vault else amount


def _liquidated(delta: Delta, _account: Followed) -> Decimal:
    """The fills tell what the positions brought; hlsim tells what went beside them."""
    return -_optional(delta, "takenByBackstop")


def _spot(_delta: Delta, _account: Followed) -> Decimal:
    return ZERO


_AMOUNTS: Mapping[str, Callable[[Delta, Followed], Decimal]] = {
    "deposit": _in,
    "withdraw": _out,
    "internalTransfer": _between,
    "subAccountTransfer": _between,
    "accountClassTransfer": _between_classes,
    "send": _sent,
    "spotTransfer": _spot,
    "spotGenesis": _spot,
    "vaultCreate": _into_vault,
    "vaultDeposit": _into_vault,
    "vaultWithdraw": _out_of_vault,
    "vaultDistribution": _in,
    "vaultLeaderCommission": _in,
    "liquidation": _liquidated,
    "reserveRequestWeight": _out,
}

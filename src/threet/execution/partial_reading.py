"""What a reading tells that lacks a builder dex: of that dex nothing new, so that what
was known there is known still."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

import msgspec

from threet.model.accounts import AccountRead, AccountState
from threet.model.numbers import ZERO
from threet.model.orders import OrderReport
from threet.model.products import dex_of
from threet.ports.order_desk import OrdersRead

# By symbol, the sum of the fills and the exchange's position.
Differences = Mapping[str, tuple[Decimal, Decimal]]


def unread(seen: OrdersRead, account: AccountRead) -> Mapping[str, str]:
    """Where either its orders or its positions could not be read, and why."""
    if isinstance(account, AccountState):
        return seen.unread
    return {**seen.unread, **account.unread}


def standing(seen: OrdersRead, known: Iterable[OrderReport]) -> Sequence[OrderReport]:
    """With the orders on dexes that were not told of: nothing says they are gone."""
    return [*seen.orders, *(one for one in known if dex_of(one.symbol) in seen.unread)]


def held(account: AccountRead, before: AccountRead | None) -> AccountRead:
    """With the positions that were read before, where none could be read now."""
    if isinstance(account, AccountState) or before is None:
        return account
    kept = [one for one in before.positions if dex_of(one.symbol) in account.unread]
    return msgspec.structs.replace(account, positions=(*account.positions, *kept))


def differences(
    by_fills: Mapping[str, Decimal],
    account: AccountRead,
    *,
    known: Differences,
    dexes: Collection[str],
) -> Differences:
    """Where fills and position differ; of unread ``dexes`` those that are ``known``."""
    read = {one.symbol: one.quantity for one in account.positions}
    kept = {one: known[one] for one in known if dex_of(one) in dexes}
    return kept | {
        symbol: (quantity, read.get(symbol, ZERO))
        for symbol, quantity in by_fills.items()
        if dex_of(symbol) not in dexes and quantity != read.get(symbol, ZERO)
    }


def may_end(found: Differences, dexes: Collection[str]) -> bool:
    """Whether another reading may say otherwise, where ``dexes`` are unread."""
    return any(dex_of(one) not in dexes for one in found)

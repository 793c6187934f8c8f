"""Accounts as they were read: newest positions, history of balances, their news."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, update

from threet.adapters.sql.account_ids import account_id
from threet.adapters.sql.database import Database
from threet.adapters.sql.outbox import file_news
from threet.adapters.sql.schema import accounts, balance_history, exchanges, positions
from threet.model.accounts import AccountPosition, AccountState, MarginMode
from threet.model.events import Envelope
from threet.ports.account_store import BalancePoint

_BALANCE = (
    "account_value",
    "total_margin_used",
    "total_notional",
    "withdrawable",
    "maintenance_margin",
)
_POSITION = (
    "symbol",
    "quantity",
    "entry_price",
    "leverage",
    "margin_used",
    "position_value",
    "unrealized_pnl",
    "liquidation_price",
    "funding_since_open",
)


class SqlAccountStore:
    """Addresses are hexadecimal: kept, and given back, in lower case.

    ``traceparent`` tells the trace of the work under way, which its news continue.
    """

    def __init__(
        self,
        database: Database,
        exchange: str = "hyperliquid",
        traceparent: Callable[[], str] = str,
    ) -> None:
        self._database = database
        self._exchange = exchange
        self._traceparent = traceparent

    def record(self, state: AccountState, news: Sequence[Envelope]) -> bool:
        def work(connection: Connection) -> bool:
            owner, newest_ms = _lock(connection, self._exchange, state.address)
            if newest_ms >= state.account_ms:
                return False
            _replace_positions(connection, owner, state.positions)
            balance = {name: getattr(state, name) for name in _BALANCE}
            key = {"account_id": owner, "account_ms": state.account_ms}
            connection.execute(insert(balance_history).values(key | balance))
            mark = update(accounts).where(accounts.c.id == owner)
            connection.execute(mark.values(account_ms=state.account_ms))
            file_news(connection, news, self._traceparent())
            return True

        return self._database.write(work)

    def current(self, address: str) -> AccountState | None:
        # One statement, so that balance and positions are of the same reading.
        of_reading = and_(
            balance_history.c.account_id == accounts.c.id,
            balance_history.c.account_ms == accounts.c.account_ms,
        )
        query = (
            select(accounts.c.address, balance_history, positions)
            .join_from(accounts, exchanges)
            .join(balance_history, of_reading)
            .outerjoin(positions, positions.c.account_id == accounts.c.id)
            .where(*self._is(address))
            .order_by(positions.c.symbol)
        )
        rows = self._database.read(lambda one: one.execute(query).all())
        return _state(rows) if rows else None

    def equities(self, address: str, since_ms: int) -> Sequence[tuple[int, Decimal]]:
        columns = balance_history.c
        query = (
            select(columns.account_ms, columns.account_value)
            .join_from(balance_history, accounts)
            .join(exchanges)
            .where(*self._is(address), columns.account_ms >= since_ms)
            .order_by(columns.account_ms)
        )
        rows = self._database.read(lambda one: one.execute(query).all())
        return [(row.account_ms, row.account_value) for row in rows]

    def history(self, address: str, limit: int) -> Sequence[BalancePoint]:
        columns = balance_history.c
        query = (
            select(columns.account_ms, columns.account_value, columns.withdrawable)
            .join_from(balance_history, accounts)
            .join(exchanges)
            .where(*self._is(address))
            .order_by(columns.account_ms.desc())
            .limit(limit)
        )
        rows = self._database.read(lambda one: one.execute(query).all())
        return [BalancePoint(**row._mapping) for row in reversed(rows)]

    def _is(self, address: str) -> Sequence[Any]:
        return (
            accounts.c.address == address.lower(),
            exchanges.c.name == self._exchange,
        )


def _lock(connection: Connection, exchange: str, address: str) -> tuple[int, int]:
    """Id and newest reading of the account, its row locked until the commit."""
    mine = accounts.c.id == account_id(connection, address, exchange)
    locked = select(accounts.c.id, accounts.c.account_ms).where(mine).with_for_update()
    found = connection.execute(locked).one()
    return found.id, found.account_ms


def _replace_positions(
    connection: Connection, owner: int, held: Sequence[AccountPosition]
) -> None:
    connection.execute(delete(positions).where(positions.c.account_id == owner))
    rows = [
        {name: getattr(one, name) for name in _POSITION}
        | {"account_id": owner, "margin_mode": one.margin_mode.value}
        for one in held
    ]
    if rows:
        connection.execute(insert(positions), rows)


def _state(rows: Sequence[Any]) -> AccountState:
    first = rows[0]
    return AccountState(
        address=first.address,
        account_ms=first.account_ms,
        positions=tuple(_position(row) for row in rows if row.symbol is not None),
        **{name: getattr(first, name) for name in _BALANCE},
    )


def _position(row: Any) -> AccountPosition:
    values = {name: getattr(row, name) for name in _POSITION}
    return AccountPosition(margin_mode=MarginMode(row.margin_mode), **values)

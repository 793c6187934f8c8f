"""What the ledger of one account is reckoned from."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Table, func, select

from threet.adapters.sql.account_ids import account_id, owner_of
from threet.adapters.sql.database import Database
from threet.adapters.sql.trading_schema import (
    equity_checks,
    fills,
    funding_payments,
    ledger_updates,
    order_intents,
)
from threet.adapters.sql.trading_store import fill_of
from threet.adapters.sql.upserts import insert_missing
from threet.model.money import (
    OURS,
    EquityCheck,
    EquityVerdict,
    FundingPayment,
    LedgerUpdate,
)
from threet.model.orders import Fill
from threet.ports.ledger_store import Entries, Extent, Origin

_T = TypeVar("_T", FundingPayment, LedgerUpdate)
_V = TypeVar("_V")
_NOBODY = -1
_ENTRIES = (fills, funding_payments, ledger_updates)
_IN_LIST = 500
_DETAIL_LENGTH = 255
_WANTS: msgspec.json.Decoder[dict[str, Decimal]] = msgspec.json.Decoder(
    dict[str, Decimal]
)


class SqlLedgerStore:
    """Implements ``LedgerStore``."""

    def __init__(self, database: Database, *, account: str) -> None:
        self._database = database
        self._account = account
        self._owner = select(owner_of(account))

    def record_funding(self, told: Sequence[FundingPayment]) -> int:
        return self._record(funding_payments, [_row(one) for one in told])

    def record_updates(self, told: Sequence[LedgerUpdate]) -> int:
        rows = [{**_row(one), "detail": one.detail[:_DETAIL_LENGTH]} for one in told]
        return self._record(ledger_updates, rows)

    def newest_funding_ms(self) -> int | None:
        return self._read(lambda c, own: _newest(c, funding_payments, own))

    def newest_update_ms(self) -> int | None:
        told = ledger_updates.c.kind.not_in(OURS)
        return self._read(lambda c, own: _newest(c, ledger_updates, own, told))

    def extent(self) -> Extent:
        return self._read(_extent)

    def entries(self, since_ms: int = 0) -> Entries:
        def work(connection: Connection, owner: int) -> Entries:
            found = [fill_of(row) for row in _rows(connection, fills, owner, since_ms)]
            paid = _rows(connection, funding_payments, owner, since_ms)
            moved = _rows(connection, ledger_updates, owner, since_ms)
            cloids = [one.cloid for one in found if one.cloid is not None]
            return Entries(
                extent=_extent(connection, owner),
                fills=found,
                origins=_origins(connection, owner, cloids),
                funding=[_made(FundingPayment, row) for row in paid],
                updates=[_made(LedgerUpdate, row) for row in moved],
            )

        return self._read(work)

    def fills_of(self, symbol: str, since_ms: int, limit: int) -> Sequence[Fill]:
        query = (
            select(fills)
            .where(fills.c.symbol == symbol, fills.c.time_ms >= since_ms)
            .order_by(fills.c.time_ms.desc(), fills.c.tid.desc())
            .limit(limit)
        )

        def work(connection: Connection, owner: int) -> Sequence[Fill]:
            rows = connection.execute(query.where(fills.c.account_id == owner)).all()
            return [fill_of(row) for row in reversed(rows)]

        return self._read(work)

    def record_check(self, check: EquityCheck) -> None:
        row = {**_row(check), "verdict": check.verdict.value}
        self._record(equity_checks, [row])

    def checks(self, since_ms: int, limit: int) -> Sequence[EquityCheck]:
        columns = equity_checks.c
        query = (
            select(equity_checks)
            .where(columns.account_ms >= since_ms)
            .order_by(columns.account_ms.desc())
            .limit(limit)
        )

        def work(connection: Connection, owner: int) -> Sequence[EquityCheck]:
            rows = connection.execute(query.where(columns.account_id == owner)).all()
            return [_check(row) for row in reversed(rows)]

        return self._read(work)

    def last_check(self) -> EquityCheck | None:
        found = self.checks(0, 1)
        return found[0] if found else None

    def _record(self, table: Table, rows: Sequence[dict[str, object]]) -> int:
        """In one transaction those whose key is new."""
        if not rows:
            return 0

        def work(connection: Connection) -> int:
            owner = account_id(connection, self._account)
            known = _count(connection, table, owner)
            own = [{**row, "account_id": owner} for row in rows]
            connection.execute(insert_missing(connection, table), own)
            return _count(connection, table, owner) - known

        return self._database.write(work)

    def _read(self, work: Callable[[Connection, int], _V]) -> _V:
        """An account that is not known yet has no rows."""

        def own(connection: Connection) -> _V:
            owner = connection.scalar(self._owner)
            return work(connection, _NOBODY if owner is None else owner)

        return self._database.read(own)


def _row(one: FundingPayment | LedgerUpdate | EquityCheck) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__struct_fields__}


def _made(kind: type[_T], row: Any) -> _T:
    return kind(**{name: getattr(row, name) for name in kind.__struct_fields__})


def _check(row: Any) -> EquityCheck:
    known = {name: getattr(row, name) for name in EquityCheck.__struct_fields__}
    return EquityCheck(**{**known, "verdict": EquityVerdict(row.verdict)})


def _rows(
    connection: Connection, table: Table, owner: int, since_ms: int
) -> Sequence[Any]:
    query = (
        select(table)
        .where(table.c.account_id == owner, table.c.time_ms >= since_ms)
        .order_by(table.c.time_ms)
    )
    return connection.execute(query).all()


def _count(connection: Connection, table: Table, owner: int) -> int:
    query = select(func.count()).select_from(table).where(table.c.account_id == owner)
    return connection.execute(query).scalar_one()


def _newest(connection: Connection, table: Table, owner: int, *more: Any) -> int | None:
    newest = func.max(table.c.time_ms)
    query = select(newest).where(table.c.account_id == owner, *more)
    found: int | None = connection.execute(query).scalar_one()
    return found


def _extent(connection: Connection, owner: int) -> Extent:
    found = Extent()
    for table in _ENTRIES:
        columns = func.count(), func.max(table.c.time_ms)
        query = select(*columns).where(table.c.account_id == owner)
        count, newest_ms = connection.execute(query).one()
        newest_ms = max(found.newest_ms, newest_ms or 0)
        found = Extent(found.count + count, newest_ms)
    return found


def _origins(
    connection: Connection, owner: int, cloids: Sequence[str]
) -> Mapping[str, Origin]:
    columns = order_intents.c
    found: dict[str, Origin] = {}
    for first in range(0, len(cloids), _IN_LIST):
        some = cloids[first : first + _IN_LIST]
        query = select(columns.cloid, columns.run, columns.wants).where(
            columns.account_id == owner, columns.cloid.in_(some)
        )
        for row in connection.execute(query):
            wants = _WANTS.decode(row.wants) if row.wants else {}
            found[row.cloid] = Origin(run=row.run, wants=wants)
    return found

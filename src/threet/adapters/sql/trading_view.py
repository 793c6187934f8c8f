"""What was decided, sent and filled, read for the page; nothing is written."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    func,
    literal,
    or_,
    select,
    union_all,
)

from threet.adapters.sql.database import Database
from threet.adapters.sql.schema import accounts, exchanges
from threet.adapters.sql.trading_schema import (
    decision_symbols,
    decisions,
    fills,
    halts,
    order_intents,
    orders,
    strategy_runs,
    targets,
)
from threet.adapters.sql.trading_store import fill_of, intent_of
from threet.model.decisions import Decision
from threet.model.intents import IntentState
from threet.model.orders import OrderSpec
from threet.ports.trading_view import FillOf, IntentOf, Page, RunOf, Sent

_OPEN = IntentState.OPEN.value


class SqlTradingView:
    """Implements ``TradingView``. Without an account it has decisions and runs only."""

    def __init__(
        self, database: Database, *, account: str | None, exchange: str = "hyperliquid"
    ) -> None:
        self._database = database
        self._owner = (
            select(accounts.c.id)
            .join(exchanges)
            .where(
                accounts.c.address == (account or "").lower(),
                exchanges.c.name == exchange,
            )
            .scalar_subquery()
        )

    def decisions(self, page: Page) -> Sequence[Decision]:
        at_ms, key = decisions.c.at_ms, decisions.c.decision_id
        query = select(decisions.c.record)
        if page.symbol is not None:
            named = decision_symbols.c
            query = query.join(decision_symbols, named.decision_id == key)
            query = query.where(named.symbol == page.symbol)
            at_ms, key = named.at_ms, named.decision_id  # as its index goes
        if page.run is not None:
            query = query.where(decisions.c.run == page.run)
        rows = self._rows(_paged(query, page, at_ms, key))
        return [msgspec.json.decode(row.record, type=Decision) for row in rows]

    def fills(self, page: Page) -> Sequence[FillOf]:
        its = and_(
            order_intents.c.cloid == fills.c.cloid,
            order_intents.c.account_id == fills.c.account_id,
        )
        query = (
            select(fills, order_intents.c.run)
            .outerjoin(order_intents, its)
            .where(fills.c.account_id == self._owner)
        )
        if page.symbol is not None:
            query = query.where(fills.c.symbol == page.symbol)
        if page.run is not None:
            query = query.where(order_intents.c.run == page.run)
        rows = self._rows(_paged(query, page, fills.c.time_ms, fills.c.tid, int))
        return [FillOf(fill_of(row), row.run) for row in rows]

    def open_intents(self) -> Sequence[IntentOf]:
        query = self._intents(order_intents.c.state == _OPEN)
        return self._told(query.order_by(order_intents.c.created_ms))

    def settled_intents(self, page: Page) -> Sequence[IntentOf]:
        query = self._intents(order_intents.c.state != _OPEN)
        if page.symbol is not None:
            query = query.where(order_intents.c.symbol == page.symbol)
        if page.run is not None:
            query = query.where(order_intents.c.run == page.run)
        key = order_intents.c.intent_id
        return self._told(_paged(query, page, order_intents.c.created_ms, key))

    def intents_by_cloid(self, cloids: Sequence[str]) -> Sequence[IntentOf]:
        query = self._intents(order_intents.c.cloid.in_(cloids))
        return self._told(query) if cloids else ()

    def sent(self, since_ms: int) -> Sequence[Sent]:
        since = order_intents.c.created_ms >= since_ms
        query = select(order_intents.c.created_ms, order_intents.c.spec).where(
            order_intents.c.account_id == self._owner, since
        )
        found = []
        for row in self._rows(query.order_by(order_intents.c.created_ms)):
            spec = msgspec.json.decode(row.spec, type=OrderSpec)
            if spec.trigger is None:
                found.append(Sent(row.created_ms, spec.quantity * spec.limit_price))
        return found

    def runs(self) -> Sequence[RunOf]:
        rows = self._rows(select(strategy_runs).order_by(strategy_runs.c.name))
        return [
            RunOf(row.name, row.strategy, row.parameters, row.started_ms)
            for row in rows
        ]

    def mark(self) -> str:
        """Newest times, and how many there are of what changes without one."""
        mine = order_intents.c.account_id == self._owner
        state, many = order_intents.c.state, func.count()
        query: CompoundSelect[Any] = union_all(
            _newest("decisions", decisions.c.at_ms),
            _newest("targets", targets.c.at_ms),
            _newest("fills", fills.c.time_ms, fills.c.account_id == self._owner),
            _newest("halts", halts.c.since_ms, halts.c.account_id == self._owner),
            _newest("orders", orders.c.status_ms, orders.c.account_id == self._owner),
            select(literal("orders"), many).where(orders.c.account_id == self._owner),
            select(literal("halts"), many).where(halts.c.account_id == self._owner),
            select(state, many).where(mine).group_by(state),
        )
        return ";".join(f"{name} {value}" for name, value in self._rows(query))

    def _intents(self, condition: ColumnElement[bool]) -> Select[Any]:
        mine = order_intents.c.account_id == self._owner
        return select(order_intents).where(mine, condition)

    def _told(self, query: Select[Any]) -> Sequence[IntentOf]:
        return [IntentOf(intent_of(row), row.run) for row in self._rows(query)]

    def _rows(self, query: Any) -> Sequence[Any]:
        return self._database.read(lambda one: one.execute(query).all())


def _newest(name: str, column: Any, *conditions: Any) -> Select[Any]:
    return select(literal(name), func.max(column)).where(*conditions)


def _paged(
    query: Select[Any], page: Page, at_ms: Any, key: Any, kind: type = str
) -> Select[Any]:
    """Newest first; of one time by ``key``, so that pages neither overlap nor skip."""
    if page.since_ms is not None:
        query = query.where(at_ms >= page.since_ms)
    if page.before is not None:
        before_ms, last = page.before
        same = and_(at_ms == before_ms, key < kind(last))
        query = query.where(or_(at_ms < before_ms, same))
    return query.order_by(at_ms.desc(), key.desc()).limit(page.limit)

"""Working orders of one account: a picture that is replaced, not a record."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from threet.adapters.sql.account_ids import account_id, owner_of
from threet.adapters.sql.database import Database
from threet.adapters.sql.trading_schema import order_views, orders
from threet.model.orders import OrderReport, Side
from threet.ports.order_store import SeenOrders

_PLAIN = (
    *("symbol", "oid", "cloid", "quantity", "remaining", "limit_price"),
    *("status", "status_ms", "reduce_only", "trigger_price"),
)


class SqlOrderStore:
    """Implements ``OrderStore``."""

    def __init__(self, database: Database, *, account: str) -> None:
        self._database = database
        self._account = account

    def replace(self, orders_now: Sequence[OrderReport], as_of_ms: int) -> None:
        def work(connection: Connection) -> None:
            owner = account_id(connection, self._account)
            for table in (orders, order_views):
                connection.execute(delete(table).where(table.c.account_id == owner))
            view = {"account_id": owner, "as_of_ms": as_of_ms}
            connection.execute(insert(order_views), [view])
            if orders_now:
                rows = [_row(one, owner) for one in orders_now]
                connection.execute(insert(orders), rows)

        self._database.write(work)

    def working(self) -> SeenOrders | None:
        def work(connection: Connection) -> SeenOrders | None:
            owner = owner_of(self._account)
            as_of = select(order_views.c.as_of_ms).where(
                order_views.c.account_id == owner
            )
            as_of_ms = connection.scalar(as_of)
            if as_of_ms is None:
                return None
            mine = select(orders).where(orders.c.account_id == owner)
            rows = connection.execute(mine.order_by(orders.c.symbol, orders.c.oid))
            return SeenOrders(orders=[_order(one) for one in rows], as_of_ms=as_of_ms)

        return self._database.read(work)


def _row(order: OrderReport, owner: int) -> dict[str, object]:
    plain = {name: getattr(order, name) for name in _PLAIN}
    return {**plain, "account_id": owner, "side": order.side.value}


def _order(row: Any) -> OrderReport:
    plain = {name: getattr(row, name) for name in _PLAIN}
    return OrderReport(**plain, side=Side(row.side))

"""The kept products."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, Table, insert, select, update

from threet.adapters.sql.database import Database
from threet.adapters.sql.schema import exchanges, instruments, products
from threet.adapters.sql.upserts import insert_missing
from threet.model.errors import UnknownSymbolError
from threet.model.products import Product, ProductType


class SqlProductStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def products(self) -> Sequence[Product]:
        query = _all().order_by(products.c.id)
        return self._database.read(
            lambda connection: [_product(row) for row in connection.execute(query)]
        )

    def find(self, name: str) -> Product:
        matches = (products.c.symbol == name) | (products.c.pair == name)
        # A symbol goes before another product's pair of the same name.
        query = _all().where(matches).order_by(products.c.symbol != name).limit(1)
        row = self._database.read(lambda connection: connection.execute(query).first())
        if row is None:
            raise UnknownSymbolError(name)
        return _product(row)

    def add(self, products: Sequence[Product]) -> int:
        return self._database.write(lambda connection: _add(connection, products))


def _all() -> Select[Any]:
    return select(products, exchanges.c.name.label("exchange")).join(exchanges)


def _product(row: Any) -> Product:
    return Product(
        exchange=row.exchange,
        symbol=row.symbol,
        pair=row.pair,
        product_type=ProductType(row.product_type),
        max_leverage=row.max_leverage,
        quantity_decimals=row.quantity_decimals,
        is_delisted=bool(row.is_delisted),
    )


def _add(connection: Connection, wanted: Sequence[Product]) -> int:
    """Not an upsert: one that met the pair of another product would overwrite it."""
    new = 0
    for product in {(one.exchange, one.symbol): one for one in wanted}.values():
        exchange_id = name_id(connection, exchanges, product.exchange)
        values = {
            "pair": product.pair,
            "product_type": product.product_type.value,
            "max_leverage": product.max_leverage,
            "quantity_decimals": product.quantity_decimals,
            "is_delisted": product.is_delisted,
        }
        known = connection.scalar(
            select(products.c.id).where(
                products.c.exchange_id == exchange_id,
                products.c.symbol == product.symbol,
            )
        )
        if known is not None:
            change = update(products).where(products.c.id == known)
            connection.execute(change.values(values))
            continue
        identity = {
            "exchange_id": exchange_id,
            "instrument_id": name_id(connection, instruments, product.symbol),
            "symbol": product.symbol,
        }
        connection.execute(insert(products).values(identity | values))
        new += 1
    return new


def name_id(connection: Connection, table: Table, name: str) -> int:
    """Id of the row of that name, which is made when missing."""
    query = select(table.c.id).where(table.c.name == name)
    known: int | None = connection.scalar(query)
    if known is not None:
        return known
    connection.execute(insert_missing(connection, table).values(name=name))
    made: int = connection.scalars(query).one()
    return made

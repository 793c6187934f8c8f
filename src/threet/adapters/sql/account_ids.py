"""The row of an account, made when it is missing."""

from collections.abc import Sequence

from sqlalchemy import Connection, ScalarSelect, select

from threet.adapters.sql.product_store import name_id
from threet.adapters.sql.schema import accounts, exchanges
from threet.adapters.sql.upserts import insert_missing


def known_addresses(connection: Connection) -> Sequence[str]:
    """Of every account that was ever read or traded."""
    return list(connection.scalars(select(accounts.c.address)))


def owner_of(address: str, exchange: str = "hyperliquid") -> ScalarSelect[int]:
    """The account's id as a part of a query; NULL, which no row has, for an account
    that was never read or traded."""
    return (
        select(accounts.c.id)
        .join_from(accounts, exchanges, accounts.c.exchange_id == exchanges.c.id)
        .where(exchanges.c.name == exchange, accounts.c.address == address.lower())
        .scalar_subquery()
    )


def account_id(
    connection: Connection, address: str, exchange: str = "hyperliquid"
) -> int:
    """Addresses are kept in lower case."""
    query = select(owner_of(address, exchange))
    known: int | None = connection.scalar(query)
    if known is not None:
        return known
    exchange_id = name_id(connection, exchanges, exchange)
    row = {"exchange_id": exchange_id, "address": address.lower(), "account_ms": 0}
    connection.execute(insert_missing(connection, accounts).values(row))
    made: int = connection.scalars(query).one()
    return made

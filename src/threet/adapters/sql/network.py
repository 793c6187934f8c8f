"""A database belongs to one network: whoever writes to it has to be of it."""

from collections.abc import Callable

from sqlalchemy import Connection, insert, select

from threet.adapters.sql.schema import bound_network
from threet.model.errors import ConfigurationError

_ONLY_ROW = 1


def owner_check(network: str) -> Callable[[Connection], None]:
    """The first network to write owns the database.

    For a ``Database``; raises ``ConfigurationError`` when it is another network's.
    """

    def check(connection: Connection) -> None:
        owner = connection.scalar(select(bound_network.c.network))
        if owner is None:
            row = {"id": _ONLY_ROW, "network": network}
            connection.execute(insert(bound_network).values(row))
        elif owner != network:
            reason = f"database: holds data of {owner}, but the network is {network}"
            raise ConfigurationError([reason])

    return check

"""A database belongs to one network: whoever writes to it has to be of it."""

from sqlalchemy import Connection, insert, select

from threet.adapters.sql.database import Database
from threet.adapters.sql.schema import bound_network
from threet.model.errors import ConfigurationError

_ONLY_ROW = 1


def bind(database: Database, network: str) -> None:
    """The first network to come owns the database; repeating it changes nothing.

    Raises ``ConfigurationError`` when it is another network's, ``DependencyError``.
    """

    def work(connection: Connection) -> str:
        owner = connection.scalar(select(bound_network.c.network))
        if owner is None:
            row = {"id": _ONLY_ROW, "network": network}
            connection.execute(insert(bound_network).values(row))
            return network
        return str(owner)

    owner = database.write(work)
    if owner != network:
        reason = f"database: holds data of {owner}, but the network is {network}"
        raise ConfigurationError([reason])

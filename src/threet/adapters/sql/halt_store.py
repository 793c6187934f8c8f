"""Halts of one account."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from threet.adapters.sql.account_ids import account_id, owner_of
from threet.adapters.sql.database import Database
from threet.adapters.sql.trading_schema import halts
from threet.ports.halt_store import Halt

_REASON_LENGTH = 255


class SqlHaltStore:
    """Implements ``HaltStore``."""

    def __init__(self, database: Database, *, account: str) -> None:
        self._database = database
        self._account = account
        # Made once: it is asked before each order, and making it takes longest.
        self._mine = select(halts).where(halts.c.account_id == owner_of(account))

    def halt(self, cause: str, reason: str, now_ms: int) -> bool:
        def work(connection: Connection) -> bool:
            owner = account_id(connection, self._account)
            known = select(halts.c.cause).where(
                halts.c.account_id == owner, halts.c.cause == cause
            )
            if connection.scalar(known) is not None:
                return False
            row = {
                "account_id": owner,
                "cause": cause,
                "reason": reason[:_REASON_LENGTH],
                "since_ms": now_ms,
            }
            connection.execute(insert(halts), [row])
            return True

        return self._database.write(work)

    def halts(self) -> Sequence[Halt]:
        rows = self._database.read(lambda one: one.execute(self._mine).all())
        return [
            Halt(cause=row.cause, reason=row.reason, since_ms=row.since_ms)
            for row in rows
        ]

    def resume(self, cause: str) -> bool:
        def work(connection: Connection) -> bool:
            owner = account_id(connection, self._account)
            gone = delete(halts).where(
                halts.c.account_id == owner, halts.c.cause == cause
            )
            return connection.execute(gone).rowcount > 0

        return self._database.write(work)

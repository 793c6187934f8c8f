"""News that waits for its publication, and what consumers have seen."""

import typing
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlalchemy.exc import SQLAlchemyError

from threet.adapters.sql.database import Database
from threet.adapters.sql.schema import inbox, outbox
from threet.adapters.sql.upserts import insert_missing
from threet.model.events import Envelope, Event
from threet.ports.clock import Clock

INBOX_DAYS = 60
_DAY_MS = 86_400_000
_WAITING = select(outbox).order_by(outbox.c.id).limit(bindparam("most"))
_PUBLISHED = delete(outbox).where(
    outbox.c.event_id.in_(bindparam("published", expanding=True))
)
_TYPES: dict[str, type[Any]] = {kind.__name__: kind for kind in typing.get_args(Event)}


def file_news(
    connection: Connection, news: Sequence[Envelope], traceparent: str = ""
) -> None:
    """Put news into the outbox, inside the transaction of its facts; what has no trace
    of its own gets ``traceparent``."""
    if not news:
        return
    rows = [
        {
            "event_id": envelope.event_id,
            "event_type": type(envelope.event).__name__,
            "event": msgspec.json.encode(envelope.event).decode(),
            "traceparent": envelope.traceparent or traceparent,
        }
        for envelope in news
    ]
    connection.execute(insert_missing(connection, outbox), rows)


class SqlOutbox:
    """Published rows are deleted: the facts they told stay in their own tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, limit: int) -> Sequence[Envelope]:
        rows = self._database.read(
            lambda one: one.execute(_WAITING, {"most": limit}).all()
        )
        return [_envelope(row) for row in rows]

    def mark_published(self, event_ids: Sequence[str]) -> None:
        if event_ids:
            gone = {"published": list(event_ids)}
            self._database.write(lambda one: one.execute(_PUBLISHED, gone))


def _envelope(row: Any) -> Envelope:
    event = msgspec.json.decode(row.event, type=_TYPES[row.event_type])
    return Envelope(event_id=row.event_id, event=event, traceparent=row.traceparent)


class SqlInbox:
    """Remembers for sixty days, longer than any stream keeps its entries: 100,000
    balances, one each 30 s, are 35 days."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def take(self, consumer: str, event_id: str, effect: Callable[[], None]) -> bool:
        now_ms = self._clock.now_ms()

        def work(connection: Connection) -> bool:
            _forget(connection, consumer, now_ms - INBOX_DAYS * _DAY_MS)
            if not _remember(connection, consumer, event_id, now_ms):
                return False
            with self._database.joined(connection):
                _run(effect)
            return True

        try:
            return self._database.write(work)
        except _EffectError as failed:
            raise failed.error from None


class _EffectError(Exception):
    """Carries an effect's exception past the database, whose fault it is not."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def _run(effect: Callable[[], None]) -> None:
    try:
        effect()
    except SQLAlchemyError:
        raise  # ours to repeat, or to translate
    except Exception as error:
        raise _EffectError(error) from error


def _forget(connection: Connection, consumer: str, before_ms: int) -> None:
    old = (inbox.c.consumer == consumer) & (inbox.c.seen_ms < before_ms)
    connection.execute(delete(inbox).where(old))


def _remember(
    connection: Connection, consumer: str, event_id: str, now_ms: int
) -> bool:
    """False if it was known. A second one at once waits here for our commit."""
    row = {"consumer": consumer, "event_id": event_id, "seen_ms": now_ms}
    known = select(inbox.c.event_id).where(
        inbox.c.consumer == consumer, inbox.c.event_id == event_id
    )
    if connection.scalar(known.with_for_update()) is not None:
        return False
    connection.execute(insert(inbox), [row])
    return True

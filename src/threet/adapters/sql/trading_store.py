"""Intents, nonces and fills of one account."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from threet.adapters.sql.account_ids import account_id, owner_of
from threet.adapters.sql.database import Database
from threet.adapters.sql.outbox import file_news
from threet.adapters.sql.trading_schema import (
    equity_checks,
    fills,
    funding_payments,
    ledger_updates,
    order_intents,
    signers,
)
from threet.adapters.sql.upserts import insert_missing
from threet.model.events import Envelope, FillsReceived
from threet.model.intents import IntentState, OrderIntent, next_nonce, prepared
from threet.model.numbers import ZERO
from threet.model.orders import Fill, OrderSpec, Side
from threet.ports.intent_store import Draft

_REASON_LENGTH = 255
_FILL_COLUMNS = fills.columns.keys()
# Of what precedes each order: made once, since making takes longer than asking.
_BY_SIGNER = signers.c.address == bindparam("signer")
_LAST_NONCE = select(signers.c.last_nonce).where(_BY_SIGNER).with_for_update()
_TAKE_NONCE = update(signers).where(_BY_SIGNER).values(last_nonce=bindparam("nonce"))
_LEGS = select(func.count()).where(
    order_intents.c.intent_id >= bindparam("first"),
    order_intents.c.intent_id < bindparam("end"),
)


class SqlIntentStore:
    """Implements ``IntentStore``."""

    def __init__(self, database: Database, *, account: str, signer: str) -> None:
        self._database = database
        self._account = account
        self._signer = signer

    def prepare(
        self, drafts: Sequence[Draft], *, now_ms: int, lives_ms: int
    ) -> Sequence[OrderIntent]:
        def work(connection: Connection) -> Sequence[OrderIntent]:
            # First, since it locks: two writers of one signer wait for each other.
            nonce = self._take_nonce(connection, now_ms)
            known = _known(connection, [one.intent_id for one in drafts])
            new = [one for one in drafts if one.intent_id not in known]
            found = [
                prepared(
                    one.intent_id,
                    one.spec,
                    nonce=nonce,
                    now_ms=now_ms,
                    lives_ms=lives_ms,
                )
                for one in new
            ]
            if found:
                owner = account_id(connection, self._account)
                rows = [
                    _intent_row(intent, owner, draft)
                    for intent, draft in zip(found, new, strict=True)
                ]
                connection.execute(insert(order_intents), rows)
            return found

        return self._database.write(work)

    def settle(self, intent: OrderIntent) -> None:
        change = (
            update(order_intents)
            .where(order_intents.c.intent_id == intent.intent_id)
            .values(
                state=intent.state.value,
                oid=intent.oid,
                reason=intent.reason[:_REASON_LENGTH],
            )
        )
        self._database.write(lambda connection: connection.execute(change))

    def unsettled(self) -> Sequence[OrderIntent]:
        return self._select(order_intents.c.state == IntentState.OPEN.value)

    def legs_of(self, prefix: str) -> int:
        # By the key's order, "0" follows "/": a LIKE would look at every intent.
        names = {"first": f"{prefix}/", "end": f"{prefix}0"}
        return self._database.read(lambda one: one.execute(_LEGS, names).scalar_one())

    def by_cloid(self, cloids: Sequence[str]) -> Sequence[OrderIntent]:
        return self._select(order_intents.c.cloid.in_(cloids))

    def next_nonce(self, now_ms: int) -> int:
        return self._database.write(
            lambda connection: self._take_nonce(connection, now_ms)
        )

    def _take_nonce(self, connection: Connection, now_ms: int) -> int:
        mine = {"signer": self._signer}
        start = {"address": self._signer, "last_nonce": 0}
        connection.execute(insert_missing(connection, signers), [start])
        last: int = connection.execute(_LAST_NONCE, mine).scalar_one()
        nonce = next_nonce(last, now_ms)
        connection.execute(_TAKE_NONCE, {**mine, "nonce": nonce})
        return nonce

    def _select(self, condition: Any) -> Sequence[OrderIntent]:
        mine = order_intents.c.account_id == owner_of(self._account)
        query = select(order_intents).where(mine, condition)
        query = query.order_by(order_intents.c.created_ms)
        rows = self._database.read(lambda one: one.execute(query).all())
        return [intent_of(row) for row in rows]


class SqlFillStore:
    """Implements ``FillStore``."""

    def __init__(self, database: Database, *, account: str) -> None:
        self._database = database
        self._account = account

    def record(self, told: Sequence[Fill]) -> Sequence[Fill]:
        def work(connection: Connection) -> Sequence[Fill]:
            owner = account_id(connection, self._account)
            known = self._keys(connection, owner, [one.tid for one in told])
            new = {_key(one): one for one in told if _key(one) not in known}
            if new:
                rows = [_fill_row(one, owner) for one in new.values()]
                connection.execute(insert(fills), rows)
                file_news(connection, [_news(one, owner) for one in new.values()])
            return list(new.values())

        return self._database.write(work) if told else ()

    def newest_ms(self) -> int | None:
        found = self._read(select(fills.c.time_ms).order_by(fills.c.time_ms.desc()), 1)
        return found[0].time_ms if found else None

    def expected(self) -> Mapping[str, Decimal]:
        return _continued(self._read(select(fills).order_by(fills.c.time_ms)))

    def forget(self) -> None:
        def work(connection: Connection) -> None:
            owner = account_id(connection, self._account)
            # What was reckoned from them goes with them.
            for table in (fills, funding_payments, ledger_updates, equity_checks):
                connection.execute(delete(table).where(table.c.account_id == owner))

        self._database.write(work)

    def recent(self, limit: int, symbol: str | None = None) -> Sequence[Fill]:
        query = select(fills).order_by(fills.c.time_ms.desc())
        if symbol is not None:
            query = query.where(fills.c.symbol == symbol)
        return [fill_of(row) for row in reversed(self._read(query, limit))]

    def _read(self, query: Any, limit: int | None = None) -> Sequence[Any]:
        mine = query.where(fills.c.account_id == owner_of(self._account)).limit(limit)
        return self._database.read(lambda one: one.execute(mine).all())

    def _keys(
        self, connection: Connection, owner: int, tids: Sequence[int]
    ) -> set[tuple[str, int, int]]:
        query = select(fills.c.symbol, fills.c.tid, fills.c.time_ms).where(
            fills.c.account_id == owner, fills.c.tid.in_(tids)
        )
        return {(row.symbol, row.tid, row.time_ms) for row in connection.execute(query)}


def _known(connection: Connection, ids: Sequence[str]) -> set[str]:
    query = select(order_intents.c.intent_id).where(order_intents.c.intent_id.in_(ids))
    return set(connection.execute(query).scalars())


def _intent_row(intent: OrderIntent, owner: int, draft: Draft) -> dict[str, object]:
    return {
        "intent_id": intent.intent_id,
        "account_id": owner,
        "cloid": intent.cloid,
        "nonce": intent.nonce,
        "expires_ms": intent.expires_ms,
        "created_ms": intent.created_ms,
        "symbol": intent.spec.symbol,
        "run": draft.run,
        "wants": msgspec.json.encode(draft.wants).decode() if draft.wants else None,
        "spec": msgspec.json.encode(intent.spec).decode(),
        "state": intent.state.value,
        "oid": intent.oid,
        "reason": intent.reason,
    }


def intent_of(row: Any) -> OrderIntent:
    return OrderIntent(
        intent_id=row.intent_id,
        cloid=row.cloid,
        nonce=row.nonce,
        expires_ms=row.expires_ms,
        spec=msgspec.json.decode(row.spec, type=OrderSpec),
        created_ms=row.created_ms,
        state=IntentState(row.state),
        oid=row.oid,
        reason=row.reason,
    )


def _key(fill: Fill) -> tuple[str, int, int]:
    return fill.symbol, fill.tid, fill.time_ms


def _fill_row(fill: Fill, owner: int) -> dict[str, object]:
    row = {name: getattr(fill, name) for name in fill.__struct_fields__}
    return {**row, "account_id": owner, "side": fill.side.value}


def _news(fill: Fill, owner: int) -> Envelope:
    received = FillsReceived(
        received_ns=fill.time_ms * 1_000_000, event_ms=fill.time_ms, fills=(fill,)
    )
    name = f"fill/{owner}/{fill.symbol}/{fill.tid}/{fill.time_ms}"
    return Envelope(event_id=name, event=received)


def fill_of(row: Any) -> Fill:
    """Of a row that begins with all columns of ``fills``, by place: a ledger begins
    with every fill there ever was."""
    known = dict(zip(_FILL_COLUMNS, row, strict=False))
    del known["account_id"]
    known["side"] = Side(known["side"])
    return Fill(**known)


def _continued(rows: Sequence[Any]) -> Mapping[str, Decimal]:
    """From the position before the first; of one instant the order is told by the
    position before each (F19), so the first is the one that starts the chain."""
    totals: dict[str, Decimal] = {}
    for symbol, own in _by_symbol(rows).items():
        changes = sum((one.change for one in own), ZERO)
        totals[symbol] = _first(own).start_position + changes
    return totals


def _by_symbol(rows: Sequence[Any]) -> Mapping[str, list[Fill]]:
    found: dict[str, list[Fill]] = {}
    for row in rows:
        found.setdefault(row.symbol, []).append(fill_of(row))
    return found


def _first(own: Sequence[Fill]) -> Fill:
    """Of those at the first instant the one no other leads to."""
    earliest = [one for one in own if one.time_ms == own[0].time_ms]
    ends = [one.start_position + one.change for one in earliest]
    for one in earliest:
        if one.start_position not in ends:
            return one
    return earliest[0]

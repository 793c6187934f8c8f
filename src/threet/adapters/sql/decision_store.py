"""Decisions, standing targets and what runs remember."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from threet.adapters.sql.database import Database
from threet.adapters.sql.outbox import file_news
from threet.adapters.sql.trading_schema import (
    decision_symbols,
    decisions,
    strategy_runs,
    targets,
)
from threet.adapters.sql.upserts import replace_columns, upsert
from threet.model.decisions import Decision, Granted
from threet.model.events import Envelope, TargetsDecided
from threet.model.numbers import ZERO
from threet.ports.decision_store import Memory, StandingTarget

_TARGET = ("quantity", "stop_loss", "take_profit", "decision_id", "at_ms")
_ID_LENGTH = 160
_REPLACE = replace_columns(_TARGET)
# Of what is asked and done before each order: made once, since making takes longest.
_STANDING = select(targets).order_by(targets.c.run, targets.c.symbol)
_KNOWN = select(decisions.c.decision_id).where(
    decisions.c.decision_id == bindparam("decision")
)
_REMEMBER = (
    update(strategy_runs)
    .where(strategy_runs.c.name == bindparam("run"))
    .values(memory=bindparam("kept"))
)


class SqlDecisionStore:
    """Implements ``DecisionStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(
        self, run: str, strategy: str, parameters: str, now_ms: int
    ) -> Memory | None:
        row = {
            "name": run,
            "strategy": strategy,
            "parameters": parameters,
            "memory": "{}",
            "started_ms": now_ms,
        }

        def work(connection: Connection) -> Memory | None:
            its = strategy_runs.c.name == run
            known = connection.execute(select(strategy_runs).where(its)).first()
            if known is None:
                connection.execute(insert(strategy_runs), [row])
                return None
            if (known.strategy, known.parameters) == (strategy, parameters):
                return _memory(known.memory)
            connection.execute(update(strategy_runs).where(its).values(row))
            connection.execute(delete(targets).where(targets.c.run == run))
            return None

        return self._database.write(work)

    def record(self, decision: Decision, memory: Memory) -> bool:
        def work(connection: Connection) -> bool:
            if _is_known(connection, decision.decision_id):
                return False
            _keep(connection, decision)
            kept = msgspec.json.encode(memory).decode()
            connection.execute(_REMEMBER, {"run": decision.run, "kept": kept})
            if decision.granted:
                file_news(connection, [_news(decision)])
            return True

        return self._database.write(work)

    def knows(self, decision_id: str) -> bool:
        return self._database.read(lambda one: _is_known(one, decision_id))

    def targets(self) -> Sequence[StandingTarget]:
        rows = self._database.read(lambda one: one.execute(_STANDING).all())
        return [_standing(row) for row in rows]

    def stop_out(self, symbol: str, until_ms: int, decision: Decision) -> bool:
        # One of later than now is of a clock that was ahead: nobody knows of when.
        is_old = (targets.c.at_ms <= until_ms) | (targets.c.at_ms > decision.at_ms)
        its = (targets.c.symbol == symbol) & is_old
        out = {
            "quantity": ZERO,
            "stop_loss": None,
            "take_profit": None,
            "decision_id": decision.decision_id,
        }

        def work(connection: Connection) -> bool:
            if _is_known(connection, decision.decision_id):
                return False
            _keep(connection, decision)
            connection.execute(update(targets).where(its).values(out))
            return True

        return self._database.write(work)

    def end(self, run: str) -> None:
        gone = delete(targets).where(targets.c.run == run)
        self._database.write(lambda connection: connection.execute(gone))

    def why(
        self, symbol: str, limit: int, until_ms: int | None = None
    ) -> Sequence[Decision]:
        query = (
            select(decisions.c.record)
            .join_from(
                decision_symbols,
                decisions,
                decision_symbols.c.decision_id == decisions.c.decision_id,
            )
            .where(decision_symbols.c.symbol == symbol)
            .order_by(decision_symbols.c.at_ms.desc())
            .limit(limit)
        )
        if until_ms is not None:
            query = query.where(decision_symbols.c.at_ms <= until_ms)
        rows = self._database.read(lambda one: one.execute(query).scalars().all())
        return [msgspec.json.decode(row, type=Decision) for row in rows]


def symbols_of(decision: Decision) -> Sequence[str]:
    """Those it wanted something of, or that of its event."""
    found = {target.symbol for target in decision.targets}
    return sorted(found) if found else [decision.event.split(" ")[1]]


def _is_known(connection: Connection, decision_id: str) -> bool:
    return connection.scalar(_KNOWN, {"decision": decision_id}) is not None


def _keep(connection: Connection, decision: Decision) -> None:
    record = {
        "decision_id": decision.decision_id,
        "run": decision.run,
        "at_ms": decision.at_ms,
        "record": msgspec.json.encode(decision).decode(),
    }
    connection.execute(insert(decisions), [record])
    rows = [
        {
            "symbol": symbol,
            "at_ms": decision.at_ms,
            "decision_id": decision.decision_id,
        }
        for symbol in symbols_of(decision)
    ]
    connection.execute(insert(decision_symbols), rows)
    if decision.granted:
        wanted = [_target_row(decision, one) for one in decision.granted]
        connection.execute(upsert(connection, targets, _REPLACE), wanted)


def _news(decision: Decision) -> Envelope:
    decided = TargetsDecided(
        received_ns=decision.at_ms * 1_000_000,
        run=decision.run,
        decision_id=decision.decision_id,
        symbols=tuple(one.symbol for one in decision.granted),
    )
    name = f"t/{decision.decision_id}"[:_ID_LENGTH]
    return Envelope(event_id=name, event=decided, traceparent=decision.traceparent)


def _target_row(decision: Decision, granted: Granted) -> dict[str, object]:
    return {
        "run": decision.run,
        "symbol": granted.symbol,
        "quantity": granted.quantity,
        "stop_loss": granted.stop_loss,
        "take_profit": granted.take_profit,
        "decision_id": decision.decision_id,
        "at_ms": decision.at_ms,
    }


def _standing(row: Any) -> StandingTarget:
    granted = Granted(
        symbol=row.symbol,
        quantity=row.quantity,
        stop_loss=row.stop_loss,
        take_profit=row.take_profit,
    )
    return StandingTarget(
        run=row.run, granted=granted, decision_id=row.decision_id, at_ms=row.at_ms
    )


def _memory(text: str) -> Memory:
    found: dict[str, float | int | str | bool] = msgspec.json.decode(text)
    return found

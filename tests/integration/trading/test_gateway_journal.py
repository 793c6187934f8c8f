"""A stop that was filled ends its wish, whatever the database says at first (D1)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from tests.builders import START_MS
from tests.integration.trading.scripted import ADDRESS, Doubtful
from tests.money import a_fill
from threet.adapters.memory.clock import ManualClock
from threet.adapters.sql.decision_store import SqlDecisionStore
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.halt_store import SqlHaltStore
from threet.adapters.sql.migrate import migrate
from threet.components.gateway_journal import GatewayJournal
from threet.execution.wishes import Done
from threet.model.decisions import Decision, Granted, Verdict
from threet.model.errors import DependencyError
from threet.model.events import AlertRaised
from threet.model.intents import OrderIntent
from threet.ports.halt_store import LIQUIDATION


@dataclass
class Parts:
    """As much of the gateway's as the journal asks for; they are its process, too."""

    folder: Path
    alerts: list[AlertRaised] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = ManualClock(START_MS + 1_000)
        self.database = Doubtful(make_engine(f"sqlite:///{self.folder / '3t.db'}"))
        migrate(self.database.engine)
        self.decisions = SqlDecisionStore(self.database)
        self.halts = SqlHaltStore(self.database, account=ADDRESS)
        self.process, self.intents = self, self
        self.alert = self.alerts.append
        self.decisions.record(
            Decision(
                decision_id="run/1",
                run="run",
                event="candle BTC 1",
                at_ms=START_MS - 1,
                because="the test wants it",
                granted=(Granted(symbol="BTC", quantity=Decimal(5)),),
            ),
            {},
        )

    def now_ns(self) -> int:
        return self.clock.now_ns()

    def by_cloid(self, cloids: Sequence[str]) -> Sequence[OrderIntent]:
        del cloids
        return []

    def relay(self) -> int:
        return 0

    def wanted(self) -> list[Decimal]:
        return [one.granted.quantity for one in self.decisions.targets()]


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return Parts(tmp_path)


def test_d1_f18_a_fill_that_ends_a_wish_is_not_forgotten_by_a_failure(
    parts: Parts,
) -> None:
    """Else the next cycle buys back what the stop, or the exchange, has sold."""
    journal = GatewayJournal(parts)  # type: ignore[arg-type]  # what a journal asks of it
    fill = a_fill("-5", "100", "5", is_liquidation=True)
    parts.database.refuses = True
    with pytest.raises(DependencyError):
        journal.stopped([fill])
    assert parts.wanted() == [Decimal(5)]
    parts.database.refuses = False
    journal.stopped([])
    assert parts.wanted() == [Decimal(0)]


def test_d1_f18_a_liquidation_halts_though_its_commit_was_told_as_failed(
    parts: Parts,
) -> None:
    journal = GatewayJournal(parts)  # type: ignore[arg-type]  # what a journal asks of it
    parts.database.loses = True  # the first that is kept of it
    with pytest.raises(DependencyError):
        journal.stopped([a_fill("-5", "100", "5", is_liquidation=True)])
    journal.stopped([])
    assert parts.wanted() == [Decimal(0)]
    assert [one.cause for one in parts.halts.halts()] == [LIQUIDATION]
    assert [one.name for one in parts.alerts] == ["liquidated"]


def test_an_order_that_cannot_be_canceled_is_told_once_while_it_stands(
    parts: Parts,
) -> None:
    journal = GatewayJournal(parts)  # type: ignore[arg-type]  # what a journal asks of it
    for found in ({"BTC": "SELL 5 at 200"}, {"BTC": "SELL 4 at 200"}):
        journal.strangers(found)
    (told,) = parts.alerts
    assert told.name == "foreign_order"
    assert "SELL 5 at 200" in told.message
    assert "cancel it by hand" in told.message
    journal.strangers({})
    journal.strangers({"BTC": "SELL 4 at 200"})
    assert len(parts.alerts) == 2


def test_a_refusal_by_a_gate_is_told_once_for_each_wish_whatever_its_numbers(
    parts: Parts,
) -> None:
    journal = GatewayJournal(parts)  # type: ignore[arg-type]  # what a journal asks of it

    def refused(wish: str, gate: str, usdc: int) -> Done:
        words = f"an order of {usdc} USDC, 10000 at most"
        return Done(
            symbol="BTC",
            what=f"refused: {words}",
            decision_id=wish,
            verdicts=[Verdict(gate=gate, passed=False, reason=words)],
        )

    news = [
        refused("run/1", "order_size", 20_001),
        refused("run/1", "exposure", 20_003),
        refused("run/2", "exposure", 20_004),
    ]
    again = refused("run/1", "order_size", 20_002)
    for one in (news[0], again, *news[1:], refused("run/2", "exposure", 20_005)):
        parts.clock.advance(1_000)
        journal.note([one])
    told = [one.because for one in parts.decisions.why("BTC", 9)]
    assert told[:-1] == [one.what for one in reversed(news)]

"""What is read of trading, on every database: pages neither skip nor repeat."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from tests.contract.conftest import OpenDatabase
from tests.contract.test_decision_store import a_decision
from tests.contract.test_order_store import QUOTE
from tests.contract.test_trading_store import ACCOUNT, NOW_MS, SIGNER, SPEC, a_fill
from threet.adapters.sql.decision_store import SqlDecisionStore
from threet.adapters.sql.halt_store import SqlHaltStore
from threet.adapters.sql.order_store import SqlOrderStore
from threet.adapters.sql.trading_store import SqlFillStore, SqlIntentStore
from threet.adapters.sql.trading_view import SqlTradingView
from threet.model.intents import IntentState, OrderIntent
from threet.ports.halt_store import KILL_SWITCH
from threet.ports.intent_store import Draft
from threet.ports.trading_view import Page, place_of

OTHER = "0x" + "c3" * 20


@dataclass(frozen=True)
class Stores:
    decisions: SqlDecisionStore
    intents: SqlIntentStore
    fills: SqlFillStore
    halts: SqlHaltStore
    orders: SqlOrderStore
    view: SqlTradingView
    strangers: SqlTradingView

    def prepare(self, *names: str, run: str = "trend", at_ms: int = NOW_MS) -> Any:
        drafts = [Draft(intent_id=name, run=run, spec=SPEC) for name in names]
        return self.intents.prepare(drafts, now_ms=at_ms, lives_ms=5_000)

    def settle(self, intent: OrderIntent, state: IntentState) -> None:
        self.intents.settle(msgspec.structs.replace(intent, state=state))


@pytest.fixture(params=["sqlite", "mariadb"])
def stores(request: pytest.FixtureRequest, open_database: OpenDatabase) -> Stores:
    database = open_database(request.param)
    made = Stores(
        SqlDecisionStore(database),
        SqlIntentStore(database, account=ACCOUNT, signer=SIGNER),
        SqlFillStore(database, account=ACCOUNT),
        SqlHaltStore(database, account=ACCOUNT),
        SqlOrderStore(database, account=ACCOUNT),
        SqlTradingView(database, account=ACCOUNT),
        SqlTradingView(database, account=OTHER),
    )
    made.decisions.begin("trend", "ema_trend", '{"fast": 5}', NOW_MS)
    return made


def every_page(read: Callable[[Page], Sequence[Any]], **of: Any) -> list[Any]:
    found: list[Any] = []
    page = Page(limit=2, **of)
    while rows := read(page):
        assert len(rows) <= 2
        assert len(found) < 20  # no page comes twice for ever
        found += rows
        page = Page(limit=2, before=place_of(rows[-1]), **of)
    return found


def test_decisions_come_newest_first_by_symbol_run_and_time(stores: Stores) -> None:
    for number in (1, 2, 3):
        stores.decisions.record(a_decision(number), {})
        stores.decisions.record(a_decision(number, "SOL"), {})
    numbers = [one.at_ms - NOW_MS for one in every_page(stores.view.decisions)]
    assert numbers == [3, 3, 2, 2, 1, 1]
    of_sol = every_page(stores.view.decisions, symbol="SOL")
    assert [one.decision_id for one in of_sol] == [
        f"trend/candle SOL 1h {number}" for number in (3, 2, 1)
    ]
    assert of_sol[0] == a_decision(3, "SOL")
    assert every_page(stores.view.decisions, run="other") == []
    late = every_page(stores.view.decisions, since_ms=NOW_MS + 2, symbol="kPEPE")
    assert len(late) == 2


def test_fills_of_one_instant_are_each_on_one_page_with_their_run(
    stores: Stores,
) -> None:
    (intent,) = stores.prepare("trend/1/0")
    same = [a_fill(tid, time_ms=NOW_MS) for tid in (9, 10, 8)]
    mine = a_fill(11, cloid=intent.cloid)
    stores.fills.record([*same, mine])
    found = every_page(stores.view.fills)
    assert [one.fill.tid for one in found] == [11, 10, 9, 8]
    assert [one.run for one in found] == ["trend", None, None, None]
    assert found[0].fill == mine
    assert [one.fill for one in every_page(stores.view.fills, run="trend")] == [mine]
    assert every_page(stores.view.fills, symbol="BTC") == []
    assert every_page(stores.strangers.fills) == []


def test_an_intent_is_open_until_it_is_settled(stores: Stores) -> None:
    first, second = stores.prepare("trend/1/0", "trend/2/0")
    stores.settle(first, IntentState.LANDED)
    (unsettled,) = stores.view.open_intents()
    assert (unsettled.intent, unsettled.run) == (second, "trend")
    (settled,) = every_page(stores.view.settled_intents)
    assert settled.intent.state is IntentState.LANDED
    assert stores.view.intents_by_cloid([second.cloid]) == [unsettled]
    assert stores.view.intents_by_cloid([]) == ()
    assert stores.strangers.open_intents() == []


def test_what_was_sent_is_told_with_its_size(stores: Stores) -> None:
    stores.prepare("trend/1/0", at_ms=NOW_MS - 5)
    stores.prepare("trend/2/0", at_ms=NOW_MS)
    (sent,) = stores.view.sent(NOW_MS)
    assert (sent.at_ms, sent.notional) == (NOW_MS, SPEC.quantity * SPEC.limit_price)
    assert stores.strangers.sent(0) == []


def test_runs_are_told_as_they_were_begun(stores: Stores) -> None:
    (run,) = stores.view.runs()
    assert (run.name, run.strategy, run.parameters) == (
        "trend", "ema_trend", '{"fast": 5}'
    )  # fmt: skip


def test_the_mark_moves_with_everything_that_is_shown(stores: Stores) -> None:
    marks = [stores.view.mark()]

    def moved() -> bool:
        marks.append(stores.view.mark())
        assert stores.view.mark() == marks[-1]
        return marks[-1] not in marks[:-1]

    stores.decisions.record(a_decision(1), {})
    assert moved()
    (intent,) = stores.prepare("trend/1/0")
    assert moved()
    stores.settle(intent, IntentState.REFUSED)
    assert moved()
    stores.fills.record([a_fill(1)])
    assert moved()
    stores.orders.replace([QUOTE], NOW_MS)
    assert moved()
    stores.orders.replace([msgspec.structs.replace(QUOTE, status_ms=8)], NOW_MS)
    assert moved()
    stores.halts.halt(KILL_SWITCH, "by hand", NOW_MS)
    assert moved()
    stores.halts.halt("mismatch", "the same instant", NOW_MS)
    assert moved()

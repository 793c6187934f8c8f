"""The trader on a database: each closed bar decides once, whatever is restarted."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from tests.builders import START_MS, bar, prices
from threet.accounts.ledger_reader import LedgerReader
from threet.adapters.memory.clock import ManualClock
from threet.adapters.memory.live_view import MemoryLiveView
from threet.adapters.sql.candle_store import SqlCandleStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.decision_store import SqlDecisionStore
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.ledger_store import SqlLedgerStore
from threet.adapters.sql.migrate import migrate
from threet.bootstrap import ProcessParts
from threet.bootstrap.trading import TraderParts
from threet.components.trader import Trader
from threet.engine.run import StrategyRun
from threet.engine.view import RunView
from threet.model.candles import Candle
from threet.model.events import Envelope
from threet.strategies.catalogue import made
from threet.strategies.strategy import Strategy

MINUTE_MS = 60_000


class Silent:
    async def beat(self, figures: object) -> None: ...

    async def farewell(self) -> None: ...


class Desk:
    """A database that lives on, and traders that come and go."""

    def __init__(self, database: Database) -> None:
        self.candles = SqlCandleStore(database, hot_candles=500)
        self.decisions = SqlDecisionStore(database)
        self.ledger = LedgerReader(SqlLedgerStore(database, account="0x" + "1" * 40))
        self.clock = ManualClock(START_MS + 60 * MINUTE_MS)
        self.live = MemoryLiveView()
        self.decimals: dict[str, int] = {"BTC": 5}

    def trader(self, strategy: Strategy) -> Trader:
        memory = self.decisions.begin("mine", "x", "{}", 1)
        view = RunView(
            needs=strategy.needs(), most_price_age_ms=10**9, memory=dict(memory or {})
        )
        run = StrategyRun(
            name="mine", strategy=strategy, view=view, decimals=self.decimals.get
        )
        parts = TraderParts(
            process=ProcessParts(clock=self.clock, board=Silent()),
            live=self.live,
            candles=self.candles,
            decisions=self.decisions,
            ledger=self.ledger,
            equity=lambda: Decimal(10_000),
            runs=[run],
        )
        return Trader(parts)

    def close_bars(self, first: int, count: int) -> None:
        self.candles.save(bars(first, count))


def bars(first: int, count: int) -> Sequence[Candle]:
    return [
        bar(open_ms=START_MS + (first + number) * MINUTE_MS) for number in range(count)
    ]


@pytest.fixture
async def desk(tmp_path: Path) -> Desk:
    database = Database(make_engine(f"sqlite:///{tmp_path / '3t.db'}"))
    migrate(database.engine)
    made = Desk(database)
    await made.live.publish([Envelope(event_id="1", event=prices(("BTC", "100")))])
    return made


HOLD = made("buy_and_hold", {"symbol": "BTC", "weight": 0.5})
DONCHIAN = made(
    "donchian", {"symbol": "BTC", "timeframe": "1m", "entry_bars": 3, "exit_bars": 2}
)


async def test_a_closed_bar_becomes_a_target_with_its_reason(desk: Desk) -> None:
    desk.close_bars(0, 1)
    await desk.trader(HOLD).look()
    (target,) = desk.decisions.targets()
    assert target.granted.quantity == Decimal(50)
    (decision,) = desk.decisions.why("BTC", 5)
    assert decision.because == "it holds"
    assert {one.name for one in decision.inputs} >= {"equity", "price BTC"}


async def test_the_same_bar_decides_once_over_restarts(desk: Desk) -> None:
    desk.close_bars(0, 1)
    for _ in range(3):
        trader = desk.trader(HOLD)
        await trader.look()
        await trader.look()
    assert len(desk.decisions.why("BTC", 10)) == 1


async def test_a_restart_is_warm_from_the_store(desk: Desk) -> None:
    desk.close_bars(0, 5)
    await desk.trader(DONCHIAN).look()
    desk.close_bars(5, 1)
    await desk.trader(DONCHIAN).look()
    newest = desk.decisions.why("BTC", 1)[0]
    assert "warming" not in newest.because
    assert newest.values["close"] == 100.0


async def test_too_few_bars_are_told_and_want_nothing(desk: Desk) -> None:
    desk.close_bars(0, 2)
    await desk.trader(DONCHIAN).look()
    assert "warming up" in desk.decisions.why("BTC", 1)[0].because
    assert desk.decisions.targets() == []


async def test_nothing_is_decided_before_the_size_step_is_known(desk: Desk) -> None:
    desk.decimals.clear()
    desk.close_bars(0, 1)
    trader = desk.trader(HOLD)
    await trader.look()
    assert desk.decisions.why("BTC", 1) == []
    assert "sizes" in str(trader.figures()["waits"])
    desk.decimals["BTC"] = 5
    await trader.look()
    assert len(desk.decisions.why("BTC", 5)) == 1

"""The trader on a database: each closed bar decides once, whatever is restarted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.builders import START_MS, bar, prices
from tests.money import a_fill
from threet.accounts.ledger_reader import LedgerReader
from threet.adapters.memory.clock import ManualClock
from threet.adapters.memory.live_view import MemoryLiveView
from threet.adapters.sql.candle_store import SqlCandleStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.decision_store import SqlDecisionStore
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.halt_store import SqlHaltStore
from threet.adapters.sql.ledger_store import SqlLedgerStore
from threet.adapters.sql.migrate import migrate
from threet.adapters.sql.outbox import SqlOutbox
from threet.adapters.sql.trading_store import SqlFillStore, SqlIntentStore
from threet.bootstrap import ProcessParts
from threet.bootstrap.trader import TraderParts
from threet.components.trader import Trader
from threet.engine.run import StrategyRun
from threet.engine.view import RunView
from threet.model.candles import Candle, Timeframe
from threet.model.events import CandlesClosed, Envelope, FillsReceived, TargetsDecided
from threet.model.orders import Fill, OrderSpec, Side
from threet.model.targets import Measure, Target
from threet.ports.halt_store import BY_HAND
from threet.ports.intent_store import Draft
from threet.risk.run_gates import RunLimits
from threet.strategies.catalogue import made
from threet.strategies.strategy import Needs, Strategy, View, Wish, hold

MINUTE_MS = 60_000
ACCOUNT = "0x" + "1" * 40


class Silent:
    async def beat(self, figures: object) -> None: ...

    async def farewell(self) -> None: ...


class Desk:
    """A database that lives on, and traders that come and go."""

    def __init__(self, database: Database) -> None:
        self.news = SqlOutbox(database)
        self.candles = SqlCandleStore(database, hot_candles=500)
        self.decisions = SqlDecisionStore(database)
        self.ledger = LedgerReader(SqlLedgerStore(database, account=ACCOUNT))
        self.clock = ManualClock(START_MS + 60 * MINUTE_MS)
        self.live = MemoryLiveView()
        self.decimals: dict[str, int] = {"BTC": 5}
        self.halts = SqlHaltStore(database, account=ACCOUNT)
        self.fills = SqlFillStore(database, account=ACCOUNT)
        self.intents = SqlIntentStore(database, account=ACCOUNT, signer=ACCOUNT)
        self.rate: float | None = None

    def rates(self) -> Mapping[str, float]:
        """As the exchange tells them."""
        return {} if self.rate is None else {"BTC": self.rate}

    def trader(self, strategy: Strategy, **limits: Decimal) -> Trader:
        memory = self.decisions.begin("mine", "x", "{}", 1)
        view = RunView(
            needs=strategy.needs(), most_price_age_ms=10**9, memory=dict(memory or {})
        )
        run = StrategyRun(
            name="mine",
            strategy=strategy,
            view=view,
            decimals=self.decimals.get,
            limits=RunLimits(**limits),
        )
        parts = TraderParts(
            process=ProcessParts(clock=self.clock, board=Silent()),
            live=self.live,
            candles=self.candles,
            decisions=self.decisions,
            ledger=self.ledger,
            halts=self.halts,
            funding=self,
            relay=lambda: 0,
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


async def test_a_minute_is_decided_when_its_stream_closes_it(desk: Desk) -> None:
    desk.close_bars(0, 5)
    trader = desk.trader(DONCHIAN)
    await trader.look()
    told = CandlesClosed(received_ns=1, candles=tuple(bars(5, 1)))
    await trader.hear([Envelope(event_id="2", event=told)])
    newest = desk.decisions.why("BTC", 1)[0]
    assert newest.event == f"candle BTC 1m {START_MS + 5 * MINUTE_MS}"
    # The store's own row of it decides nothing again.
    desk.close_bars(5, 1)
    await trader.look()
    assert len(desk.decisions.why("BTC", 10)) == 2


class OnEachPrice(Strategy, frozen=True, kw_only=True):
    """Follows every price, and speaks of every fill."""

    def needs(self) -> Needs:
        return Needs(symbols=["BTC"], timeframes=[Timeframe.M1], bars=1)

    def on_candle(self, view: View, candle: Candle) -> Wish:
        del view, candle
        return hold("waits for a price")

    def on_price(self, view: View, symbol: str) -> Wish:
        return Wish(
            targets=[Target(symbol=symbol, amount=Decimal("0.5"))],
            because=f"{view.price(symbol)}",
        )

    def on_fill(self, view: View, fill: Fill) -> Wish:
        return hold(f"has {view.position(fill.symbol)}")


async def test_a_price_is_decided_as_it_comes(desk: Desk) -> None:
    desk.close_bars(0, 1)
    trader = desk.trader(OnEachPrice())
    await trader.look()
    now_ns = desk.clock.now_ns()
    other = prices(("ETH", "7"), received_ns=now_ns)
    moved = prices(("BTC", "125"), received_ns=now_ns)
    for one in (other, moved):
        await trader.hear([Envelope(event_id="p", event=one)])
    assert desk.decisions.why("BTC", 1)[0].because == "125"
    (target,) = desk.decisions.targets()
    assert target.granted.quantity == Decimal(40)


async def test_b7_a_decision_and_its_news_have_the_trace_of_what_brought_it_about(
    desk: Desk,
) -> None:
    desk.close_bars(0, 1)
    trader = desk.trader(OnEachPrice())
    await trader.look()
    traceparent = f"00-{'4b' * 16}-{'5c' * 8}-01"
    since_ns = desk.clock.now_ns()
    for price, trace in (("120", traceparent), ("121", "")):
        since_ns += 1_000_000
        moved = prices(("BTC", price), received_ns=since_ns)
        news = Envelope(event_id=price, event=moved, traceparent=trace)
        await trader.hear([news])
    found = {one.because: one.traceparent for one in desk.decisions.why("BTC", 2)}
    assert found == {"120": traceparent, "121": ""}
    told = [
        one for one in desk.news.waiting(10) if isinstance(one.event, TargetsDecided)
    ]
    assert [one.traceparent for one in told] == [traceparent, ""]


async def test_a_fill_of_its_own_is_told_to_the_run_that_has_it(desk: Desk) -> None:
    desk.close_bars(0, 1)
    trader = desk.trader(OnEachPrice())
    await trader.look()
    spec = OrderSpec(
        symbol="BTC", side=Side.BUY, quantity=Decimal(2), limit_price=Decimal(101)
    )
    draft = Draft(intent_id="mine/1", run="mine", spec=spec)
    (intent,) = desk.intents.prepare([draft], now_ms=1, lives_ms=5)
    mine = a_fill("2", "100", cloid=intent.cloid)
    foreign = a_fill("3", "100", "2", tid=9, cloid=None)
    for one in (mine, foreign):
        desk.fills.record([one])
        news = FillsReceived(received_ns=1, fills=(one,))
        await trader.hear([Envelope(event_id=str(one.tid), event=news)])
    said = [one.because for one in desk.decisions.why("BTC", 9)]
    assert said.count("has 2") == 1
    assert not [one for one in said if "5" in one]


@pytest.mark.parametrize("cause", BY_HAND)
async def test_b10_while_halted_by_hand_nothing_is_decided(
    desk: Desk, cause: str
) -> None:
    desk.close_bars(0, 1)
    trader = desk.trader(HOLD)
    desk.halts.halt(cause, "by hand", 1)
    await trader.look()
    told = CandlesClosed(received_ns=1, candles=tuple(bars(1, 1)))
    await trader.hear([Envelope(event_id="2", event=told)])
    assert desk.decisions.why("BTC", 9) == []
    assert trader.figures()["waits"] == "halted: by hand"
    desk.halts.resume(cause)
    await trader.look()
    assert len(desk.decisions.why("BTC", 9)) == 1


async def test_the_rate_of_funding_reaches_who_asks_for_it(desk: Desk) -> None:
    carry = made("funding_carry", {"symbol": "BTC", "timeframe": "1m"})
    desk.close_bars(0, 1)
    trader = desk.trader(carry)
    await trader.look()
    assert "not known" in desk.decisions.why("BTC", 1)[0].because
    desk.rate = 0.0001
    desk.clock.advance(60)
    await trader.look()
    desk.close_bars(1, 1)
    await trader.look()
    assert desk.decisions.why("BTC", 1)[0].because == "funding of 87.6% a year"
    assert desk.decisions.targets()[0].granted.quantity < 0


async def test_a_limit_of_the_run_holds_and_says_its_numbers(desk: Desk) -> None:
    desk.close_bars(0, 1)
    await desk.trader(HOLD, most_position=Decimal(4_999)).look()
    decision = desk.decisions.why("BTC", 1)[0]
    assert desk.decisions.targets() == []
    (verdict,) = decision.verdicts
    assert (verdict.gate, verdict.passed) == ("run_position", False)
    assert verdict.reason == "a position of 5000.00 USDC, 4999 at most"


class Broken(Strategy, frozen=True, kw_only=True):
    """As somebody may write one."""

    def needs(self) -> Needs:
        return Needs(symbols=["BTC"], timeframes=[Timeframe.M1], bars=1)

    def on_candle(self, view: View, candle: Candle) -> Wish:
        raise ZeroDivisionError("of mine")

    def on_price(self, view: View, symbol: str) -> Wish | None:
        raise ZeroDivisionError("of mine")


async def test_a_strategy_that_raises_holds_and_stops_no_other(desk: Desk) -> None:
    trader = desk.trader(made("buy_and_hold", {"symbol": "BTC"}))
    (sound,) = trader.parts.runs
    (broken,) = desk.trader(Broken()).parts.runs
    broken.name = "broken"
    desk.decisions.begin("broken", "x", "{}", 1)
    trader.parts = replace(trader.parts, runs=[broken, sound])
    desk.close_bars(58, 2)
    await trader.look()
    assert {one.run for one in desk.decisions.targets()} == {"mine"}
    told = {one.run: one.because for one in desk.decisions.why("BTC", 10)}
    assert told["broken"].startswith("the strategy failed: ZeroDivisionError: of mine")
    assert "(test_trader.py, line " in told["broken"]
    for price in ("101", "102", "103"):  # a flood of prices is none of records
        await trader.hear([Envelope(event_id=price, event=prices(("BTC", price)))])
    runs = [one.run for one in desk.decisions.why("BTC", 10)]
    assert runs.count("broken") == 1


class Protected(Strategy, frozen=True, kw_only=True):
    amount: str
    stop: str | None = None
    profit: str | None = None

    def needs(self) -> Needs:
        return Needs(symbols=["BTC"], timeframes=[Timeframe.M1], bars=1)

    def on_candle(self, view: View, candle: Candle) -> Wish:
        target = Target(
            symbol="BTC",
            amount=Decimal(self.amount),
            measure=Measure.QUANTITY,
            stop_loss=None if self.stop is None else Decimal(self.stop),
            take_profit=None if self.profit is None else Decimal(self.profit),
        )
        return Wish(targets=[target], because="the test wants it")


@pytest.mark.parametrize(
    ("amount", "stop", "profit", "enters"),
    [
        ("1", "99", "101", True),
        ("1", "101", None, False),
        ("1", None, "99", False),
        ("-1", "101", "99", True),
        ("-1", "99", None, False),
        ("-1", None, "101", False),
    ],
)
async def test_what_its_own_stop_would_close_at_once_is_not_entered(
    desk: Desk, amount: str, stop: str | None, profit: str | None, *, enters: bool
) -> None:
    desk.close_bars(58, 2)
    await desk.trader(Protected(amount=amount, stop=stop, profit=profit)).look()
    assert bool(desk.decisions.targets()) is enters
    (told,) = desk.decisions.why("BTC", 1)
    assert ("passed already, at 100" in told.because) is not enters

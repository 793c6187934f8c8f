"""Trading as a script tells it, in a database of its own: two runs, what they decided,
what was sent and filled, and what works."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import msgspec

from threet.accounts.ledger_reader import LedgerReader
from threet.adapters.sql.database import Database
from threet.adapters.sql.decision_store import SqlDecisionStore
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.halt_store import SqlHaltStore
from threet.adapters.sql.ledger_store import SqlLedgerStore
from threet.adapters.sql.order_store import SqlOrderStore
from threet.adapters.sql.trading_schema import EVERY_TABLE
from threet.adapters.sql.trading_store import SqlFillStore, SqlIntentStore
from threet.adapters.sql.trading_view import SqlTradingView
from threet.bootstrap import WebTrading
from threet.model.decisions import Decision, Granted, Input, Verdict
from threet.model.intents import IntentState, OrderIntent
from threet.model.orders import Fill, OrderReport, OrderSpec, Side
from threet.model.targets import Target
from threet.ports.halt_store import HaltStore
from threet.ports.intent_store import Draft
from threet.ports.order_store import SeenOrders
from threet.risk.limits import Limits
from threet.risk.run_gates import RunLimits

RUNS = ("reversion", "tactical-trend")
_SIGNER = "0x" + "5e" * 20
_LIVES_MS = 15_000


class Traded:
    """``has_looked`` is False where no gateway has told what works."""

    def __init__(self, folder: Path, account: str) -> None:
        engine = make_engine(f"sqlite:///{folder / 'trading.db'}")
        EVERY_TABLE.create_all(engine)
        self.database = Database(engine)
        self.decisions = SqlDecisionStore(self.database)
        self.intents = SqlIntentStore(self.database, account=account, signer=_SIGNER)
        self.fills = SqlFillStore(self.database, account=account)
        self.halts = SqlHaltStore(self.database, account=account)
        self.ledger = SqlLedgerStore(self.database, account=account)
        self.orders = SqlOrderStore(self.database, account=account)
        self.has_looked = True
        self._accounts: Mapping[str, HaltStore] = {account: self.halts}
        self.parts = WebTrading(
            view=SqlTradingView(self.database, account=account),
            decisions=self.decisions,
            halts=lambda: self._accounts,
            ledger=LedgerReader(self.ledger),
            last_check=self.ledger.last_check,
            limits=Limits(),
            runs={name: RunLimits(most_gross=Decimal(5_000)) for name in RUNS},
            seen_orders=self.seen,
        )

    def forget(self) -> None:
        """All of it, but the account."""
        kept = {"accounts", "exchanges"}
        with self.database.engine.begin() as connection:
            for table in reversed(EVERY_TABLE.sorted_tables):
                if table.name not in kept:
                    connection.execute(table.delete())
        self.has_looked = True

    def seen(self) -> SeenOrders | None:
        return self.orders.working() if self.has_looked else None

    def begin(self, at_ms: int) -> None:
        """Both runs, and a third one that is not configured any more."""
        for name in (*RUNS, "gone"):
            self.decisions.begin(name, "ema_trend", '{"symbol": "BTC"}', at_ms)

    def decide(
        self,
        symbol: str,
        at_ms: int,
        quantity: str | None,
        *,
        run: str = "tactical-trend",
        because: str = "the fast average is above the slow one",
        stop_loss: str | None = None,
    ) -> Decision:
        """``quantity`` is None where it holds what it had."""
        stop = None if stop_loss is None else Decimal(stop_loss)
        granted = (
            ()
            if quantity is None
            else (Granted(symbol=symbol, quantity=Decimal(quantity), stop_loss=stop),)
        )
        event = f"candle {symbol} 1m {at_ms}"
        decision = Decision(
            decision_id=f"{run}/{event}",
            run=run,
            event=event,
            at_ms=at_ms,
            because=because,
            inputs=(
                Input(name=f"price {symbol}", value="64250.5", age_ms=412),
                Input(name="equity", value=None, age_ms=None),
            ),
            values={"fast": 64251.25, "slow": 64012.5, "is_up": True},
            targets=(Target(symbol=symbol, amount=Decimal("0.3"), stop_loss=stop),),
            verdicts=(
                Verdict(gate="price", passed=True, reason=""),
                Verdict(gate="exposure", passed=False, reason="gross 3.1, 3 at most"),
            ),
            granted=granted,
        )
        assert self.decisions.record(decision, {})
        return decision

    def send(
        self,
        name: str,
        at_ms: int,
        spec: OrderSpec,
        state: IntentState = IntentState.LANDED,
        reason: str = "",
        run: str = "tactical-trend",
    ) -> OrderIntent:
        draft = Draft(intent_id=name, run=run, spec=spec)
        (intent,) = self.intents.prepare([draft], now_ms=at_ms, lives_ms=_LIVES_MS)
        settled = msgspec.structs.replace(intent, state=state, reason=reason)
        if state is not IntentState.OPEN:
            self.intents.settle(settled)
        return settled

    def fill(self, intent: OrderIntent | None, tid: int, at_ms: int, **of: str) -> Fill:
        """Of an intent, or of nobody's order; ``of`` has symbol, change, price."""
        change = Decimal(of["change"])
        fill = Fill(
            symbol=of["symbol"],
            tid=tid,
            oid=tid + 70_000,
            cloid=None if intent is None else intent.cloid,
            side=Side.of(change),
            price=Decimal(of["price"]),
            quantity=abs(change),
            fee=Decimal("0.289113"),
            closed_pnl=Decimal(of.get("closed_pnl", "0")),
            start_position=Decimal(of.get("before", "0")),
            time_ms=at_ms,
            is_taker=True,
        )
        self.fills.record([fill])
        return fill

    def see(self, at_ms: int, *orders: OrderReport) -> None:
        self.orders.replace(orders, at_ms)


def a_spec(symbol: str, change: str, price: str, **more: object) -> OrderSpec:
    signed = Decimal(change)
    spec = OrderSpec(
        symbol=symbol,
        side=Side.of(signed),
        quantity=abs(signed),
        limit_price=Decimal(price),
    )
    return msgspec.structs.replace(spec, **more)


def a_report(
    intent: OrderIntent, at_ms: int, oid: int = 900, **more: object
) -> OrderReport:
    spec = intent.spec
    report = OrderReport(
        symbol=spec.symbol,
        oid=oid,
        cloid=intent.cloid,
        side=spec.side,
        quantity=spec.quantity,
        remaining=spec.quantity,
        limit_price=spec.limit_price,
        status="open",
        status_ms=at_ms,
        reduce_only=spec.reduce_only,
        trigger_price=None if spec.trigger is None else spec.trigger.price,
    )
    return msgspec.structs.replace(report, **more)


def halts_of(traded: Traded) -> Sequence[str]:
    return sorted(one.cause for one in traded.halts.halts())

"""Wires the trader: the strategy runs, and what they see."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import msgspec
import structlog

from threet.accounts.ledger_reader import LedgerReader
from threet.adapters.hyperliquid.funding import HyperliquidFunding
from threet.adapters.hyperliquid.posting import Posting
from threet.adapters.sql.account_store import SqlAccountStore
from threet.adapters.sql.candle_store import SqlCandleStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.decision_store import SqlDecisionStore
from threet.adapters.sql.halt_store import SqlHaltStore
from threet.adapters.sql.ledger_store import SqlLedgerStore
from threet.adapters.sql.product_store import SqlProductStore
from threet.bootstrap import access, processes
from threet.bootstrap import settings as root
from threet.bootstrap.parts import ProcessParts
from threet.bootstrap.strategy_runs import configured
from threet.bootstrap.trading import address_of, told_at_once
from threet.config.sections import Sections
from threet.engine.run import StrategyRun
from threet.engine.view import RunView
from threet.ports.candle_store import CandleStore
from threet.ports.clock import Clock
from threet.ports.decision_store import DecisionStore
from threet.ports.funding import FundingReader
from threet.ports.halt_store import HaltStore
from threet.ports.live_view import LiveView
from threet.resilience.guarded_funding import GuardedFunding
from threet.risk.run_gates import RunLimits

_log = structlog.get_logger("threet.trader")


@dataclass(frozen=True, slots=True, kw_only=True)
class TraderParts:
    """``equity`` is the account's, None while it is unknown or old; ``marks`` are the
    newest prices of what the ledger holds; ``funding`` asks the exchange."""

    process: ProcessParts
    live: LiveView
    candles: CandleStore
    decisions: DecisionStore
    ledger: LedgerReader
    halts: HaltStore
    equity: Callable[[], Decimal | None]
    funding: FundingReader
    relay: Callable[[], int]
    runs: Sequence[StrategyRun]


def trader() -> TraderParts:
    settings = root.config()
    address = address_of(settings)
    process = processes.process_parts(settings, "trader")
    # A decision that is lost with the power is decided again: it waits for no disk. The
    # gateway's intents do.
    store = processes.database(settings, survives_power_cut=False)
    decisions = SqlDecisionStore(store)
    hot = settings.market_data.hot_candles
    return TraderParts(
        process=process,
        live=processes.live_view(settings),
        candles=SqlCandleStore(store, hot_candles=hot),
        decisions=decisions,
        ledger=LedgerReader(SqlLedgerStore(store, account=address)),
        halts=SqlHaltStore(store, account=address),
        funding=_funding(settings, process.clock),
        relay=told_at_once(settings, store),
        equity=_equity(settings, store, process.clock, address),
        runs=_runs(settings, decisions, _decimals(store), process.clock),
    )


def _funding(settings: Sections, clock: Clock) -> FundingReader:
    manager = access.exchange_manager(
        settings, clock, access.budget(settings, clock), source="trader"
    )
    info = Posting(
        url=f"{root.rest_url(settings).rstrip('/')}/info",
        clock=clock,
        timeout_secs=settings.exchanges.hyperliquid.request_timeout_secs,
        connections=1,
    )
    return GuardedFunding(HyperliquidFunding(info), manager)


def _runs(
    settings: Sections,
    decisions: DecisionStore,
    decimals: Callable[[str], int | None],
    clock: Clock,
) -> Sequence[StrategyRun]:
    """Raises ``ConfigurationError`` for a strategy or a parameter that is none.

    What a run wants that is not configured any more is forgotten: its positions stay,
    and are nobody's wish.
    """
    names, standing = {run.name for run in settings.strategies}, decisions.targets()
    for gone in {one.run for one in standing} - names:
        decisions.end(gone)
        _log.warning("run_ended", run=gone, because="it is not configured any more")
    found = []
    for run, strategy in configured(settings):
        parameters = msgspec.json.encode(strategy).decode()
        memory = decisions.begin(run.name, run.strategy, parameters, clock.now_ms())
        view = RunView(
            needs=strategy.needs(),
            most_price_age_ms=settings.risk.most_price_age_ms,
            memory=dict(memory or {}),
        )
        found.append(
            StrategyRun(
                name=run.name,
                strategy=strategy,
                view=view,
                decimals=decimals,
                limits=RunLimits(**run.limits.model_dump()),
                wanted={
                    one.granted.symbol: one.granted
                    for one in standing
                    if one.run == run.name
                },
            )
        )
    return found


def _decimals(store: Database) -> Callable[[str], int | None]:
    """From the kept products; asked until the catalogue has been read."""
    products, known = SqlProductStore(store), dict[str, int]()

    def decimals(symbol: str) -> int | None:
        if symbol not in known:
            for one in products.products():
                if one.quantity_decimals is not None:
                    known[one.symbol] = one.quantity_decimals
        return known.get(symbol)

    return decimals


def _equity(
    settings: Sections, store: Database, clock: Clock, address: str
) -> Callable[[], Decimal | None]:
    accounts = SqlAccountStore(store)

    def equity() -> Decimal | None:
        state = accounts.current(address)
        most_age_ms = settings.risk.most_account_age_ms
        if state is None or clock.now_ms() - state.account_ms > most_age_ms:
            return None
        return state.account_value

    return equity

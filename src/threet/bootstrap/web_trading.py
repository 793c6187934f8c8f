"""Wires what the page shows of trading, and the switch that stops it."""

from collections.abc import Mapping

from threet.accounts.ledger_reader import LedgerReader
from threet.adapters.sql.account_ids import known_addresses
from threet.adapters.sql.database import Database
from threet.adapters.sql.decision_store import SqlDecisionStore
from threet.adapters.sql.halt_store import SqlHaltStore
from threet.adapters.sql.ledger_store import SqlLedgerStore
from threet.adapters.sql.order_store import SqlOrderStore
from threet.adapters.sql.trading_view import SqlTradingView
from threet.bootstrap.parts import WebTrading
from threet.bootstrap.risk import limits
from threet.config.sections import Sections
from threet.ports.halt_store import HaltStore
from threet.risk.run_gates import RunLimits


def web_trading(settings: Sections, store: Database) -> WebTrading:
    address = settings.exchanges.hyperliquid.wallet_address
    kept = None if address is None else SqlLedgerStore(store, account=address)
    working = None if address is None else SqlOrderStore(store, account=address)
    return WebTrading(
        view=SqlTradingView(store, account=address),
        decisions=SqlDecisionStore(store),
        halts=lambda: halts_of_accounts(settings, store),
        ledger=None if kept is None else LedgerReader(kept),
        last_check=lambda: None if kept is None else kept.last_check(),
        limits=limits(settings.risk),
        runs={
            run.name: RunLimits(**run.limits.model_dump())
            for run in settings.strategies
        },
        seen_orders=lambda: None if working is None else working.working(),
    )


def halts_of_accounts(settings: Sections, store: Database) -> Mapping[str, HaltStore]:
    """Of every account this database knows, and of the configured one, by address."""
    known = set(store.read(known_addresses))
    configured = settings.exchanges.hyperliquid.wallet_address
    if configured is not None:
        known.add(configured)
    return {address: SqlHaltStore(store, account=address) for address in sorted(known)}

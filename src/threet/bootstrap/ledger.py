"""Wires the ledger: what watches the account's value, and what others read of it."""

from threet.accounts.ledger_watch import LedgerWatch, LedgerWatchParts
from threet.adapters.hyperliquid.money_history import HyperliquidMoneyHistory
from threet.adapters.hyperliquid.posting import Posting
from threet.adapters.sql.database import Database
from threet.adapters.sql.halt_store import SqlHaltStore
from threet.adapters.sql.ledger_store import SqlLedgerStore
from threet.bootstrap import access
from threet.bootstrap import settings as root
from threet.config.sections import Sections
from threet.ports.clock import Clock
from threet.resilience.exchange_manager import ExchangeManager
from threet.resilience.guarded_money_history import GuardedMoneyHistory


def ledger_watch(
    settings: Sections,
    clock: Clock,
    store: Database,
    manager: ExchangeManager,
    *,
    address: str,
) -> LedgerWatch:
    """For the gateway, which calls its ``note`` with each reading of the account."""
    info = Posting(
        url=f"{root.rest_url(settings).rstrip('/')}/info",
        clock=clock,
        timeout_secs=settings.exchanges.hyperliquid.request_timeout_secs,
        connections=2,
    )
    dexes = settings.exchanges.hyperliquid.dexes
    history = HyperliquidMoneyHistory(info, address=address, dexes=dexes)
    return LedgerWatch(
        LedgerWatchParts(
            clock=clock,
            store=SqlLedgerStore(store, account=address),
            money=GuardedMoneyHistory(history, manager),
            halts=SqlHaltStore(store, account=address),
            alert=access.alerts(settings),
            dexes=dexes,
        )
    )

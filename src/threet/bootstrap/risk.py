"""Wires the account's risk gate: what is known, and the limits of the settings."""

from collections.abc import Callable, Collection

from threet.accounts.equity_watch import EquityWatch
from threet.config.sections import RiskSettings
from threet.execution.wishes import Approval, Reading
from threet.market_data.quotes import Quotes
from threet.model.accounts import AccountPart, AccountRead
from threet.model.orders import OrderSpec
from threet.ports.clock import Clock
from threet.ports.halt_store import HaltStore
from threet.ports.trading_view import Sent, TradingView
from threet.risk.gates import judge
from threet.risk.limits import Group, Limits
from threet.risk.sent_orders import SentOrders, counted_since
from threet.risk.situation import Proposal, Seen, Situation, working_of


def limits(settings: RiskSettings) -> Limits:
    plain = settings.model_dump(exclude={"groups"})
    groups = {
        name: Group(frozenset(one.symbols), one.most_notional)
        for name, one in settings.groups.items()
    }
    return Limits(**plain, groups=groups)


def sent_before(view: TradingView, now_ms: int) -> SentOrders:
    """What earlier processes sent, and counts still. Raises ``DependencyError``."""
    return SentOrders(view.sent(counted_since(now_ms)))


def account_gate(
    *,
    clock: Clock,
    bounds: Limits,
    quotes: Quotes,
    watch: EquityWatch,
    halts: HaltStore,
    delisted: Callable[[], Collection[str]],
    sent: SentOrders,
) -> Callable[[OrderSpec, Reading], Approval]:
    """Approved orders are counted as sent: what is approved is sent."""

    def approve(spec: OrderSpec, reading: Reading) -> Approval:
        now_ms = clock.now_ms()
        proposal = Proposal(
            symbol=spec.symbol,
            change=spec.change,
            price=spec.limit_price,
            only_reduces=spec.reduce_only,
        )
        account = reading.account
        reasons = "; ".join(one.reason for one in halts.halts())
        situation = Situation(
            equity=_equity(account, now_ms),
            peak_equity=watch.peak,
            day_equity=watch.of_day,
            positions=reading.positions,
            working=working_of(reading.orders),
            prices={name: Seen(*seen) for name, seen in quotes.mids().items()},
            liquidation_prices={
                one.symbol: one.liquidation_price
                for one in account.positions
                if one.liquidation_price is not None
            },
            orders_last_minute=sent.in_last_minute(now_ms),
            notional_today=sent.notional_today(now_ms),
            delisted=delisted(),
            is_synced=reading.is_synced,
            unread=reading.unread,
            skew_ms=reading.skew_ms,
            halted=reasons,
        )
        judged = judge(proposal, situation, bounds)
        if judged.is_approved:
            sent.note(Sent(now_ms, proposal.notional))
        return Approval(judged.is_approved, judged.verdicts, judged.reason)

    return approve


def _equity(account: AccountRead, now_ms: int) -> Seen | None:
    """Of a part it is not known."""
    if isinstance(account, AccountPart):
        return None
    return Seen(account.account_value, max(0, now_ms - account.account_ms))

"""Wires the account's risk gate: what is known, and the limits of the settings."""

from collections import deque
from collections.abc import Callable, Collection
from decimal import Decimal

from threet.accounts.equity_watch import EquityWatch
from threet.config.sections import RiskSettings
from threet.execution.wishes import Approval, Reading
from threet.market_data.quotes import Quotes
from threet.model.accounts import AccountPart, AccountRead
from threet.model.numbers import ZERO
from threet.model.orders import OrderSpec
from threet.ports.clock import Clock
from threet.ports.halt_store import HaltStore
from threet.risk.gates import judge
from threet.risk.limits import Group, Limits
from threet.risk.situation import Proposal, Seen, Situation, working_of

_MINUTE_MS = 60_000
_DAY_MS = 86_400_000


def limits(settings: RiskSettings) -> Limits:
    plain = settings.model_dump(exclude={"groups"})
    groups = {
        name: Group(frozenset(one.symbols), one.most_notional)
        for name, one in settings.groups.items()
    }
    return Limits(**plain, groups=groups)


def account_gate(
    *,
    clock: Clock,
    bounds: Limits,
    quotes: Quotes,
    watch: EquityWatch,
    halts: HaltStore,
    delisted: Callable[[], Collection[str]],
) -> Callable[[OrderSpec, Reading], Approval]:
    """Approved orders are counted as sent: what is approved is sent."""
    sent: deque[tuple[int, Decimal]] = deque()

    def approve(spec: OrderSpec, reading: Reading) -> Approval:
        now_ms = clock.now_ms()
        while sent and sent[0][0] // _DAY_MS < now_ms // _DAY_MS:
            sent.popleft()
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
            orders_last_minute=sum(now_ms - at < _MINUTE_MS for at, _ in sent),
            notional_today=sum((notional for _, notional in sent), ZERO),
            delisted=delisted(),
            is_synced=reading.is_synced,
            unread=reading.unread,
            skew_ms=reading.skew_ms,
            halted=reasons,
        )
        judged = judge(proposal, situation, bounds)
        if judged.is_approved:
            sent.append((now_ms, proposal.notional))
        return Approval(judged.is_approved, judged.verdicts, judged.reason)

    return approve


def _equity(account: AccountRead, now_ms: int) -> Seen | None:
    """Of a part it is not known."""
    if isinstance(account, AccountPart):
        return None
    return Seen(account.account_value, max(0, now_ms - account.account_ms))

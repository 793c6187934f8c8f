"""Tells by a version that something of trading changed; and reckons the risk used."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from threet.accounts.equity_watch import EquityWatch
from threet.bootstrap import WebParts, WebTrading
from threet.market_data.staleness import age_ms
from threet.model.accounts import AccountState
from threet.model.errors import DependencyError
from threet.model.prices import NewestPrice
from threet.ports.trading_view import Sent
from threet.risk.situation import Seen, Situation, working_of
from threet.risk.uses import uses
from threet.web.limit_answers import limit_answer
from threet.web.live_hub import LiveHub
from threet.web.trading_answers import LimitsAnswer
from threet.web.waiting import in_thread

_NS_PER_MS = 1_000_000
_MINUTE_MS = 60_000
_DAY_MS = 86_400_000
_PEAK_DAYS = 30


class TradingBoard:
    """One look at the database for all clients; they ask for what they show."""

    def __init__(self, parts: WebParts, hub: LiveHub) -> None:
        self._parts = parts
        self._hub = hub
        self._mark = ""
        self._watch = EquityWatch()
        self._watched_ms = parts.clock.now_ms() - _PEAK_DAYS * _DAY_MS
        self.version = 0

    async def refresh(self) -> bool:
        """Whether something changed; an outage changes nothing."""
        trading = self._parts.trading
        if trading is None:
            return False
        try:
            mark = await in_thread("database", trading.view.mark)
        except DependencyError:
            return False
        is_new = mark != self._mark
        self._mark = mark
        self.version += is_new
        return is_new

    async def limits(self, trading: WebTrading) -> LimitsAnswer:
        """Raises ``DependencyError``."""
        situation, largest = await in_thread(
            "database", lambda: self._situation(trading)
        )
        return LimitsAnswer(
            now_ms=self._parts.clock.now_ms(),
            limits=[
                limit_answer(one) for one in uses(situation, trading.limits, largest)
            ],
        )

    def _situation(self, trading: WebTrading) -> tuple[Situation, Decimal | None]:
        parts, now_ms = self._parts, self._parts.clock.now_ms()
        address = parts.address
        state = None if address is None else parts.accounts.current(address)
        if address is not None:
            self._follow(parts.accounts.equities(address, self._watched_ms + 1))
        seen = trading.seen_orders()
        is_seen = seen is not None and (
            age_ms(seen.as_of_ms, now_ms) <= parts.account_stale_after_ms
        )
        today_ms = now_ms // _DAY_MS * _DAY_MS
        sent = trading.view.sent(min(today_ms, now_ms - _MINUTE_MS))
        today = [one.notional for one in sent if one.at_ms >= today_ms]
        situation = Situation(
            equity=_equity(state, now_ms),
            peak_equity=self._watch.peak,
            day_equity=self._watch.of_day,
            positions=_positions(state),
            working={} if seen is None else working_of(seen.orders),
            prices=_prices(self._hub.mids(), now_ms),
            liquidation_prices=_liquidations(state),
            orders_last_minute=_lately(sent, now_ms),
            notional_today=sum(today, Decimal(0)),
            is_synced=is_seen,
        )
        return situation, max(today, default=None)

    def _follow(self, readings: Sequence[tuple[int, Decimal]]) -> None:
        """Two at once would tell the same readings twice, which changes nothing."""
        self._watch.note_all(readings)
        if readings:
            self._watched_ms = readings[-1][0]


def _equity(state: AccountState | None, now_ms: int) -> Seen | None:
    if state is None:
        return None
    return Seen(state.account_value, age_ms(state.account_ms, now_ms))


def _positions(state: AccountState | None) -> Mapping[str, Decimal] | None:
    if state is None:
        return None
    return {one.symbol: one.quantity for one in state.positions}


def _liquidations(state: AccountState | None) -> Mapping[str, Decimal]:
    held = () if state is None else state.positions
    return {
        one.symbol: one.liquidation_price
        for one in held
        if one.liquidation_price is not None
    }


def _prices(mids: Mapping[str, NewestPrice], now_ms: int) -> Mapping[str, Seen]:
    return {
        symbol: Seen(mid.price, age_ms(mid.received_ns // _NS_PER_MS, now_ms))
        for symbol, mid in mids.items()
    }


def _lately(sent: Sequence[Sent], now_ms: int) -> int:
    return sum(now_ms - one.at_ms < _MINUTE_MS for one in sent)

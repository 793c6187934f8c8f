"""What a run of `--seconds` must have done to be called good."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from threet.adapters.sql.account_store import SqlAccountStore
from threet.adapters.sql.candle_store import SqlCandleStore
from threet.adapters.sql.product_store import SqlProductStore
from threet.adapters.system_clock import SystemClock
from threet.bootstrap import processes
from threet.bootstrap.embedded import EmbeddedRun
from threet.bootstrap.processes import EXPECTED_PROCESSES
from threet.market_data.staleness import judge_price
from threet.model.candles import Candle, Timeframe
from threet.model.errors import ThreeTError
from threet.model.prices import Fresh, PriceKind
from threet.ports.live_view import StreamState

# One batch of a consumer: what is read but not yet acknowledged is no lag.
_MOST_BEHIND = 500
# A bar is fetched when it has settled, and a minute without trades has none.
_FETCHED_WITHIN_MS = 180_000
_CANDLES = "candles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    name: str
    is_good: bool
    finding: str


@dataclass(frozen=True, slots=True)
class Verdict:
    checks: Sequence[Check]

    @property
    def is_good(self) -> bool:
        return all(check.is_good for check in self.checks)

    @property
    def lacks_bars_only(self) -> bool:
        failed = [check.name for check in self.checks if not check.is_good]
        return failed == [_CANDLES]

    @property
    def lines(self) -> Sequence[str]:
        rows = [
            f"  {'ok  ' if check.is_good else 'FAIL'}  {check.name}: {check.finding}"
            for check in self.checks
        ]
        return [
            *rows,
            "3T works." if self.is_good else "3T does not work as it should.",
        ]


async def judge(plan: EmbeddedRun, started_ms: int) -> Verdict:
    """Ask the exchange what there is, and the stores what arrived since the start."""
    try:
        prices = await _prices(plan)
        streams = await processes.live_view(plan.settings).streams()
        stored = await asyncio.to_thread(_stored, plan, started_ms)
    except ThreeTError as error:
        return Verdict([Check(name="checks", is_good=False, finding=str(error))])
    return Verdict([prices, *stored, _consumers(streams)])


async def _prices(plan: EmbeddedRun) -> Check:
    """Every listed symbol has a fresh mid price."""
    clock = SystemClock()
    reader = processes.reader(plan.settings, clock)
    products = await asyncio.to_thread(reader.products)
    listed = {product.symbol for product in products if not product.is_delisted}
    newest = await processes.live_view(plan.settings).newest_prices()
    stale_after_ms = int(plan.settings.market_data.stale_after_secs * 1000)
    fresh = {
        price.symbol
        for price in newest
        if price.kind is PriceKind.MID
        and isinstance(
            judge_price(
                price.symbol,
                price,
                now_ms=clock.now_ms(),
                stale_after_ms=stale_after_ms,
            ),
            Fresh,
        )
    }
    missing = sorted(listed - fresh)
    finding = f"{len(listed & fresh)} of {len(listed)} listed symbols fresh"
    if missing:
        finding += f"; not {', '.join(missing[:5])}"
    return Check(name="prices", is_good=bool(listed) and not missing, finding=finding)


def _stored(plan: EmbeddedRun, started_ms: int) -> Sequence[Check]:
    store = processes.database(plan.settings)
    try:
        candles = SqlCandleStore(
            store, hot_candles=plan.settings.market_data.hot_candles
        )
        symbols = [product.symbol for product in SqlProductStore(store).products()]
        bars = {
            symbol: candles.newest(symbol, Timeframe.M1, 5000) for symbol in symbols
        }
        accounts = SqlAccountStore(store)
        return [_candles(bars, started_ms), _balance(plan, accounts, started_ms)]
    finally:
        store.close()


def _candles(bars: Mapping[str, Sequence[Candle]], started_ms: int) -> Check:
    """Of each product there is a bar that ended shortly before the start, or later."""
    oldest_ms = started_ms - _FETCHED_WITHIN_MS
    missing = sorted(
        symbol
        for symbol, found in bars.items()
        if not found or found[-1].end_ms < oldest_ms
    )
    finding = f"{sum(map(len, bars.values()))} one-minute bars of {len(bars)} products"
    if missing:
        finding += f"; no new one of {', '.join(missing[:5])}"
    return Check(name=_CANDLES, is_good=bool(bars) and not missing, finding=finding)


def _balance(plan: EmbeddedRun, accounts: SqlAccountStore, started_ms: int) -> Check:
    address = plan.settings.exchanges.hyperliquid.wallet_address
    if address is None:
        return Check(name="balance", is_good=True, finding="no address is configured")
    state = accounts.current(address)
    if state is None or state.account_ms < started_ms:
        return Check(
            name="balance", is_good=False, finding="not stored since the start"
        )
    points = len(accounts.history(address, 1000))
    finding = (
        f"{state.account_value} USDC, {len(state.positions)} positions, "
        f"{points} readings"
    )
    return Check(name="balance", is_good=True, finding=finding)


def _consumers(streams: Sequence[StreamState]) -> Check:
    groups = [
        group
        for stream in streams
        for group in stream.groups
        if group.group in EXPECTED_PROCESSES  # one tried by hand is no fault
    ]
    behind = [
        f"{group.group} (lag {group.lag}, pending {group.pending})"
        for group in groups
        if group.lag is None or group.lag + group.pending > _MOST_BEHIND
    ]
    finding = f"{len(groups)} groups read, {len(behind)} behind"
    if behind:
        finding += f": {', '.join(behind)}"
    return Check(name="consumers", is_good=bool(groups) and not behind, finding=finding)

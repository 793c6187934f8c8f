"""Can what the strategies need be traded now, and is its data fresh?"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from threet.model.accounts import AccountState
from threet.model.candles import Timeframe
from threet.model.findings import Finding, fail, ok, unknown, warn
from threet.model.products import Product, dex_of
from threet.ports.asset_terms import AssetTerms
from threet.ports.candle_store import CandleStore

# Of one strategy: symbols, timeframes, bars of each.
Asked = tuple[Sequence[str], Sequence[Timeframe], int]
_BARS_LATE = 3
_LEAST_LATE_MS = 180_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What the strategies ask of a symbol: so many bars of each timeframe."""

    symbol: str
    bars: Mapping[Timeframe, int]


def listed(
    symbol: str,
    catalogue: Mapping[str, Product],
    kept: Mapping[str, Product],
    dexes: Collection[str] = (),
) -> Iterator[Finding]:
    """Whether the exchange trades it, and whether 3T keeps its candles; ``catalogue``
    is that of the first dex and of the configured ``dexes``."""
    name = f"{symbol} listed"
    product, dex = catalogue.get(symbol), dex_of(symbol)
    if product is None and dex and dex not in dexes:
        remedy = f"add {dex} to exchanges.hyperliquid.dexes, and restart"
        yield fail(name, f"the dex {dex} is not followed", remedy)
        return
    if product is None:
        yield fail(name, "the exchange has no such perpetual", "see `3t products list`")
        return
    if product.is_delisted:
        yield fail(
            name,
            "it is delisted: a position can only be closed",
            "take it out of `strategies`",
        )
        return
    if symbol not in kept:
        yield fail(name, "its candles are not kept", f"3t products add {symbol}")
        return
    if product.quantity_decimals is None:
        yield unknown(name, "its size step is not known", "3t products add again")
        return
    step = Decimal(1).scaleb(-product.quantity_decimals)
    yield ok(name, f"size step {step:f}, leverage to {product.max_leverage}x")


def terms(
    symbol: str,
    told: AssetTerms,
    account: AccountState,
    *,
    leverage: int | None,
    margin: str,
) -> Finding:
    """``leverage`` and ``margin`` are configured; None leaves it as it is."""
    name = f"{symbol} margin"
    mode = "cross" if told.is_cross else "isolated"
    what = f"{mode}, {told.leverage}x"
    if leverage is None:
        return ok(name, f"{what}; left as it is")
    if (mode, told.leverage) == (margin, leverage):
        return ok(name, what)
    what += f", configured {margin}, {leverage}x"
    if any(one.symbol == symbol for one in account.positions) and mode != margin:
        remedy = "close the position first: its margin mode cannot change"
        return warn(name, what, remedy)
    return ok(name, f"{what}: set before its first order")


def price(
    symbol: str, age_ms: int | None, *, streams: bool, most_age_ms: int
) -> Finding:
    name = f"{symbol} price"
    remedy = "`3t status`: does price_stream_producer live?"
    if not streams:
        return warn(name, "nothing streams here now", "start it: `3t up`")
    if age_ms is None:
        return fail(name, "there is none", remedy)
    what = f"{age_ms} ms old"
    if age_ms > most_age_ms:
        return fail(name, f"{what}, more than {most_age_ms}", remedy)
    return ok(name, what)


def candles(need: Need, store: CandleStore, now_ms: int) -> Iterator[Finding]:
    for timeframe, bars in need.bars.items():
        yield _bars(need.symbol, timeframe, bars, store, now_ms)


def _bars(
    symbol: str, timeframe: Timeframe, bars: int, store: CandleStore, now_ms: int
) -> Finding:
    name = f"{symbol} {timeframe.value}"
    newest_ms = store.newest_closed_ms(symbol, timeframe)
    if newest_ms is None:
        return warn(name, "no bar is stored", "`3t up` fetches them: start it, or wait")
    found = store.newest(symbol, timeframe, bars + 1)
    count = sum(1 for bar in found if bar.is_closed)
    late_ms = now_ms - newest_ms - timeframe.millis
    what = f"{min(count, bars)} of {bars} bars, newest {_age(late_ms)} ago"
    if late_ms > max(_LEAST_LATE_MS, _BARS_LATE * timeframe.millis):
        return warn(name, f"{what}: old", "start `3t up`, or `3t data backfill`")
    if count < bars:
        return warn(name, what, "wait, or `3t data backfill`: until then it holds")
    return ok(name, what)


def _age(ms: int) -> str:
    secs = max(0, ms // 1000)
    return f"{secs} s" if secs < 600 else f"{secs // 60} min"  # noqa: PLR2004


def merged(needs: Sequence[Asked]) -> list[Need]:
    """Of all strategies, each symbol once."""
    found: dict[str, dict[Timeframe, int]] = {}
    for symbols, timeframes, bars in needs:
        for symbol in symbols:
            known = found.setdefault(symbol, {})
            for timeframe in timeframes:
                known[timeframe] = max(bars, known.get(timeframe, 0))
    return [Need(symbol=symbol, bars=bars) for symbol, bars in found.items()]

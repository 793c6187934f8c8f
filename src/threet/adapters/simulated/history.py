"""Bars of the simulated market's past: the same for the same seed, without a server."""

from collections.abc import Sequence

from hlsim.server.settings import Settings
from hlsim.virtual import VirtualExchange
from threet.adapters.simulated.exchange import SimulatedExchange
from threet.model.candles import Candle, Timeframe
from threet.model.errors import ConfigurationError

# As many as `3t demo` needs to hold every product that the database starts with.
_SYMBOLS = 40
_MOST_DAYS = 60
_DAY_MS = 86_400_000


def bars_of(
    symbols: Sequence[str], timeframe: Timeframe, count: int, *, end_ms: int, seed: int
) -> Sequence[Candle]:
    """The ``count`` newest closed bars of each before ``end_ms``.

    Raises ``ConfigurationError`` beyond 60 days and ``UnknownSymbolError``.
    """
    days = -(-(count + 1) * timeframe.millis // _DAY_MS)
    if days > _MOST_DAYS:
        most = _MOST_DAYS * _DAY_MS // timeframe.millis - 1
        reason = f"--bars: the simulated past has {most} bars of {timeframe.value},"
        reason += " warm-up included"
        raise ConfigurationError([reason])
    settings = Settings(seed=seed, symbols=_SYMBOLS, history_days=days)
    exchange = SimulatedExchange(VirtualExchange(settings, start_ms=end_ms))
    start_ms = timeframe.open_of(end_ms) - count * timeframe.millis
    return [
        candle
        for symbol in symbols
        for candle in exchange.candles(symbol, timeframe, start_ms, end_ms)
        if candle.is_closed
    ]

"""Indicators of the newest bar of a window; None while it is too short, or undefined.

TA-Lib computes them. A window of bars goes in, not a running value: the same bars give
the same number in a backtest, in replay and live, whenever the process was started.
"""

import math

import numpy as np
import talib
from numpy.typing import NDArray

Series = NDArray[np.float64]
# A recursive average forgets its start: after so many periods less than a ten
# thousandth of the first value is left in it.
SETTLING_PERIODS = 5


def ema(values: Series, period: int) -> float | None:
    """Exponential moving average over the last ``SETTLING_PERIODS`` periods."""
    window = values[-SETTLING_PERIODS * period :]
    if len(window) < SETTLING_PERIODS * period:
        return None
    return _last(talib.EMA(window, period))


def rsi(values: Series, period: int) -> float | None:
    """Wilder's relative strength index, 0 to 100; undefined without any move."""
    window = values[-SETTLING_PERIODS * period - 1 :]
    if len(window) < SETTLING_PERIODS * period + 1 or np.ptp(window) == 0:
        return None
    return _last(talib.RSI(window, period))


def atr(high: Series, low: Series, close: Series, period: int) -> float | None:
    """Wilder's average true range, in the price's unit."""
    length = SETTLING_PERIODS * period + 1
    if len(close) < length:
        return None
    return _last(talib.ATR(high[-length:], low[-length:], close[-length:], period))


def highest(values: Series, period: int) -> float | None:
    return None if len(values) < period else float(values[-period:].max())


def lowest(values: Series, period: int) -> float | None:
    return None if len(values) < period else float(values[-period:].min())


def volatility(values: Series, period: int) -> float | None:
    """Standard deviation of the logarithmic returns of ``period`` bars, for one bar.

    Undefined where a price is not positive.
    """
    window = values[-period - 1 :]
    if len(window) < period + 1 or (window <= 0).any():
        return None
    return float(np.diff(np.log(window)).std(ddof=1))


def permutation_entropy(values: Series, order: int) -> float | None:
    """Bandt and Pompe 2002: 0 for one repeated pattern, 1 for all equally often.

    ``order`` is 3 to 7. Equal values make a pattern of their own place (in the order of
    time, as the authors propose); a constant series has no pattern and is undefined,
    not regular. Undefined, too, with fewer windows than there are patterns.
    """
    if not 3 <= order <= 7:  # noqa: PLR2004  # the authors' range
        raise ValueError(f"order must be 3 to 7, was {order}")
    patterns = math.factorial(order)
    if len(values) < patterns + order or np.ptp(values) == 0:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(values, order)
    ranks = np.argsort(windows, axis=1, kind="stable")
    _, counts = np.unique(ranks, axis=0, return_counts=True)
    shares = counts / counts.sum()
    return float(-(shares * np.log(shares)).sum() / math.log(patterns))


def _last(values: Series) -> float | None:
    value = float(values[-1])
    return value if math.isfinite(value) else None

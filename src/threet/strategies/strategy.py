"""What a strategy is: one class in one file, which says what position it wants.

It sees a ``View`` of what is known at one moment and answers with a ``Wish``. It never
sees an order, a clock or a mode: the same object runs on history, in replay and live.
Its parameters are its fields, typed and bounded; what it must remember over a restart
it keeps in ``view.memory``.
"""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from threet.model.candles import Candle, Timeframe
from threet.model.orders import Fill
from threet.model.targets import Target

Memory = MutableMapping[str, float | int | str | bool]
Values = Mapping[str, float | int | str | bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """``bars`` closed bars of each symbol and timeframe before the first evaluation;
    ``funding`` if it asks for the rates of funding."""

    symbols: Sequence[str]
    timeframes: Sequence[Timeframe]
    bars: int
    funding: bool = False


class View(Protocol):
    """What is known now; None is unknown, and never 0."""

    @property
    def now_ms(self) -> int: ...

    @property
    def memory(self) -> Memory:
        """Plain values that survive a restart."""

    def candles(self, symbol: str, timeframe: Timeframe) -> Sequence[Candle]:
        """Closed bars, oldest first; none that closed after now."""

    def price(self, symbol: str) -> Decimal | None:
        """The fresh mid price."""

    def position(self, symbol: str) -> Decimal | None:
        """Of this run, signed."""

    def funding(self, symbol: str) -> float | None:
        """The rate of the current hour; longs pay when it is positive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """``targets`` replace those of their symbols; a symbol that is not named stays as
    it was wanted before. ``values`` and ``because`` go to the journal."""

    targets: Sequence[Target] = ()
    because: str
    values: Values = field(default_factory=dict)


def hold(because: str, **values: float | str) -> Wish:
    """Nothing new: unknown input, or no reason to change."""
    return Wish(because=because, values=values)


class Strategy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all; a subclass names its parameters and says what it wants."""

    def needs(self) -> Needs:
        raise NotImplementedError

    def on_candle(self, view: View, candle: Candle) -> Wish:
        """A bar of a needed symbol and timeframe closed."""
        raise NotImplementedError

    def on_price(self, view: View, symbol: str) -> Wish | None:
        """A price changed; None says nothing, and is not recorded."""
        del view, symbol
        return None

    def on_fill(self, view: View, fill: Fill) -> Wish | None:
        """Something of this run was filled."""
        del view, fill
        return None


def closes(bars: Sequence[Candle]) -> NDArray[np.float64]:
    return np.fromiter((float(bar.close) for bar in bars), np.float64, len(bars))


def highs(bars: Sequence[Candle]) -> NDArray[np.float64]:
    return np.fromiter((float(bar.high) for bar in bars), np.float64, len(bars))


def lows(bars: Sequence[Candle]) -> NDArray[np.float64]:
    return np.fromiter((float(bar.low) for bar in bars), np.float64, len(bars))


def share(weight: float) -> Decimal:
    """A weight as a target's amount, to a hundredth of a percent: noise of floats
    changes no target."""
    return Decimal(f"{weight:.4f}")

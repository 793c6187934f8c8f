"""The files of a new strategy: a package of its own with one class and its test."""

import keyword
import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from string import Template

from threet.model.errors import ConfigurationError
from threet.strategies.catalogue import ENTRY_POINTS, SHIPPED

# It becomes a module, a strategy of the catalogue and, with dashes, a distribution.
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")

_STRATEGY = Template('''\
"""$title: long while the newest close is above the average, else out."""

from typing import Annotated

from msgspec import Meta

from threet.model.candles import Candle, Timeframe
from threet.model.targets import Target
from threet.strategies.strategy import Needs, Strategy, View, Wish, closes, hold, share


class $kind(Strategy, frozen=True, kw_only=True):
    # Parameters: typed, bounded, with defaults. config.yml may set each of them; what
    # is out of its bounds is refused before anything starts.
    symbol: str = "SOL"
    timeframe: Timeframe = Timeframe.M1
    bars: Annotated[int, Meta(ge=2, le=500)] = 20
    weight: Annotated[float, Meta(gt=0, le=1)] = 0.1

    def needs(self) -> Needs:
        """So many closed bars are there before on_candle is called the first time."""
        return Needs(symbols=[self.symbol], timeframes=[self.timeframe], bars=self.bars)

    def on_candle(self, view: View, candle: Candle) -> Wish:
        """A bar closed: which position is wanted now? Never an order, never a mode.

        What has to survive a restart belongs into view.memory, not into a field.
        """
        prices = closes(view.candles(self.symbol, self.timeframe))
        if prices.min() == prices.max():
            # Unknown, or nothing to say: hold leaves everything as it is.
            return hold("the price does not move at all")
        average = float(prices.mean())
        is_above = float(prices[-1]) > average
        # A share of the account's equity; 0 is out, below 0 is short. A Target may
        # carry stop_loss and take_profit, which then stand at the exchange.
        amount = share(self.weight if is_above else 0.0)
        return Wish(
            targets=[Target(symbol=self.symbol, amount=amount)],
            because=f"the close is {'above' if is_above else 'not above'} the average",
            values={"close": float(prices[-1]), "average": average},
        )
''')

_TEST = Template('''\
"""$kind on markets one can reason about: no exchange, no clock, no database."""

import unittest
from collections.abc import Sequence
from decimal import Decimal

from $name import $kind

from threet.engine.view import RunView
from threet.model.candles import Candle
from threet.strategies.strategy import Wish

START_MS = 1_760_054_400_000  # midnight, UTC: every timeframe has a bar there


def wish_on(strategy: $kind, prices: Sequence[int]) -> Wish:
    """What it wants when the last of these bars closes."""
    view = RunView(needs=strategy.needs(), most_price_age_ms=10_000)
    for number, price in enumerate(prices):
        close = Decimal(price)
        candle = Candle(
            symbol=strategy.symbol,
            timeframe=strategy.timeframe,
            open_ms=START_MS + number * strategy.timeframe.millis,
            open=close,
            high=close,
            low=close,
            close=close,
            volume=Decimal(1),
            trades=1,
            is_closed=True,
        )
        view.now_ms = candle.end_ms
        view.put(candle)
    return strategy.on_candle(view, candle)


class ${kind}Test(unittest.TestCase):
    def test_it_is_long_above_the_average(self) -> None:
        wish = wish_on($kind(bars=3, weight=0.2), [100, 101, 102])
        self.assertEqual(wish.targets[0].amount, Decimal("0.2"))

    def test_it_is_out_below_the_average(self) -> None:
        wish = wish_on($kind(bars=3), [102, 101, 100])
        self.assertTrue(wish.targets[0].is_out)

    def test_it_wants_nothing_new_while_nothing_moves(self) -> None:
        self.assertEqual(wish_on($kind(bars=3), [100, 100, 100]).targets, ())


if __name__ == "__main__":
    unittest.main()
''')

_PROJECT = Template("""[build-system]
requires = ["hatchling", "editables"]
build-backend = "hatchling.build"

[project]
name = "$dashed"
version = "0.1.0"
description = "$title, a strategy for 3T"
requires-python = ">=3.11"
# 3T is there already: it is what loads this package.

[project.entry-points."$group"]
$name = "$name:$kind"

[tool.hatch.build]
dev-mode-dirs = ["."]

[tool.hatch.build.targets.wheel]
only-include = ["$name.py"]
""")


def write(name: str, directory: Path) -> Path:
    """The new folder. Raises ``ConfigurationError`` for a name that cannot be one, and
    if something of that name is there: nothing is overwritten."""
    folder = directory / name
    if folder.exists():
        raise ConfigurationError([f"{folder}: is there already"])
    if reason := _refused(name):
        raise ConfigurationError([f"NAME: {name!r:.60} {reason}"])
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        reason = f"{folder}: cannot be made ({error.strerror})"
        raise ConfigurationError([reason]) from None
    for file, text in files(name).items():
        (folder / file).write_text(text)
    return folder


def files(name: str) -> Mapping[str, str]:
    """By their names in the folder."""
    words = name.strip("_").split("_")
    values = {
        "name": name,
        "dashed": "-".join(filter(None, words)),
        "kind": "".join(word.capitalize() for word in words),
        "title": " ".join(filter(None, words)).capitalize(),
        "group": ENTRY_POINTS,
    }
    return {
        f"{name}.py": _STRATEGY.substitute(values),
        f"test_{name}.py": _TEST.substitute(values),
        "pyproject.toml": _PROJECT.substitute(values),
    }


def _refused(name: str) -> str:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        return "is no name of a module: 2 to 40 of a-z, 0-9 and _, a letter first"
    if name in SHIPPED:
        return "is a strategy that ships with 3T"
    if find_spec(name) is not None:
        return "is a module that is installed already; take another name"
    return ""

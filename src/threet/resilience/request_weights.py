"""What a request weighs (HYPERLIQUID.md 1.3), before and after its answer is known."""

import math

from threet.model.candles import Timeframe

LIGHT = 2  # exchangeStatus, clearinghouseState, orderStatus, allMids, l2Book
PLAIN = 20
ROLE = 60  # userRole
# 500 trades at most, and one more for each 20 of them.
RECENT_TRADES = 45
_BARS_PER_WEIGHT = 60
# An account is read again at once where its cash is not what it was. That it moved
# meanwhile, and is read a third time, is too rare to be paid.
_LOOKS = 2
_ITEMS_PER_WEIGHT = 20
_ACTIONS_PER_WEIGHT = 40


def candles(timeframe: Timeframe, start_ms: int, end_ms: int) -> int:
    """What the bars of a range weigh at most: it is known before they are."""
    bars = (end_ms - start_ms) // timeframe.millis + 1
    return PLAIN + math.ceil(bars / _BARS_PER_WEIGHT)


def catalogue(dexes: int) -> int:
    """The first dex's, and with builder dexes their list and one of each."""
    return PLAIN * (2 + dexes) if dexes else PLAIN


def account(dexes: int) -> int:
    """Of the first dex and of each builder dex, read twice."""
    return LIGHT * (1 + dexes) * _LOOKS if dexes else LIGHT


def open_orders(dexes: int) -> int:
    return PLAIN * (1 + dexes)


def surcharge(items: int) -> int:
    """What an answer of so many fills, trades, orders or payments costs more."""
    return math.ceil(items / _ITEMS_PER_WEIGHT)


def action(batch: int = 1) -> int:
    """What an action weighs that does so many things at once."""
    return 1 + batch // _ACTIONS_PER_WEIGHT

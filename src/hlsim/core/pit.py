"""The pit: what all desks work on, as one value."""

from dataclasses import dataclass

from hlsim.core.clearing import Clearing
from hlsim.core.ids import Ids
from hlsim.core.journal import Journal
from hlsim.core.market import Market
from hlsim.core.matching import Matching
from hlsim.core.open_orders import OpenOrders
from hlsim.core.timers import Timers


@dataclass(frozen=True, slots=True, kw_only=True)
class Pit:
    """One exchange's market, books, accounts and orders; who tells, numbers, times."""

    market: Market
    matching: Matching
    clearing: Clearing
    open: OpenOrders
    journal: Journal
    ids: Ids
    timers: Timers

"""A market that does what the test says, and nothing else: books, marks, trades, time.

Coins and numbers are round: a dollar price and a size in coins are given as texts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import msgspec

from hlsim.core.candles import Candle
from hlsim.core.market import (
    Book,
    Changes,
    Context,
    FundingRate,
    Level,
    Market,
    Trade,
)
from hlsim.core.numbers import parse_units
from hlsim.core.universe import (
    Instrument,
    MarginTable,
    MarginTier,
    Universe,
    flat_table,
)

MAKER = "0x" + "1" * 40
TAKER = "0x" + "2" * 40
COIN, OTHER, TIERED, ISOLATED, BUILT = range(5)
_TIERS = MarginTable(
    56, "40x", (MarginTier(Decimal(0), 40), MarginTier(Decimal(150_000_000), 20))
)


def _coin(name: str, sz_decimals: int, leverage: int, dex: str = "") -> Instrument:
    return Instrument(
        name=name,
        sz_decimals=sz_decimals,
        max_leverage=leverage,
        margin_table=flat_table(leverage),
        dex=dex,
    )


UNIVERSE = Universe(
    (
        _coin("COIN", 2, 20),
        _coin("OTHER", 0, 10),
        replace(_coin("TIERED", 2, 40), margin_table=_TIERS),
        replace(_coin("ISOLATED", 2, 5), only_isolated=True),
        _coin("xyz:BUILT", 2, 10, "xyz"),
    ),
    ("", "xyz"),
)
Side = Sequence[tuple[str, str]]


class Scripted(msgspec.Struct):
    """One block to come."""

    time_ms: int
    books: Mapping[int, tuple[Side, Side]]
    trades: Sequence[tuple[int, Trade]]
    marks: Mapping[int, str]


class ScriptedMarket:
    """The market port, scripted; every coin has mark and oracle 100 at first."""

    recorded_channels: frozenset[str] = frozenset()

    def __init__(self, *, keeps_queue: bool = False) -> None:
        self.universe = UNIVERSE
        self.participants = (MAKER, TAKER)
        self.keeps_queue = keeps_queue
        coins = range(len(UNIVERSE))
        self._books = {asset: Book(0, (), ()) for asset in coins}
        self._marks = {asset: self.px(asset, "100") for asset in coins}
        self._oracles = dict(self._marks)
        self.premiums: dict[int, int] = {}
        self.tape: list[tuple[int, Trade]] = []
        self._blocks: list[Scripted] = []

    def px(self, asset: int, text: str) -> int:
        return parse_units(text, self.universe[asset].px_decimals)

    def sz(self, asset: int, text: str) -> int:
        return parse_units(text, self.universe[asset].sz_decimals)

    def set_book(self, asset: int, bids: Side = (), asks: Side = ()) -> None:
        """Let a book be there from the start."""
        self._books[asset] = Book(
            0, self._levels(asset, bids), self._levels(asset, asks)
        )

    def _levels(self, asset: int, side: Side) -> tuple[Level, ...]:
        return tuple(
            Level(self.px(asset, px), self.sz(asset, sz), 1) for px, sz in side
        )

    def set_mark(self, asset: int, px: str) -> None:
        self._marks[asset] = self.px(asset, px)

    def set_oracle(self, asset: int, px: str) -> None:
        self._oracles[asset] = self.px(asset, px)

    def block(
        self,
        time_ms: int,
        *,
        books: Mapping[int, tuple[Side, Side]] | None = None,
        trades: Sequence[tuple[int, Trade]] = (),
        marks: Mapping[int, str] | None = None,
    ) -> None:
        """Let a block come: new books, trades, marks."""
        self._blocks.append(Scripted(time_ms, books or {}, trades, marks or {}))

    def trade(self, asset: int, side: str, px: str, sz: str) -> tuple[int, Trade]:
        """Return a trade of the participants for `block`."""
        users = (TAKER, MAKER) if side == "B" else (MAKER, TAKER)
        units = self.px(asset, px), self.sz(asset, sz)
        return asset, Trade(side, *units, 0, "0xab", 7, users)

    def start(self, at_ms: int) -> None: ...

    def next_ms(self, now_ms: int) -> int:
        return self._blocks[0].time_ms if self._blocks else now_ms + 1000

    def advance(self, now_ms: int) -> Iterator[Changes]:
        while self._blocks and self._blocks[0].time_ms <= now_ms:
            yield self._lived(self._blocks.pop(0))

    def _lived(self, block: Scripted) -> Changes:
        for asset, px in block.marks.items():
            self.set_mark(asset, px)
        for asset, (bids, asks) in block.books.items():
            self.set_book(asset, bids, asks)
        trades = [
            (asset, (msgspec.structs.replace(one, time_ms=block.time_ms),))
            for asset, one in block.trades
        ]
        quoted = sorted({*block.books, *block.marks})
        return Changes(block.time_ms, quoted, trades)

    def maker(self, asset: int) -> str:
        return MAKER

    def printed(self, asset: int, trades: Sequence[Trade]) -> None:
        self.tape.extend((asset, one) for one in trades)

    def delist(self, asset: int) -> None:
        coins = list(self.universe.instruments)
        coins[asset] = replace(coins[asset], is_delisted=True)
        self.universe = Universe(tuple(coins), self.universe.dexes)
        self.set_book(asset)

    def enlist(self, instrument: Instrument, px: int) -> int:
        raise ValueError("not in this script")

    def hold_back(self, asset: int, minutes: int) -> None: ...

    def publish_flat(self, asset: int) -> None: ...

    def best_px(self, asset: int) -> tuple[int, int]:
        bid, ask = self._books[asset].best
        return bid.px if bid else 0, ask.px if ask else 0

    def mid_halves(self, asset: int) -> int | None:
        bid, ask = self.best_px(asset)
        return bid + ask if bid and ask else None

    def book(self, asset: int) -> Book:
        return self._books[asset]

    def top(self, asset: int) -> Book:
        seen = self._books[asset]
        return Book(seen.time_ms, seen.bids[:1], seen.asks[:1])

    def recent_trades(self, asset: int) -> Sequence[Trade]:
        return [one for of, one in self.tape if of == asset]

    def minutes(self, asset: int, first_ms: int, last_ms: int) -> list[Candle]:
        return []

    def mark_px(self, asset: int, now_ms: int) -> int:
        return self._marks[asset]

    def oracle_px(self, asset: int) -> int:
        return self._oracles[asset]

    def premium(self, asset: int) -> int | None:
        return self.premiums.get(asset, 0)

    def context(self, asset: int, now_ms: int) -> Context:
        return Context(
            funding=0,
            open_interest=0,
            prev_day_px=0,
            day_ntl_vlm=0,
            day_base_vlm=0,
            premium=self.premium(asset),
            oracle_px=self._oracles[asset],
            mark_px=self._marks[asset],
            mid_halves=self.mid_halves(asset),
            impact_pxs=None,
        )

    def funding_history(
        self, asset: int, start_ms: int, end_ms: int
    ) -> list[FundingRate]:
        return []


def as_port(market: ScriptedMarket) -> Market:
    """Return the market as what it stands for: mypy checks that it is one."""
    return market

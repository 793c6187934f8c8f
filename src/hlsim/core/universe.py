"""The instruments of the exchange, their sizes, leverage and margin tables."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from hlsim.core.numbers import px_decimals

FLAT_TABLES_BELOW = 50


@dataclass(frozen=True, slots=True)
class MarginTier:
    """From ``lower_bound`` dollars of notional on, at most ``max_leverage``."""

    lower_bound: Decimal
    max_leverage: int


@dataclass(frozen=True, slots=True)
class MarginTable:
    """A leverage schedule; ids below 50 are flat and not listed by `meta` (§2)."""

    id: int
    description: str
    tiers: tuple[MarginTier, ...]

    def maintenance(self, notional: Decimal) -> Decimal:
        """Return the maintenance margin in dollars of a position.

        Half of the initial margin at the tier's leverage. The deduction keeps it
        continuous at the bounds; that formula is the protocol document's guess (§6).
        """
        rate, deduction = Decimal(0), Decimal(0)
        for tier in self.tiers:
            if notional < tier.lower_bound:
                break
            next_rate = 1 / Decimal(2 * tier.max_leverage)
            deduction += tier.lower_bound * (next_rate - rate)
            rate = next_rate
        return notional * rate - deduction


def flat_table(max_leverage: int) -> MarginTable:
    """Return the unlisted table whose id is its leverage."""
    tier = MarginTier(Decimal(0), max_leverage)
    return MarginTable(max_leverage, f"flat {max_leverage}x", (tier,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One perp; its asset id is its place in the universe."""

    name: str
    sz_decimals: int
    max_leverage: int
    margin_table: MarginTable
    only_isolated: bool = False
    is_delisted: bool = False

    @property
    def px_decimals(self) -> int:
        """Decimals of a price unit."""
        return px_decimals(self.sz_decimals)


@dataclass(frozen=True, slots=True)
class Universe:
    """All instruments in the order of their asset ids, delisted ones included."""

    instruments: tuple[Instrument, ...]
    _index: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = {one.name: asset for asset, one in enumerate(self.instruments)}
        if len(names) != len(self.instruments):
            raise ValueError("two instruments have the same name")
        object.__setattr__(self, "_index", names)

    def __len__(self) -> int:
        return len(self.instruments)

    def __getitem__(self, asset: int) -> Instrument:
        return self.instruments[asset]

    def asset(self, coin: str) -> int | None:
        """Return the asset id of ``coin``, None if there is no such coin."""
        return self._index.get(coin)

    @property
    def listed_tables(self) -> Sequence[MarginTable]:
        """The margin tables that `meta` lists, by id."""
        tables = {one.margin_table.id: one.margin_table for one in self.instruments}
        return [tables[i] for i in sorted(tables) if i >= FLAT_TABLES_BELOW]

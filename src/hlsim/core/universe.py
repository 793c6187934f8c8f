"""The instruments of the exchange, their sizes, leverage and margin tables."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from hlsim.core.numbers import px_decimals

FLAT_TABLES_BELOW = 50
FIRST_DEX = ""
# Builder dex number n (1, 2 ...) has the asset ids from 100000 + n * 10000 on (§3).
_BUILDER_BASE = 100_000
_DEX_STEP = 10_000


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


def flat_table(max_leverage: int) -> MarginTable:
    """Return the unlisted table whose id is its leverage."""
    tier = MarginTier(Decimal(0), max_leverage)
    return MarginTable(max_leverage, f"flat {max_leverage}x", (tier,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One perp; ``name`` of one on a builder dex is ``dex:NAME``."""

    name: str
    sz_decimals: int
    max_leverage: int
    margin_table: MarginTable
    only_isolated: bool = False
    is_delisted: bool = False
    dex: str = FIRST_DEX

    @property
    def px_decimals(self) -> int:
        """Decimals of a price unit."""
        return px_decimals(self.sz_decimals)


@dataclass(frozen=True, slots=True)
class Universe:
    """All instruments of all dexes, delisted ones included.

    ``asset`` is everywhere in hlsim the place in ``instruments``; `asset_id` is what
    the wire calls it: the place within its dex, plus the dex's base.
    """

    instruments: tuple[Instrument, ...]
    dexes: tuple[str, ...] = (FIRST_DEX,)
    _index: dict[str, int] = field(init=False, repr=False, compare=False)
    _members: dict[str, tuple[int, ...]] = field(init=False, repr=False, compare=False)
    _ids: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _by_id: dict[int, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = {one.name: asset for asset, one in enumerate(self.instruments)}
        if len(names) != len(self.instruments):
            raise ValueError("two instruments have the same name")
        members: dict[str, list[int]] = {dex: [] for dex in self.dexes}
        ids: list[int] = []
        for asset, one in enumerate(self.instruments):
            if one.dex not in members:
                raise ValueError(f"{one.name} is on a dex that does not exist")
            ids.append(self._base(one.dex) + len(members[one.dex]))
            members[one.dex].append(asset)
        object.__setattr__(self, "_index", names)
        object.__setattr__(
            self, "_members", {dex: tuple(found) for dex, found in members.items()}
        )
        object.__setattr__(self, "_ids", tuple(ids))
        object.__setattr__(self, "_by_id", {one: at for at, one in enumerate(ids)})

    def _base(self, dex: str) -> int:
        number = self.dexes.index(dex)
        return _BUILDER_BASE + number * _DEX_STEP if number else 0

    def __len__(self) -> int:
        return len(self.instruments)

    def __getitem__(self, asset: int) -> Instrument:
        return self.instruments[asset]

    def asset(self, coin: str) -> int | None:
        """Return the asset of ``coin``, None if there is no such coin."""
        return self._index.get(coin)

    def asset_id(self, asset: int) -> int:
        """Return the id that orders on the wire name ``asset`` by."""
        return self._ids[asset]

    def by_id(self, asset_id: int) -> int | None:
        """Return the asset of a wire id, None if there is no such asset."""
        return self._by_id.get(asset_id)

    def members(self, dex: str) -> tuple[int, ...]:
        """Return the assets of a dex by wire id; empty for an unknown dex."""
        return self._members.get(dex, ())

    def listed_tables(self, dex: str) -> Sequence[MarginTable]:
        """Return the margin tables that `meta` lists, by id."""
        found = [self.instruments[asset].margin_table for asset in self.members(dex)]
        tables = {one.id: one for one in found}
        return [tables[i] for i in sorted(tables) if i >= FLAT_TABLES_BELOW]

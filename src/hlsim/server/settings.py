"""Everything about the exchange that can be set; conflicting facts are settings too."""

from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path

from hlsim.core.numbers import USD_DECIMALS
from hlsim.core.terms import Terms
from hlsim.faults.kinds import Plan
from hlsim.wire.signing import SOURCES, Source

_MOST_SYMBOLS = 1000
_MOST_DAYS = 60
_MOST_FUNDS = Decimal(10**12)
_FASTEST = 10_000


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """A recording; ``coin`` says whose prices a candle file has."""

    path: Path
    coin: str = "BTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one address on the network may do; 0 switches a limit off (§1.3, §1.5)."""

    ip_weight: int = 1200
    ws_connections: int = 10
    ws_subscriptions: int = 1000
    ws_users: int = 10
    ws_messages: int = 2000
    ws_posts: int = 100
    ws_idle_secs: int = 60
    ws_queue: int = 10_000

    def __post_init__(self) -> None:
        _check_not_negative(self, "limits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """How often channels speak that do not follow the blocks, in ms of event time."""

    all_mids_ms: int = 500
    l2_book_ms: int = 500
    l2_book_fast_ms: int = 500
    user_ms: int = 1000

    def __post_init__(self) -> None:
        every = (self.all_mids_ms, self.l2_book_ms, self.l2_book_fast_ms, self.user_ms)
        _check(min(every) > 0, "a channel must pause at least a millisecond")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """Dollars that an address has at the start, on a builder dex if one is named."""

    address: str
    funds: Decimal = Decimal(0)
    dex: str = ""

    def __post_init__(self) -> None:
        _check(
            self.funds.is_finite() and 0 <= self.funds <= _MOST_FUNDS,
            f"{self.address} cannot begin with {self.funds:.3g} dollars",
        )
        micro = self.funds.scaleb(USD_DECIMALS)
        _check(
            micro == micro.to_integral_value(),
            f"{self.funds} dollars have more than {USD_DECIMALS} decimals",
        )


@dataclass(frozen=True, slots=True)
class Holding:
    """A position by name, before the universe is known: size and entry as text."""

    address: str
    coin: str
    szi: str
    entry_px: str
    leverage: int | None = None
    is_cross: bool = True


@dataclass(frozen=True, slots=True)
class DexCoin:
    """A perp of a builder dex (HIP-3), its name without the dex's."""

    name: str
    px: Decimal
    sz_decimals: int
    max_leverage: int


@dataclass(frozen=True, slots=True)
class BuilderDex:
    """A builder dex and its perps, in the order of their asset ids."""

    name: str
    coins: tuple[DexCoin, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One exchange. Raises ValueError with a sentence for what makes no sense."""

    host: str = "127.0.0.1"
    port: int = 0
    seed: int = 7
    symbols: int = 230
    dexes: tuple[BuilderDex, ...] = ()
    recordings: tuple[RecordedFile, ...] = ()
    mirror: str | None = None
    mirror_stale_ms: int = 10_000
    loop: bool = False
    playback_delay_ms: int = 250
    accounts: tuple[Deposit, ...] = ()
    holdings: tuple[Holding, ...] = ()
    agents: tuple[tuple[str, str], ...] = ()  # (master, agent), approved at the start
    speed: float = 1.0
    rate: int | None = None
    block_ms: int = 200
    history_days: int = 10
    limits: Limits = field(default_factory=Limits)
    cadence: Cadence = field(default_factory=Cadence)
    terms: Terms = field(default_factory=Terms)
    sources: tuple[Source, ...] = SOURCES
    faults: Plan | None = None
    control_port: int | None = None

    def __post_init__(self) -> None:
        _check(1 <= self.symbols <= _MOST_SYMBOLS, "symbols must be 1 to 1000")
        _check(0 <= self.history_days <= _MOST_DAYS, "history must be 0 to 60 days")
        _check(0 < self.speed <= _FASTEST, "speed must be positive, 10,000 at most")
        _check(self.rate is None or self.rate > 0, "rate must be positive")
        _check(self.block_ms > 0, "a block must take at least a millisecond")
        _check(
            not (self.dexes and self.market != "synthetic"),
            "builder dexes have no prices in a recording or a mirror",
        )
        _check(
            not (self.mirror and self.speed != 1),
            "a mirror runs as fast as what it mirrors: speed must be 1",
        )
        _check(self.mirror_stale_ms > 0, "a book must be fresh for a while")

    @property
    def market(self) -> str:
        """``synthetic``, ``recorded`` or ``mirror``."""
        if self.mirror:
            return "mirror"
        return "recorded" if self.recordings else "synthetic"


def _check(holds: bool, sentence: str) -> None:
    if not holds:
        raise ValueError(sentence)


def _check_not_negative(limits: Limits, what: str) -> None:
    for one in fields(limits):
        value = getattr(limits, one.name)
        _check(value >= 0, f"{what} must not be negative: {one.name} {value}")

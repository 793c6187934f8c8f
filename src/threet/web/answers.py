"""What the API answers: typed, described, with examples; exact numbers as text."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

Exact = Annotated[
    str, Field(description="An exact decimal number, as stored", examples=["64250.5"])
]
Ms = Annotated[int, Field(description="UTC milliseconds", examples=[1767225600000])]
AgeMs = Annotated[
    int, Field(description="Milliseconds, never negative", examples=[180])
]
Symbol = Annotated[
    str, Field(description="The exchange's own name", examples=["BTC", "kPEPE"])
]


def exact(value: Decimal) -> str:
    """Every digit, and never an exponent."""
    return f"{value:f}"


class ProductAnswer(BaseModel):
    """What is null is not known until the exchange's catalogue was read."""

    symbol: Symbol
    is_kept: bool = Field(description="Whether 3T stores its history")
    pair: str | None = Field(default=None, examples=["BTC/USDC:USDC"])
    exchange: str | None = Field(default=None, examples=["hyperliquid"])
    product_type: str | None = Field(default=None, examples=["PERP"])
    max_leverage: int | None = Field(default=None, examples=[40])
    quantity_decimals: int | None = Field(default=None, examples=[5])
    is_delisted: bool | None = None


class ProductsAnswer(BaseModel):
    products: list[ProductAnswer]


class PriceAnswer(BaseModel):
    symbol: Symbol
    kind: Literal["mid", "bid", "ask", "mark", "oracle"]
    price: Exact
    event_ms: Ms | None = Field(description="null where the exchange gives no time")
    received_ms: Ms
    age_ms: AgeMs
    state: Literal["fresh", "stale"]


class CoverageAnswer(BaseModel):
    """How many of all symbols, kept or not, have a mid price of each state."""

    symbols: int
    fresh: int
    stale: int
    missing: int


class PricesAnswer(BaseModel):
    now_ms: Ms
    stale_after_ms: int = Field(examples=[10000])
    coverage: CoverageAnswer
    prices: list[PriceAnswer]
    missing: list[Symbol] = Field(
        description="Kept, tradable symbols without any mid price"
    )


class CandlesAnswer(BaseModel):
    symbol: Symbol
    timeframe: str = Field(examples=["1m"])
    is_kept: bool = Field(description="Whether 3T stores the history of the symbol")
    source: Literal["store", "exchange"] = Field(
        description="Where the bars were read; both are followed live from there on"
    )
    read_ms: Ms
    columns: list[str]
    rows: list[tuple[int, str, str, str, str, str, int, bool]] = Field(
        description="Oldest first; the last one may still be forming",
        examples=[
            [[1767225600000, "64250", "64300", "64200", "64280", "12.5", 88, True]]
        ],
    )


class SparklineAnswer(BaseModel):
    times_ms: list[int]
    closes: list[str]
    reference: Exact | None = Field(description="The price that change is counted from")
    reference_ms: Ms | None


class SparklinesAnswer(BaseModel):
    now_ms: Ms
    sparklines: dict[str, SparklineAnswer]


class PositionAnswer(BaseModel):
    symbol: Symbol
    side: Literal["long", "short"]
    quantity: Exact = Field(description="Signed: a short is negative")
    entry_price: Exact
    leverage: int
    margin_mode: Literal["cross", "isolated"]
    margin_used: Exact
    position_value: Exact
    unrealized_pnl: Exact
    liquidation_price: Exact | None = Field(
        description="null where the exchange reports none"
    )
    funding_since_open: Exact


class PositionsAnswer(BaseModel):
    """``state`` is 'missing' when the account was never read, or none is set."""

    address: str | None
    state: Literal["fresh", "stale", "missing"]
    account_ms: Ms | None
    age_ms: AgeMs | None
    positions: list[PositionAnswer]


class BalancePointAnswer(BaseModel):
    account_ms: Ms
    account_value: Exact
    withdrawable: Exact


class BalancesAnswer(BaseModel):
    address: str | None
    state: Literal["fresh", "stale", "missing"]
    account_ms: Ms | None
    age_ms: AgeMs | None
    account_value: Exact | None
    withdrawable: Exact | None
    total_margin_used: Exact | None
    total_notional: Exact | None
    maintenance_margin: Exact | None
    history: list[BalancePointAnswer]


class AccountAnswer(BaseModel):
    """One reading of the account, so that balance and positions agree."""

    balances: BalancesAnswer
    positions: PositionsAnswer


class GroupAnswer(BaseModel):
    group: str
    consumers: int
    pending: int
    lag: int | None = Field(description="null when the server cannot tell")


class StreamAnswer(BaseModel):
    stream: str = Field(examples=["prices:updated"])
    length: int
    newest_entry_ms: Ms | None
    age_ms: AgeMs | None
    groups: list[GroupAnswer]


class StreamsAnswer(BaseModel):
    now_ms: Ms
    streams: list[StreamAnswer]


class DependencyAnswer(BaseModel):
    name: str = Field(examples=["database"])
    state: Literal["up", "down", "unknown"]
    reason: str = ""
    checked_ms: Ms | None = None


class BudgetUseAnswer(BaseModel):
    """Weight of the last minute: taken by a priority, and free for it now."""

    used: int
    left: int


class AddressBudgetAnswer(BaseModel):
    """Actions that the account has sent and may send, as read every five minutes."""

    used: int
    cap: int
    per_hour: float
    exhausted_in_secs: float | None = Field(
        description="At the present rate; null when it does not shrink"
    )


class RateBudgetAnswer(BaseModel):
    limit: int = Field(description="Weight of a minute, all processes together")
    used: int
    left: int
    by_priority: dict[str, BudgetUseAnswer] = Field(
        description="cancel, reduce, order, account, data"
    )
    paused_secs: float = Field(description="How long the exchange told us to wait")
    is_shared: bool = Field(
        description="false while Redis is away and each process has a small share"
    )
    address: AddressBudgetAnswer | None


class ProcessAnswer(BaseModel):
    """'missing' processes are expected but never gave a sign."""

    name: str = Field(examples=["price_stream_producer"])
    state: Literal["alive", "dead", "missing"]
    pid: int | None = None
    started_ms: Ms | None = None
    beat_ms: Ms | None = None
    age_ms: AgeMs | None = None
    figures: dict[str, int | float | str] = {}
    faults: list[str] = Field(
        default=[],
        description="What it lost since its start, in words",
        examples=[["3 frames refused"]],
    )


class HealthAnswer(BaseModel):
    status: Literal["ok", "degraded", "down"]
    is_ready: bool
    now_ms: Ms
    network: str = Field(examples=["simulator"])
    reasons: list[str] = Field(
        description="Why it is not ok, in words", examples=[["3 of 230 prices stale"]]
    )
    dependencies: list[DependencyAnswer]
    processes: list[ProcessAnswer]
    streams: list[StreamAnswer]
    prices: CoverageAnswer | None
    messages_per_sec: float | None = Field(
        description="Entries that this process follows; null until it was measured"
    )
    rate_budget: RateBudgetAnswer | None = Field(
        default=None, description="null while it is not known"
    )


class LiveAnswer(BaseModel):
    status: Literal["ok"] = "ok"


class ReadyAnswer(BaseModel):
    is_ready: bool
    reasons: list[str]


class ErrorAnswer(BaseModel):
    """``dependency`` names what did not answer, null for faults of the request."""

    error: str = Field(examples=["no product 'NOPE' is kept; see `3t products`"])
    dependency: str | None = None

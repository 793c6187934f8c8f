"""What the API answers about trading: decisions, orders, fills, limits, halts."""

from typing import Literal

from pydantic import BaseModel, Field

from threet.web.answers import AgeMs, Exact, Ms, Symbol

_RUN = Field(
    description="The strategy run; empty where several wanted it together",
    examples=["reversion"],
)
_NEXT = Field(
    description="Give it as `before` for the page behind; null when there is none"
)


class InputAnswer(BaseModel):
    """What a decision rested on, and how old it was then."""

    name: str
    value: str | None = Field(description="null where it was not known")
    age_ms: AgeMs | None


class VerdictAnswer(BaseModel):
    """What one gate said; ``reason`` has its numbers."""

    gate: str
    passed: bool
    reason: str


class TargetAnswer(BaseModel):
    symbol: Symbol
    amount: Exact
    measure: Literal["quantity", "notional", "weight"]
    stop_loss: Exact | None
    take_profit: Exact | None


class GrantedAnswer(BaseModel):
    symbol: Symbol
    quantity: Exact = Field(description="Signed, in coins: the position it may have")
    stop_loss: Exact | None
    take_profit: Exact | None


class DecisionAnswer(BaseModel):
    decision_id: str
    run: str = _RUN
    event: str = Field(examples=["candle SOL 1m 1767225600000"])
    at_ms: Ms
    because: str
    values: dict[str, float | int | str | bool]
    inputs: list[InputAnswer]
    targets: list[TargetAnswer]
    verdicts: list[VerdictAnswer]
    granted: list[GrantedAnswer] = Field(
        description="Empty where everything stays as it was"
    )
    traceparent: str


class DecisionsAnswer(BaseModel):
    now_ms: Ms
    decisions: list[DecisionAnswer] = Field(description="Newest first")
    next: str | None = _NEXT


class FillAnswer(BaseModel):
    symbol: Symbol
    tid: int
    oid: int
    cloid: str | None
    run: str | None = Field(
        description="The strategy run; empty where several wanted it together, null"
        " where it was no order of 3T"
    )
    side: Literal["buy", "sell"]
    price: Exact
    quantity: Exact
    fee: Exact = Field(description="In USDC; a rebate is negative")
    closed_pnl: Exact = Field(description="As the exchange reckons it, without the fee")
    start_position: Exact
    time_ms: Ms
    is_taker: bool
    is_liquidation: bool


class FillsAnswer(BaseModel):
    now_ms: Ms
    fills: list[FillAnswer] = Field(description="Newest first")
    next: str | None = _NEXT


class WorkingOrderAnswer(BaseModel):
    symbol: Symbol
    oid: int
    cloid: str | None
    run: str | None = Field(description="null for an order that is not of 3T")
    side: Literal["buy", "sell"]
    quantity: Exact
    remaining: Exact
    limit_price: Exact
    trigger_price: Exact | None
    reduce_only: bool
    status: str
    status_ms: Ms


class IntentAnswer(BaseModel):
    """An order as it was committed before it was sent, and what became of it."""

    intent_id: str
    cloid: str
    run: str = _RUN
    symbol: Symbol
    side: Literal["buy", "sell"]
    quantity: Exact
    limit_price: Exact
    time_in_force: str = Field(examples=["Ioc"])
    reduce_only: bool
    trigger: Literal["sl", "tp"] | None
    trigger_price: Exact | None
    state: Literal["unknown", "landed", "refused", "dead"] = Field(
        description="unknown: committed, and nothing yet proves what became of it;"
        " dead: it never landed and never can"
    )
    created_ms: Ms
    expires_ms: Ms
    oid: int | None
    reason: str


class OrdersAnswer(BaseModel):
    now_ms: Ms
    state: Literal["fresh", "stale", "missing"] = Field(
        description="of `working`; missing while nobody has looked"
    )
    as_of_ms: Ms | None
    age_ms: AgeMs | None
    working: list[WorkingOrderAnswer] | None = Field(
        description="Orders as last seen at the exchange; null while not known"
    )
    open_intents: list[IntentAnswer] = Field(
        description="Every order of which it is not known whether it landed"
    )
    settled_intents: list[IntentAnswer] = Field(description="The newest, newest first")
    next: str | None = _NEXT


class RunTargetAnswer(BaseModel):
    symbol: Symbol
    quantity: Exact
    stop_loss: Exact | None
    take_profit: Exact | None
    decision_id: str
    at_ms: Ms


class RunPositionAnswer(BaseModel):
    symbol: Symbol
    quantity: Exact = Field(description="Signed: what its part of the fills adds up to")
    entry_price: Exact | None
    unrealized: Exact | None = Field(
        description="null without a fresh mark price, or where the cost is not known"
    )


class PnlRowAnswer(BaseModel):
    key: str = Field(
        description="A run, a symbol, or a UTC day; (outside) is of no run: by hand, or"
        " closed by a kill; (between runs) what runs closed of each other's"
    )
    realized: Exact
    fees: Exact
    funding: Exact
    settled: Exact = Field(description="realized - fees + funding")
    unrealized: Exact | None = Field(
        description="null without a fresh mark price, where a cost is not known, and of"
        " a day"
    )
    net: Exact | None = Field(description="settled + unrealized")
    volume: Exact
    fills: int
    deposits: Exact


class PnlAnswer(BaseModel):
    """Of an account of which nothing is recorded the total is 0: see `fills`."""

    now_ms: Ms
    by: Literal["run", "product", "day"]
    rows: list[PnlRowAnswer] = Field(description="Of days the newest first")
    total: PnlRowAnswer = Field(description="Of the account, by the exchange's words")
    deposits: Exact = Field(description="Less withdrawals")
    gaps: int = Field(description="Fills that were never told, as others show")
    unknown_updates: int = Field(
        description="Movements of money whose effect is not known"
    )


class LimitAnswer(BaseModel):
    name: str = Field(examples=["most_gross"])
    unit: Literal["usdc", "multiple", "share", "ms", "orders"]
    limit: Exact
    used: Exact | None = Field(description="null where it is not known")
    share: float | None = Field(
        description="How much of it is used, for drawing: 1 is all"
    )
    is_least: bool = Field(description="What may not be fallen short of")
    applies: bool = Field(
        description="false where there is nothing now that it would be judged by"
    )
    reason: str = Field(description="Whose it is, or why it is not known")


class RunAnswer(BaseModel):
    name: str
    strategy: str
    parameters: dict[str, float | int | str | bool | list[str] | None]
    started_ms: Ms = Field(description="When it last began anew")
    is_configured: bool = Field(description="Whether the settings name it now")
    targets: list[RunTargetAnswer]
    positions: list[RunPositionAnswer]
    pnl: PnlRowAnswer | None = Field(description="null while it has no fill")
    limits: list[LimitAnswer] = Field(
        description="Its own, where it has some, and how much it uses of them"
    )


class RunsAnswer(BaseModel):
    now_ms: Ms
    runs: list[RunAnswer]


class LimitsAnswer(BaseModel):
    now_ms: Ms
    limits: list[LimitAnswer]


class HaltAnswer(BaseModel):
    account: str
    cause: str = Field(examples=["kill_switch"])
    reason: str
    since_ms: Ms


class HaltsAnswer(BaseModel):
    now_ms: Ms
    is_halted: bool
    accounts: list[str] = Field(description="Every account that a kill would halt")
    halts: list[HaltAnswer]


class EquityPointAnswer(BaseModel):
    at_ms: Ms
    equity: Exact


class EquityCheckAnswer(BaseModel):
    """Whether the ledger explains the account's value."""

    account_ms: Ms
    account_value: Exact
    expected: Exact = Field(
        description="deposits + realized + funding - fees + unrealized"
    )
    difference: Exact = Field(description="What the account has more than is explained")
    verdict: Literal["holds", "suspect", "differs"] = Field(
        description="suspect: one reading differs, which is no fact yet"
    )


class EquityAnswer(BaseModel):
    now_ms: Ms
    state: Literal["fresh", "stale", "missing"]
    points: list[EquityPointAnswer] = Field(
        description="Oldest first; of a long time the last reading of each part"
    )
    check: EquityCheckAnswer | None = Field(
        description="The last one; null while there was none"
    )


class SessionAnswer(BaseModel):
    """Comes with a cookie, which no script can read."""

    is_logged_in: bool
    needs_login: bool = Field(description="Whether `web.token` is set")
    why_closed: str | None = Field(
        description="Why nothing can be changed from here; null where it can"
    )
    csrf: str = Field(
        description="Send it as `x-csrf-token` with every POST, and the cookie"
    )

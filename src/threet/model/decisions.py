"""Why something was done, or was not (B7): one record for each evaluation."""

from decimal import Decimal

import msgspec

from threet.model.targets import Target


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """Something a decision rested on. ``age_ms`` is how old it was then; both are None
    where it was not known."""

    name: str
    value: str | None
    age_ms: int | None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What one gate said; ``reason`` has its numbers."""

    gate: str
    passed: bool
    reason: str


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """The position a run may have: signed, in coins, rounded to what can be traded."""

    symbol: str
    quantity: Decimal
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """``decision_id`` is the same for the same event of the same run. ``granted`` is
    empty where the gates, or unknown inputs, let everything stay as it was.
    ``traceparent`` (W3C) is of the frame, bar or fill that brought it about, "" where
    that was not traced."""

    decision_id: str
    run: str
    event: str
    at_ms: int
    because: str
    inputs: tuple[Input, ...] = ()
    values: dict[str, float | int | str | bool] = {}
    targets: tuple[Target, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    granted: tuple[Granted, ...] = ()
    traceparent: str = ""

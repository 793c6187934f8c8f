"""Short ways to build model objects, each with one thing worth saying."""

from decimal import Decimal
from typing import Any

from threet.model.candles import Candle, Timeframe
from threet.model.events import Envelope, PricesUpdated
from threet.model.prices import PriceChange, PriceKind

START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z


def bar(**changes: Any) -> Candle:
    """A closed one-minute bar at 100, with the given fields changed."""
    fields: dict[str, Any] = {
        "symbol": "BTC",
        "timeframe": Timeframe.M1,
        "open_ms": START_MS,
        "open": Decimal(100),
        "high": Decimal(100),
        "low": Decimal(100),
        "close": Decimal(100),
        "volume": Decimal(1),
        "trades": 1,
        "is_closed": True,
    }
    return Candle(**{**fields, **changes})


def prices(
    *mids: tuple[str, str], received_ns: int = START_MS * 1_000_000, **more: Any
) -> PricesUpdated:
    """Mid prices as one frame brings them: ``prices(("BTC", "100.5"))``."""
    return PricesUpdated(
        received_ns=received_ns,
        changes=tuple(
            PriceChange(symbol, PriceKind.MID, Decimal(text)) for symbol, text in mids
        ),
        **more,
    )


def envelope(number: int, **more: Any) -> Envelope:
    """The ``number``-th of a row of price events, each with an id of its own."""
    return Envelope(event_id=f"e-{number}", event=prices(("BTC", f"{number}"), **more))

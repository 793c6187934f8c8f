"""What one subscription of a stream is about."""

from enum import Enum
from typing import NamedTuple

from threet.model.candles import Timeframe


class Channel(Enum):
    MIDS = "mids"  # mid prices of every symbol of a dex at once
    BOOK = "book"
    TRADES = "trades"
    CANDLE = "candle"  # the forming bar
    QUOTE = "quote"  # best bid and ask
    CONTEXT = "context"  # mark and oracle price
    ORDER_UPDATES = "order_updates"  # of an account; without a snapshot
    USER_EVENTS = "user_events"  # of an account; without a snapshot


class Topic(NamedTuple):
    """``subject`` is a symbol, an account's address, or a dex, of which "" is the
    first one."""

    channel: Channel
    subject: str = ""
    timeframe: Timeframe | None = None

    def __str__(self) -> str:
        frame = "" if self.timeframe is None else f" {self.timeframe.value}"
        return f"{self.channel.value} {self.subject}{frame}".strip()

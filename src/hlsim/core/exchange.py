"""The exchange: instruments, market and accounts as one object, driven by event time.

It knows no socket and no clock: whoever drives it says what time it is. Matching,
agents and fills of the next floor belong here.
"""

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from hlsim.core.accounts import Account, Accounts, AccountState, account_state
from hlsim.core.candles import Candle, aggregate, merged, span
from hlsim.core.intervals import MINUTE_MS, open_ms
from hlsim.core.market import Changes, Market
from hlsim.core.universe import Universe


class UnknownCoinError(LookupError):
    """Somebody asked for a coin that is not in the universe."""

    def __init__(self, coin: str) -> None:
        self.coin = coin
        super().__init__(coin)

    def __str__(self) -> str:
        return f"there is no coin called {self.coin!r}"


class Exchange:
    """All state of the simulated exchange."""

    def __init__(self, market: Market, accounts: Accounts) -> None:
        """Join a market and the accounts that trade on it."""
        self.market = market
        self.accounts = accounts
        # Per coin and interval: the minute being formed, and all before it merged.
        self._closed: dict[tuple[int, str], tuple[int, Candle | None]] = {}

    @property
    def universe(self) -> Universe:
        """The instruments, by asset id."""
        return self.market.universe

    def advance(self, now_ms: int) -> Iterator[Changes]:
        """Yield what happened up to ``now_ms``, block by block."""
        for block in self.market.advance(now_ms):
            for asset, trades in block.trades:
                self.market.printed(asset, trades)
            yield block

    def asset(self, coin: str) -> int:
        """Return the asset id of ``coin``; raises UnknownCoinError."""
        asset = self.universe.asset(coin)
        if asset is None:
            raise UnknownCoinError(coin)
        return asset

    def candles(
        self, asset: int, interval: str, start_ms: int, end_ms: int, now_ms: int
    ) -> list[Candle]:
        """Return the candles a request selects, the forming one last (§2.1)."""
        first, last = span(interval, start_ms, end_ms, now_ms)
        return aggregate(self.market.minutes(asset, first, last), interval)

    def forming(self, asset: int, interval: str, now_ms: int) -> Candle | None:
        """Return the candle that ``now_ms`` falls into, None before its first trade."""
        minute = now_ms - now_ms % MINUTE_MS
        closed = self._closed_part(asset, interval, minute)
        newest = self.market.minutes(asset, minute, now_ms)
        if not newest:
            return closed
        row = msgspec.structs.replace(newest[-1], t=open_ms(interval, now_ms))
        return row if closed is None else merged(closed, row)

    def _closed_part(self, asset: int, interval: str, minute: int) -> Candle | None:
        known = self._closed.get((asset, interval))
        if known is None or known[0] != minute:
            first = open_ms(interval, minute)
            rows = self.market.minutes(asset, first, minute - 1)
            made = aggregate(rows, interval)
            known = (minute, made[-1] if made else None)
            # Blocks still due may bring trades of a minute before.
            if self.market.next_ms(minute) >= minute:
                self._closed[asset, interval] = known
        return known[1]

    def mark_px(self, asset: int, now_ms: int) -> Decimal:
        """Return the mark price in dollars."""
        units = self.market.context(asset, now_ms).mark_px
        return Decimal(units).scaleb(-self.universe[asset].px_decimals)

    def account(self, address: str) -> Account:
        """Return the account of ``address``; an unknown one is an empty one."""
        return self.accounts.get(address)

    def account_state(self, address: str, now_ms: int) -> AccountState:
        """Value the account of ``address`` at the current marks."""
        return account_state(
            self.account(address),
            self.universe,
            lambda asset: self.mark_px(asset, now_ms),
        )

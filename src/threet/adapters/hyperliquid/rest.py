"""HyperLiquid's /info over HTTP: one pooled session, typed errors, no retries."""

from collections.abc import Mapping, Sequence

from threet.adapters.hyperliquid import answers
from threet.adapters.hyperliquid.account_reading import AccountReading
from threet.adapters.hyperliquid.dex_catalogue import DexCatalogue, Tell, tell_nobody
from threet.adapters.hyperliquid.dexes import BuilderDexes, OfEach
from threet.adapters.hyperliquid.posting import Posting
from threet.model.accounts import AccountRead, AccountState, AddressUse
from threet.model.candles import Candle, Timeframe
from threet.model.errors import MalformedAnswerError
from threet.model.products import Product
from threet.model.trades import Trade
from threet.ports.clock import Clock


class HyperliquidReader:
    """Implements ``threet.ports.exchange.ManagedExchange``; safe in many threads."""

    def __init__(
        self,
        *,
        url: str,
        clock: Clock,
        timeout_secs: float,
        connections: int = 64,
        dexes: Sequence[str] = (),
        tell: Tell = tell_nobody,
    ) -> None:
        """``timeout_secs`` is as in ``Posting``. ``dexes`` are builders': their
        products and the account on them are read as well, and ``tell`` is told of what
        is the matter with one.
        """
        self._clock = clock
        self._posting = Posting(
            url=url.rstrip("/") + "/info",
            clock=clock,
            timeout_secs=timeout_secs,
            connections=connections,
        )
        self._dexes = BuilderDexes(self._posting, dexes, clock)
        self._of_dexes = DexCatalogue(self._dexes, tell)
        self._reading = AccountReading(self._states)

    def server_ms(self) -> int:
        request = {"type": "exchangeStatus"}
        body = self._ask(request)
        return answers.read(_name(request), body, answers.STATUS, lambda s: s.time)

    def products(self) -> Sequence[Product]:
        request = {"type": "meta"}
        body = self._ask(request)
        first = answers.read(_name(request), body, answers.META, answers.products)
        return [*first, *self._of_dexes.products()]

    def candles(
        self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int
    ) -> Sequence[Candle]:
        asked = {
            "coin": symbol,
            "interval": timeframe.value,
            "startTime": start_ms,
            "endTime": end_ms,
        }
        name = f"candleSnapshot {symbol} {timeframe.value}"
        body = self._ask({"type": "candleSnapshot", "req": asked}, symbol)
        now_ms = self._clock.now_ms()
        rows = answers.read(
            name, body, answers.CANDLES, lambda rows: answers.candles(rows, now_ms)
        )
        if any(row.symbol != symbol or row.timeframe is not timeframe for row in rows):
            raise MalformedAnswerError(name, "holds bars that were not asked for")
        return rows

    def recent_trades(self, symbol: str) -> Sequence[Trade]:
        """Implements ``threet.ports.trade_history.TradeHistory``."""
        name = f"recentTrades {symbol}"
        body = self._ask({"type": "recentTrades", "coin": symbol}, symbol)
        trades = answers.read(name, body, answers.TRADES, answers.trades)
        if any(trade.symbol != symbol for trade in trades):
            raise MalformedAnswerError(name, "holds trades that were not asked for")
        return trades

    def account(self, address: str) -> AccountState:
        """Over the first dex and the builder dexes."""
        return self._reading.of(address)

    def readable_account(self, address: str) -> AccountRead:
        return self._reading.readable(address)

    def _states(self, address: str) -> OfEach[AccountState]:
        posting, clock = self._posting, self._clock
        return self._dexes.of_each(
            lambda dex: answers.ask_account(posting, address, dex, clock)
        )

    def address_use(self, address: str) -> AddressUse:
        request = {"type": "userRateLimit", "user": address}
        body = self._ask(request)
        now_ms = self._clock.now_ms()
        return answers.read(
            _name(request),
            body,
            answers.RATE_LIMIT,
            lambda answer: answers.address_use(answer, now_ms),
        )

    def recreate(self) -> None:
        self._posting.recreate()

    def close(self) -> None:
        self._posting.close()

    def _ask(self, request: Mapping[str, object], symbol: str | None = None) -> bytes:
        return self._posting.ask(_name(request), request, symbol)


def _name(request: Mapping[str, object]) -> str:
    return str(request["type"])

"""A market that follows a script: 230 symbols in memory, moved by a seed.

`python -m tests.system.web.scripted 8080` serves the page on it.
"""

import asyncio
import random
import sys
import time
from collections.abc import Sequence
from decimal import Decimal

from threet.adapters.memory.account_store import MemoryAccountStore
from threet.adapters.memory.candle_store import MemoryCandleStore
from threet.adapters.memory.exchange import MemoryExchange
from threet.adapters.memory.live_view import MemoryLiveView, MemoryProcessBoard
from threet.adapters.memory.product_store import MemoryProductStore
from threet.bootstrap import WebParts
from threet.market_data.newest_prices import NewestPrices
from threet.model.accounts import AccountPosition, AccountState, MarginMode
from threet.model.candles import Candle, Timeframe
from threet.model.errors import UnknownSymbolError
from threet.model.events import (
    BalanceUpdated,
    CandleFormed,
    CandlesClosed,
    Envelope,
    Event,
    PricesUpdated,
)
from threet.model.prices import NewestPrice, PriceChange, PriceKey, PriceKind
from threet.model.products import Product
from threet.web.server import WebServer

ADDRESS = "0x" + "ab" * 20
FIRST = ("BTC", "ETH", "SOL", "HYPE", "XRP", "kPEPE", "DOGE", "SUI", "ENA", "AVAX")
_HEADS = ("ARB", "LINK", "OP", "TIA", "SEI", "APT", "INJ", "WIF", "JUP", "ONDO")
SYMBOLS = FIRST + tuple(f"{head}{at:02d}" for at in range(22) for head in _HEADS)
STARTS = {
    "BTC": "64250.5", "ETH": "3120.4", "SOL": "148.31", "HYPE": "31.204",
    "XRP": "0.6123", "kPEPE": "0.011834",
}  # fmt: skip
_LOOK_AGAIN_SECS = 0.05
PROCESSES = (
    "price_stream_producer",
    "price_stream_consumer",
    "celery_worker",
    "celery_beat",
    "trader",
)
TIMEFRAMES = (
    Timeframe.M1,
    Timeframe.M5,
    Timeframe.M15,
    Timeframe.H1,
    Timeframe.H4,
    Timeframe.D1,
)


class ShiftedClock:
    """The machine's clock, which a test may push ahead; who sleeps wakes up by it."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def now_ms(self) -> int:
        return self.now_ns() // 1_000_000

    def now_ns(self) -> int:
        return time.time_ns() + self.ahead_ms * 1_000_000

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead_ms / 1_000

    async def sleep(self, secs: float) -> None:
        wake_at = self.monotonic() + secs
        # Not an event: a test pushes the clock from another thread.
        while (left := wake_at - self.monotonic()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(min(left, _LOOK_AGAIN_SECS))


class ScriptedLiveView(MemoryLiveView):
    """Remembers prices by the rules of the stream: confirmed ones, vanished ones."""

    def __init__(self) -> None:
        super().__init__()
        self._newest = NewestPrices()

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        await super().publish(envelopes)
        for envelope in envelopes:
            if isinstance(envelope.event, PricesUpdated):
                self._newest.apply(envelope.event)

    def show_prices(self, prices: Sequence[NewestPrice]) -> None:
        """What is answered from now on, whatever was told."""
        self._newest = NewestPrices(prices)

    async def newest_prices(self) -> Sequence[NewestPrice]:
        await super().newest_prices()  # fails when it is down
        return self._newest.all()


class Script:
    """The parts of a page, and the hand that moves them."""

    def __init__(
        self,
        *,
        port: int,
        symbols: Sequence[str] = SYMBOLS,
        others: Sequence[str] = (),
        bars: int = 600,
        stale_after_ms: int = 3_000,
        address: str | None = ADDRESS,
    ) -> None:
        """``symbols`` are kept; the exchange lists ``others`` too."""
        self.clock = ShiftedClock()
        self._chance = random.Random(7)  # noqa: S311 - a script, not a secret
        self._count = 0
        listed = (*symbols, *others)
        self._prices = {s: Decimal(STARTS.get(s, "12.345")) for s in listed}
        self._forming: dict[str, Candle] = {}
        kept = [_product(symbol) for symbol in symbols]
        self.live = ScriptedLiveView()
        self.products = MemoryProductStore(kept)
        self.candles = MemoryCandleStore(self.products)
        self.accounts = MemoryAccountStore()
        self.exchange = MemoryExchange(self.clock, map(_product, listed))
        self._boards = [
            MemoryProcessBoard(self.live, self.clock, name, 4200 + at)
            for at, name in enumerate(PROCESSES)
        ]
        self.write_history(bars)
        self.record_account()
        self.parts = WebParts(
            clock=self.clock,
            products=self.products,
            candles=self.candles,
            accounts=self.accounts,
            live=self.live,
            exchange=self.exchange,
            network="simulator",
            address=address,
            expected_processes=PROCESSES,
            price_stale_after_ms=stale_after_ms,
            port=port,
        )

    async def tell(self, *events: Event) -> None:
        envelopes = []
        for event in events:
            self._count += 1
            envelopes.append(Envelope(event_id=f"script-{self._count}", event=event))
        await self.live.publish(envelopes)

    async def set_price(self, symbol: str, price: str) -> None:
        """Every kind of price of a symbol, and its forming minute."""
        self._prices[symbol] = Decimal(price)
        await self.tell(*self._news_of((symbol,)))

    async def move(self, symbols: Sequence[str]) -> None:
        for symbol in symbols:
            step = Decimal(self._chance.randint(-6, 6)) / 10_000
            self._prices[symbol] = _near(self._prices[symbol] * (1 + step), symbol)
        await self.tell(*self._news_of(symbols))

    async def confirm_mids(self, *vanished: PriceKey) -> None:
        """A frame of all mid prices: none has changed, some may be there no more."""
        await self.tell(
            PricesUpdated(
                received_ns=self.clock.now_ns(),
                changes=(),
                confirms_mids=True,
                vanished=vanished,
            )
        )

    async def beat(self, but: str = "", **lost: int | str) -> None:
        figures = {"messages": self._count, "reconnects": 0, **lost}
        for name, board in zip(PROCESSES, self._boards, strict=True):
            if name != but:
                await board.beat(figures)

    async def run(self) -> None:
        """Every symbol keeps its price fresh; most of them move all the time."""
        symbols = list(self._prices)
        while True:
            await self.move(self._chance.sample(symbols, len(symbols) // 3))
            await self.beat()
            await self.clock.sleep(0.3)

    def record_account(self) -> None:
        now_ms = self.clock.now_ms()
        for back in range(60, -1, -1):
            value = Decimal("25000.123456") + self._chance.randint(-90_000, 90_000) / (
                Decimal(1000)
            )
            self.accounts.record(_account(now_ms - back * 60_000, value), ())

    async def tell_balance(self) -> None:
        state = _account(self.clock.now_ms(), Decimal("26123.5"))
        self.accounts.record(state, ())
        await self.tell(
            BalanceUpdated(
                received_ns=self.clock.now_ns(),
                address=ADDRESS,
                account_value=state.account_value,
                total_margin_used=state.total_margin_used,
                withdrawable=state.withdrawable,
            )
        )

    def _news_of(self, symbols: Sequence[str]) -> list[Event]:
        now_ns = self.clock.now_ns()
        mids = [PriceChange(s, PriceKind.MID, self._prices[s]) for s in symbols]
        changes = [
            PriceChange(symbol, kind, self._prices[symbol])
            for symbol in symbols
            for kind in (PriceKind.MARK, PriceKind.ORACLE)
        ]
        bid = [
            PriceChange(s, kind, _near(self._prices[s] * factor, s), Decimal(3))
            for s in symbols
            for kind, factor in (
                (PriceKind.BID, Decimal("0.9999")),
                (PriceKind.ASK, Decimal("1.0001")),
            )
        ]
        news: list[Event] = [
            # As allMids gives them: without a time of the exchange's.
            PricesUpdated(received_ns=now_ns, changes=tuple(mids)),
            PricesUpdated(
                received_ns=now_ns,
                event_ms=now_ns // 1_000_000,
                changes=tuple(changes + bid),
            ),
        ]
        for symbol in symbols:
            if symbol in FIRST or len(symbols) < len(FIRST):
                news += self._candle_news(symbol, now_ns)
        return news

    def _candle_news(self, symbol: str, now_ns: int) -> list[Event]:
        open_ms = Timeframe.M1.open_of(now_ns // 1_000_000)
        known, price = self._forming.get(symbol), self._prices[symbol]
        news: list[Event] = []
        if known is None or known.open_ms != open_ms:
            if known is not None:
                closed = _candle(symbol, Timeframe.M1, known.open_ms, known, True)
                # Of a market that only the exchange lists no bars are kept.
                if symbol in {one.symbol for one in self.products.products()}:
                    self.candles.save((closed,))
                news.append(CandlesClosed(received_ns=now_ns, candles=(closed,)))
            known = _flat(symbol, open_ms, price)
        grown = Candle(
            symbol=symbol,
            timeframe=Timeframe.M1,
            open_ms=open_ms,
            open=known.open,
            high=max(known.high, price),
            low=min(known.low, price),
            close=price,
            volume=known.volume + Decimal("0.25"),
            trades=known.trades + 1,
            is_closed=False,
        )
        self._forming[symbol] = grown
        return [*news, CandleFormed(received_ns=now_ns, candle=grown)]

    def write_history(self, bars: int) -> None:
        """Backwards from the start price, so that history and live agree."""
        for symbol in self._prices:
            is_first = symbol in FIRST
            for timeframe in TIMEFRAMES if is_first else (Timeframe.M1, Timeframe.H1):
                count = bars if is_first else min(bars, 60)
                found = self._history(symbol, timeframe, count)
                self._keep(found)
                if found and timeframe is Timeframe.M1:
                    self._forming[symbol] = found[0]

    def _keep(self, bars: Sequence[Candle]) -> None:
        try:
            self.candles.save(bars)
        except UnknownSymbolError:
            self.exchange.add_candles(bars)  # of a symbol that is not kept

    def _history(self, symbol: str, timeframe: Timeframe, count: int) -> list[Candle]:
        close = self._prices[symbol]
        open_ms = timeframe.open_of(self.clock.now_ms())
        found = []
        reach = {Timeframe.M1: 12, Timeframe.H1: 60}.get(timeframe, 35)
        for back in range(count):
            drift = Decimal(self._chance.gauss(0, reach)).quantize(Decimal(1)) / 10_000
            start = _near(close * (1 - drift), symbol)
            wick = 1 + Decimal(self._chance.randint(1, reach)) / 15_000
            found.append(
                Candle(
                    symbol=symbol,
                    timeframe=timeframe,
                    open_ms=open_ms - back * timeframe.millis,
                    open=start,
                    high=max(_near(max(start, close) * wick, symbol), start, close),
                    low=min(_near(min(start, close) / wick, symbol), start, close),
                    close=close,
                    volume=Decimal(self._chance.randint(20, 900))
                    * (timeframe.millis // Timeframe.M1.millis)
                    / 10,
                    trades=self._chance.randint(1, 300),
                    is_closed=back > 0,
                )
            )
            close = start
        return found


def _near(price: Decimal, symbol: str) -> Decimal:
    """With the decimals the symbol started with."""
    return price.quantize(Decimal(STARTS.get(symbol, "12.345")))


def _flat(symbol: str, open_ms: int, price: Decimal) -> Candle:
    return Candle(
        symbol=symbol,
        timeframe=Timeframe.M1,
        open_ms=open_ms,
        open=price,
        high=price,
        low=price,
        close=price,
        volume=Decimal(0),
        trades=0,
        is_closed=False,
    )


def _candle(
    symbol: str, timeframe: Timeframe, open_ms: int, of: Candle, is_closed: bool
) -> Candle:
    return Candle(
        symbol=symbol,
        timeframe=timeframe,
        open_ms=open_ms,
        open=of.open,
        high=of.high,
        low=of.low,
        close=of.close,
        volume=of.volume,
        trades=of.trades,
        is_closed=is_closed,
    )


def _product(symbol: str) -> Product:
    leverage = {"BTC": 40, "ETH": 25, "SOL": 20}.get(symbol, 10)
    return Product(
        exchange="hyperliquid",
        symbol=symbol,
        pair=f"{symbol}/USDC:USDC",
        max_leverage=leverage,
        quantity_decimals=4,
    )


def _account(at_ms: int, value: Decimal) -> AccountState:
    held = (
        ("BTC", "0.15", "63980.0", 10, "40.575000", "58321.4"),
        ("ETH", "-2.4", "3098.25", 5, "-53.160000", "3655.1"),
        ("kPEPE", "250000", "0.011790", 3, "11.000000", None),
    )
    return AccountState(
        address=ADDRESS,
        account_ms=at_ms,
        account_value=value,
        total_margin_used=Decimal("3442.118000"),
        total_notional=Decimal("20084.535000"),
        withdrawable=Decimal("21558.005456"),
        maintenance_margin=Decimal("172.1"),
        positions=tuple(
            AccountPosition(
                symbol=symbol,
                quantity=Decimal(quantity),
                entry_price=Decimal(entry),
                leverage=leverage,
                margin_mode=MarginMode.CROSS,
                margin_used=Decimal("963.75"),
                position_value=Decimal("9637.575"),
                unrealized_pnl=Decimal(pnl),
                liquidation_price=None if liquidation is None else Decimal(liquidation),
                funding_since_open=Decimal("-1.25"),
            )
            for symbol, quantity, entry, leverage, pnl, liquidation in held
        ),
    )


async def _serve(port: int, symbols: Sequence[str], bars: int) -> None:
    script = Script(port=port, symbols=symbols, bars=bars, stale_after_ms=10_000)
    async with asyncio.TaskGroup() as tasks:
        moving = tasks.create_task(script.run())
        await WebServer(script.parts).serve()
        moving.cancel()


if __name__ == "__main__":
    is_small = sys.argv[2:] == ["small"]
    market, length = (FIRST, 10) if is_small else (SYMBOLS, 3000)
    asyncio.run(_serve(int(sys.argv[1]), market, length))

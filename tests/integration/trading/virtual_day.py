"""Every shipped strategy on one account of hlsim, in process and in virtual time:
engine, decision store, netting, gateway and desk as they are, and the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from hlsim.core.commands import UpdateLeverage
from hlsim.server.settings import Deposit, Limits, RecordedFile, Settings
from hlsim.virtual import VirtualExchange
from threet.accounts.ledger import Ledger
from threet.accounts.ledger_watch import LedgerWatch, LedgerWatchParts
from threet.adapters.hyperliquid import answers
from threet.adapters.hyperliquid.money_history import HyperliquidMoneyHistory
from threet.adapters.hyperliquid.posting import Posting
from threet.adapters.hyperliquid.signing import Signer
from threet.adapters.hyperliquid.trading import Account, HyperliquidOrderDesk
from threet.adapters.sql.database import Database
from threet.adapters.sql.decision_store import SqlDecisionStore
from threet.adapters.sql.halt_store import SqlHaltStore
from threet.adapters.sql.ledger_store import SqlLedgerStore
from threet.adapters.sql.trading_store import SqlFillStore, SqlIntentStore
from threet.engine.run import StrategyRun
from threet.engine.view import RunView
from threet.execution.gateway import Gateway, GatewayParts
from threet.execution.netting import net
from threet.execution.reconciling import Book, Manner
from threet.execution.wishes import Approval
from threet.model.accounts import AccountState
from threet.model.candles import Candle, Timeframe
from threet.model.events import AlertRaised
from threet.model.products import Product
from threet.strategies.catalogue import made

# A key of nobody, for this test only.
SIGNER = Signer("0x" + "5e" * 32, "b")
ADDRESS = SIGNER.address
FUNDS = Decimal(20_000)
MINUTE_MS = 60_000
# Ten minutes before midnight, UTC: a short day sees an hour and two dates.
START_MS = 1_760_050_800_000 + 50 * MINUTE_MS


def synthetic(seed: int) -> Settings:
    return Settings(
        seed=seed,
        symbols=8,
        block_ms=5_000,
        history_days=1,
        accounts=(Deposit(address=ADDRESS, funds=FUNDS),),
        limits=Limits(ip_weight=0),
    )


def recorded(files: Sequence[RecordedFile], seed: int) -> Settings:
    return Settings(
        seed=seed,
        recordings=tuple(files),
        block_ms=5_000,
        accounts=(Deposit(address=ADDRESS, funds=FUNDS),),
        limits=Limits(ip_weight=0),
        loop=True,
    )


class Door(Posting):
    """Into the exchange without a socket."""

    def __init__(self, exchange: VirtualExchange, path: str) -> None:
        self._exchange = exchange
        self._path = path

    def ask(
        self, name: str, request: Mapping[str, object], symbol: str | None = None
    ) -> bytes:
        del name, symbol
        if self._path == "exchange":
            return msgspec.json.encode(self._exchange.post_action(request))
        return msgspec.json.encode(self._exchange.info(request))


@dataclass
class ExchangeClock:
    exchange: VirtualExchange

    def now_ms(self) -> int:
        return self.exchange.now_ms

    def now_ns(self) -> int:
        return self.exchange.now_ms * 1_000_000

    def monotonic(self) -> float:
        return self.exchange.now_ms / 1000

    async def sleep(self, secs: float) -> None:
        raise AssertionError(f"nobody sleeps {secs} s here")


class VirtualDay:
    def __init__(
        self,
        settings: Settings,
        database: Database,
        strategies: Mapping[str, tuple[str, Mapping[str, object]]],
    ) -> None:
        self.exchange = VirtualExchange(settings, start_ms=START_MS)
        self.clock = ExchangeClock(self.exchange)
        self.info = Door(self.exchange, "info")
        self.alerts: list[AlertRaised] = []
        self.decisions = SqlDecisionStore(database)
        self.store = SqlLedgerStore(database, account=ADDRESS)
        self.fills = SqlFillStore(database, account=ADDRESS)
        self.watch = LedgerWatch(
            LedgerWatchParts(
                clock=self.clock,
                store=self.store,
                money=HyperliquidMoneyHistory(self.info, address=ADDRESS),
                halts=SqlHaltStore(database, account=ADDRESS),
                alert=self.alerts.append,
            )
        )
        self.products = {one.symbol: one for one in self._listed()}
        for asset in range(len(self.products)):
            cross = UpdateLeverage(asset=asset, is_cross=True, leverage=3)
            self.exchange.act(ADDRESS, cross)
        self.gateway = self._gateway(database)
        self.runs = [self._run(name, *what) for name, what in strategies.items()]
        self._seen: dict[tuple[str, str, Timeframe], int] = {}
        self.said: set[str] = set()

    def _listed(self) -> Sequence[Product]:
        body = self.info.ask("meta", {"type": "meta"})
        return answers.products(answers.META.decode(body))

    def _gateway(self, database: Database) -> Gateway:
        names = list(self.products)
        desk = HyperliquidOrderDesk(
            exchange=Door(self.exchange, "exchange"),
            info=self.info,
            signer=SIGNER,
            account=Account(address=ADDRESS),
            asset_of=names.index,
            server_ms=self.clock.now_ms,
        )
        intents = SqlIntentStore(database, account=ADDRESS, signer=ADDRESS)
        gateway = Gateway(
            GatewayParts(
                clock=self.clock,
                desk=desk,
                intents=intents,
                fills=self.fills,
                read_account=self._read,
                book=self._book,
                decimals=lambda symbol: self.products[symbol].quantity_decimals,
                approve=lambda _spec, _reading: Approval(is_approved=True),
                manner=Manner(least_share=Decimal("0.01")),
            )
        )
        gateway.start()
        return gateway

    def _run(
        self, name: str, strategy: str, parameters: Mapping[str, object]
    ) -> StrategyRun:
        chosen = made(strategy, parameters)
        self.decisions.begin(name, strategy, "{}", self.clock.now_ms())
        view = RunView(needs=chosen.needs(), most_price_age_ms=60_000)
        run = StrategyRun(
            name=name,
            strategy=chosen,
            view=view,
            decimals=lambda symbol: self.products[symbol].quantity_decimals,
        )
        for symbol in view.needs.symbols:
            for timeframe in view.needs.timeframes:
                run.warm(self._bars(symbol, timeframe, view.needs.bars + 1))
        return run

    def _bars(self, symbol: str, timeframe: Timeframe, count: int) -> Sequence[Candle]:
        now_ms = self.clock.now_ms()
        asked = {
            "coin": symbol,
            "interval": timeframe.value,
            "startTime": now_ms - count * timeframe.millis,
            "endTime": now_ms,
        }
        body = self.info.ask("candleSnapshot", {"type": "candleSnapshot", "req": asked})
        bars = answers.candles(answers.CANDLES.decode(body), now_ms)
        return [bar for bar in bars if bar.is_closed]

    def _read(self) -> AccountState:
        account = self.account()
        self.watch.note(account)
        return account

    def account(self) -> AccountState:
        asked = {"type": "clearinghouseState", "user": ADDRESS}
        wire = answers.ACCOUNT.decode(self.info.ask("clearinghouseState", asked))
        return answers.account(wire, ADDRESS, self.clock.now_ms())

    def ask(self, kind: str, **more: object) -> Any:
        return self.exchange.info({"type": kind, "user": ADDRESS, **more})

    def _book(self, symbol: str) -> Book | None:
        bids, asks = self.ask("l2Book", coin=symbol)["levels"]
        if not bids or not asks:
            return None
        return Book(bid=Decimal(bids[0]["px"]), ask=Decimal(asks[0]["px"]))

    def ledger(self) -> Ledger:
        return self.watch.reader.ledger()

    def live(self, minutes: int) -> None:
        for _ in range(minutes):
            self._decide()
            for _ in range(2):  # a turn is a close, and then an opening
                self.exchange.advance(1_000)
                self._cycle()
            self.exchange.advance(MINUTE_MS - 2_000)
        # What the last cycle sent is told to the next.
        self.gateway.doubt()
        self.gateway.observe()

    def _cycle(self) -> None:
        for done in self.gateway.cycle(net(self.decisions.targets())):
            self.said.add(done.what.split(":")[-1].strip())

    def _decide(self) -> None:
        now_ms = self.clock.now_ms()
        mids = self.exchange.info({"type": "allMids"})
        contexts = self.exchange.info({"type": "metaAndAssetCtxs"})[1]
        rates = dict(
            zip(self.products, (float(one["funding"]) for one in contexts), strict=True)
        )
        equity = self.account().account_value
        ledger = self.ledger()
        for run in self.runs:
            run.view.equity = equity
            run.view.positions = dict(ledger.positions_of(run.name))
            run.view.note_funding(rates)
            for symbol in run.view.needs.symbols:
                run.view.note_price(symbol, Decimal(mids[symbol]), now_ms)
            for symbol in run.view.needs.symbols:
                for timeframe in run.view.needs.timeframes:
                    self._closed(run, symbol, timeframe)

    def _closed(self, run: StrategyRun, symbol: str, timeframe: Timeframe) -> None:
        key = run.name, symbol, timeframe
        for bar in self._bars(symbol, timeframe, 2):
            if bar.open_ms > self._seen.get(key, -1):
                self._seen[key] = bar.open_ms
                decision = run.on_candle(bar, self.clock.now_ms())
                if decision is not None:
                    self.decisions.record(decision, run.view.memory)

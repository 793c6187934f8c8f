"""The whole order gateway process on hlsim over sockets, with its streams."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import urllib3

from hlsim.core.commands import SendAsset
from hlsim.core.numbers import USD
from hlsim.core.refusal import Refused
from hlsim.core.terms import Terms
from hlsim.faults.armed import Armed
from hlsim.faults.plan import Fault
from hlsim.server.settings import BuilderDex, Deposit, Limits, Settings
from hlsim.testing import Served, serving
from tests import polling
from threet.accounts.authority import Authority
from threet.accounts.equity_watch import EquityWatch
from threet.accounts.ledger_watch import LedgerWatch, LedgerWatchParts
from threet.accounts.trading_rights import TradingRights
from threet.adapters.hyperliquid.account_feed import HyperliquidAccountFeed
from threet.adapters.hyperliquid.dexes import BuilderDexes
from threet.adapters.hyperliquid.money_history import HyperliquidMoneyHistory
from threet.adapters.hyperliquid.order_answers import plain
from threet.adapters.hyperliquid.posting import Posting
from threet.adapters.hyperliquid.rest import HyperliquidReader
from threet.adapters.hyperliquid.signing import Signer
from threet.adapters.hyperliquid.trading import Account, HyperliquidOrderDesk
from threet.adapters.memory.authority_memory import MemoryAuthorityMemory
from threet.adapters.sql.account_store import SqlAccountStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.decision_store import SqlDecisionStore
from threet.adapters.sql.engine import make_engine
from threet.adapters.sql.halt_store import SqlHaltStore
from threet.adapters.sql.ledger_store import SqlLedgerStore
from threet.adapters.sql.migrate import migrate
from threet.adapters.sql.order_store import SqlOrderStore
from threet.adapters.sql.trading_store import SqlFillStore, SqlIntentStore
from threet.adapters.sql.trading_view import SqlTradingView
from threet.adapters.system_clock import SystemClock
from threet.bootstrap import ProcessParts
from threet.bootstrap.order_gateway import OrderGatewayParts, account_reader
from threet.bootstrap.risk import account_gate, sent_before
from threet.components.order_gateway import OrderGateway
from threet.execution.account_news import AccountNews
from threet.execution.gateway import Gateway, GatewayParts
from threet.execution.reconciling import Book, Manner
from threet.execution.wishes import Approval, Reading
from threet.market_data.quotes import Quotes
from threet.market_data.trading_catalogue import TradingCatalogue
from threet.model.accounts import AccountRead
from threet.model.decisions import Decision, Granted
from threet.model.errors import DependencyError
from threet.model.events import AlertRaised, Envelope
from threet.model.orders import OrderSpec
from threet.model.prices import NewestPrice, PriceKind
from threet.ports.trading_view import Page
from threet.resilience.backoff import Backoff
from threet.risk.limits import Limits as RiskLimits

# A key of nobody, for this test only.
SIGNER = Signer("0x" + "5e" * 32, "b")
ADDRESS = SIGNER.address
FUNDS = Decimal(1_000_000)


# Blocks so far apart that no test sees one: the market stands still, and what users do
# happens as ever.
CALM_MS = 3_600_000


async def until(is_so: Callable[[], bool], secs: float = 60) -> None:
    async with asyncio.timeout(secs):
        await polling.until(is_so)


async def cycles_later(gateway: OrderGateway, count: int = 1) -> None:
    """So many whole cycles after this moment: what the exchange shows of the cycle
    that is under way, the gateway may not have counted or written down yet."""
    now = int(gateway.figures()["cycles"])
    await until(lambda: int(gateway.figures()["cycles"]) > now + count)


class Silent:
    async def beat(self, figures: object) -> None: ...

    async def farewell(self) -> None: ...


@dataclass
class BookView:
    """The newest prices as the exchange itself has them now."""

    desk: "Desk"

    async def newest_prices(self) -> Sequence[NewestPrice]:
        if self.desk.is_unpriced:
            raise DependencyError("redis", "is away")
        return await asyncio.to_thread(self._asked)

    async def prices_of(self, symbols: Collection[str]) -> Sequence[NewestPrice]:
        return [one for one in await self.newest_prices() if one.symbol in symbols]

    def _asked(self) -> Sequence[NewestPrice]:
        symbols = (self.desk.symbol, *self.desk.also)
        return [one for symbol in symbols for one in self._of(symbol)]

    def _of(self, symbol: str) -> Sequence[NewestPrice]:
        book = self.desk.book(symbol)
        now_ns = self.desk.clock.now_ns()
        kinds = {
            PriceKind.BID: book.bid,
            PriceKind.ASK: book.ask,
            PriceKind.MID: book.mid,
        }
        return [
            NewestPrice(
                symbol=symbol, kind=kind, price=price, event_ms=None, received_ns=now_ns
            )
            for kind, price in kinds.items()
        ]

    @asynccontextmanager
    async def follow(
        self, streams: Sequence[str]
    ) -> AsyncIterator[AsyncIterator[Sequence[Envelope]]]:
        del streams
        yield _nothing()


async def _nothing() -> AsyncIterator[Sequence[Envelope]]:
    await asyncio.Event().wait()
    yield []


def approve_all(spec: OrderSpec, reading: Reading) -> Approval:
    del spec, reading
    return Approval(is_approved=True)


@dataclass
class Desk:
    """An exchange, a database, and gateways that come and go; ``symbol`` is traded."""

    served: Served
    database: Database
    reader: HyperliquidReader
    symbol: str = "BTC"
    dexes: Sequence[str] = ()
    manner: Manner = field(default_factory=Manner)
    clock: SystemClock = field(default_factory=SystemClock)
    alerts: list[AlertRaised] = field(default_factory=list)
    readings: int = 0  # of the account, by the gateway
    is_unpriced: bool = False  # whether the streams are away
    also: Sequence[str] = ()  # priced as well
    is_gated: bool = False  # by the account's risk gate; else all is approved
    watch: EquityWatch = field(default_factory=EquityWatch)
    authority: Callable[[], Authority] = Authority
    bounds: RiskLimits = RiskLimits()  # noqa: RUF009  # frozen
    memory: MemoryAuthorityMemory = field(default_factory=MemoryAuthorityMemory)

    def __post_init__(self) -> None:
        account = ADDRESS
        self.intents = SqlIntentStore(self.database, account=account, signer=ADDRESS)
        self.fills = SqlFillStore(self.database, account=account)
        self.decisions = SqlDecisionStore(self.database)
        self.halts = SqlHaltStore(self.database, account=account)
        self.orders = SqlOrderStore(self.database, account=account)
        self.ledger = LedgerWatch(
            LedgerWatchParts(
                clock=self.clock,
                store=SqlLedgerStore(self.database, account=account),
                money=HyperliquidMoneyHistory(
                    self._posting("info"), address=account, dexes=self.dexes
                ),
                halts=self.halts,
                alert=self.alerts.append,
                dexes=self.dexes,
            )
        )
        self.quotes = Quotes(self.clock, 10_000)
        self._read = account_reader(
            self._asked,
            accounts=SqlAccountStore(self.database),
            watch=self.watch,
            ledger=self.ledger,
        )
        self._wishes = 0
        self.process: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[OrderGateway]:
        """A process from its start to its end."""
        feed = HyperliquidAccountFeed(
            url=self.served.ws_url, clock=self.clock, backoff=Backoff(most_secs=0.2)
        )
        news = AccountNews(lambda: feed.is_live)
        parts = OrderGatewayParts(
            process=ProcessParts(clock=self.clock, board=Silent()),
            address=ADDRESS,
            rights=TradingRights(
                ask=lambda _: self.authority(),
                memory=self.memory,
                clock=self.clock,
            ),
            opened=lambda rights: self._opened(rights, news),
            ledger=self.ledger,
            feed=feed,
            news=news,
            live=BookView(self),  # type: ignore[arg-type]  # what a gateway asks of it
            quotes=self.quotes,
            intents=self.intents,
            fills=self.fills,
            decisions=self.decisions,
            halts=self.halts,
            orders=self.orders,
            relay=lambda: 0,
            alert=self.alerts.append,
            every_secs=0.2,
        )
        gateway = OrderGateway(parts)
        # A cycle in its thread outlives the task; a process that ended does nothing.
        with ThreadPoolExecutor() as threads:
            asyncio.get_running_loop().set_default_executor(threads)
            running = self.process = asyncio.create_task(gateway.run())
            try:
                await until(
                    lambda: (
                        running.done()  # one that is refused comes to no cycle
                        or (news.is_live and gateway.figures()["cycles"] != 0)
                    )
                )
                yield gateway
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

    def _opened(self, rights: Authority, news: AccountNews) -> Gateway:
        catalogue = TradingCatalogue(self.reader.products, self.clock)
        info = self._posting("info")
        desk = HyperliquidOrderDesk(
            exchange=self._posting("exchange"),
            info=info,
            signer=SIGNER,
            account=Account(address=ADDRESS, vault=rights.vault),
            asset_of=catalogue.asset_of,
            server_ms=self.reader.server_ms,
            dexes=BuilderDexes(info, self.dexes, self.clock),
        )
        return Gateway(
            GatewayParts(
                clock=self.clock,
                desk=desk,
                intents=self.intents,
                fills=self.fills,
                read_account=self._read,
                book=self.book,
                decimals=catalogue.decimals,
                approve=self._gate(catalogue) if self.is_gated else approve_all,
                news=news,
                manner=self.manner,
                lives_ms=15_000,  # longer than any pause of the machine
            )
        )

    def _gate(
        self, catalogue: TradingCatalogue
    ) -> Callable[[OrderSpec, Reading], Approval]:
        return account_gate(
            clock=self.clock,
            bounds=self.bounds,
            quotes=self.quotes,
            watch=self.watch,
            halts=self.halts,
            delisted=catalogue.delisted,
            sent=sent_before(
                SqlTradingView(self.database, account=ADDRESS), self.clock.now_ms()
            ),
        )

    def _asked(self) -> AccountRead:
        self.readings += 1
        return self.reader.readable_account(ADDRESS)

    def want(
        self,
        quantity: str,
        *,
        stop: Decimal | None = None,
        profit: Decimal | None = None,
        symbol: str | None = None,
    ) -> None:
        """As a run that decides."""
        symbol = self.symbol if symbol is None else symbol
        self._wishes += 1
        self.decisions.record(
            Decision(
                decision_id=f"run/{self._wishes}",
                run="run",
                event=f"candle {symbol} {self._wishes}",
                at_ms=self.clock.now_ms(),
                because="the test wants it",
                granted=(
                    Granted(
                        symbol=symbol,
                        quantity=Decimal(quantity),
                        stop_loss=stop,
                        take_profit=profit,
                    ),
                ),
            ),
            {},
        )

    def strike(self, fault: Fault) -> Armed:
        """Let the exchange suffer it now; it did when this returns."""
        faults = self.served.server.faults
        assert faults is not None

        def now(_: object) -> Armed:
            # By its own clock: by another, a little ahead, it would not be due yet.
            armed = faults.injector.add(fault, faults.clock.now_ms())
            faults.events.carry_out_due()
            return armed

        return self.served.call(now)

    def lift(self, armed: Armed) -> None:
        faults = self.served.server.faults
        assert faults is not None

        def now(_: object) -> None:
            faults.injector.remove(armed.number)
            faults.events.lift(armed)

        self.served.call(now)

    def ask(self, **question: object) -> Any:
        """The exchange itself, past everything of 3T."""
        answer = urllib3.request("POST", f"{self.served.url}/info", json=question)
        return answer.json()

    def book(self, symbol: str) -> Book:
        bids, asks = self.ask(type="l2Book", coin=symbol)["levels"]
        return Book(bid=Decimal(bids[0]["px"]), ask=Decimal(asks[0]["px"]))

    def position(self) -> Decimal:
        for one in self.reader.account(ADDRESS).positions:
            if one.symbol == self.symbol:
                return one.quantity
        return Decimal(0)

    def resting(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for dex in ("", *self.dexes):
            found += self.ask(type="frontendOpenOrders", user=ADDRESS, dex=dex)
        return found

    def send(self, dollars: int, source: str, target: str) -> None:
        """Of the account's own, from one dex to another."""
        wish = SendAsset(
            destination=ADDRESS,
            source_dex=source,
            destination_dex=target,
            usd=dollars * USD,
        )
        done = self.served.call(lambda one: one.act(ADDRESS, wish, self.clock.now_ms()))
        assert not isinstance(done, Refused)

    def move(self, order: dict[str, Any], price: Decimal) -> None:
        """Its owner drags it in the exchange's app: a new one of the same cloid."""
        is_stop = order["isTrigger"]
        terms = {"isMarket": True, "triggerPx": plain(price), "tpsl": "sl"}
        moved = {
            "a": 0,
            "b": order["side"] == "B",
            "p": order["limitPx"].removesuffix(".0") if is_stop else plain(price),
            "s": plain(Decimal(order["sz"])),
            "r": order["reduceOnly"],
            "t": {"trigger": terms} if is_stop else {"limit": {"tif": "Alo"}},
            "c": order["cloid"],
        }
        action = {"type": "modify", "oid": order["oid"], "order": moved}
        nonce = self.clock.now_ms()
        signature = SIGNER.sign(action, nonce)
        request = {"action": action, "nonce": nonce, "signature": signature}
        answer = self._posting("exchange").ask("modify", request)
        assert msgspec.json.decode(answer)["status"] == "ok", answer

    def pauses_ms(self) -> list[int]:
        """Between one order and the next; a nonce is of when it was prepared."""
        view = SqlTradingView(self.database, account=ADDRESS)
        settled = view.settled_intents(Page(limit=100))
        at_ms = sorted(one.intent.nonce for one in settled)
        return [after - before for before, after in pairwise(at_ms)]

    def is_swept(self) -> bool:
        """Whether the exchange will cancel what is still to come."""
        return self.served.call(lambda one: one.dead_man.due_ms(ADDRESS) is not None)

    def stops(self) -> list[str]:
        return sorted(one["triggerPx"] for one in self.resting() if one["isTrigger"])

    def _posting(self, path: str) -> Posting:
        url = f"{self.served.url}/{path}"
        return Posting(url=url, clock=self.clock, timeout_secs=10)


@contextmanager
def opened(
    folder: Path,
    *,
    dexes: Sequence[BuilderDex] = (),
    follows: Sequence[str] = (),
    symbol: str = "BTC",
    block_ms: int = 200,
) -> Iterator[Desk]:
    """``follows`` are the configured ones of the exchange's ``dexes``."""
    settings = Settings(
        symbols=3,
        history_days=0,
        block_ms=block_ms,
        limits=Limits(ip_weight=0, ws_connections=0),
        accounts=(Deposit(address=ADDRESS, funds=FUNDS),),
        control_port=0,
        dexes=tuple(dexes),
        terms=Terms(scheduled_cancel_volume=0),
    )
    database = Database(make_engine(f"sqlite:///{folder / '3t.db'}"))
    migrate(database.engine)
    with serving(settings) as served:
        reader = HyperliquidReader(
            url=served.url, clock=SystemClock(), timeout_secs=10, dexes=follows
        )
        yield Desk(served, database, reader, symbol, follows)
    database.close()

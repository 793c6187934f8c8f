"""Wires the doctor: what it asks, of whom, and in which order."""

import asyncio
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from threet.accounts.doctor import (
    account_checks,
    dex_checks,
    exchange_checks,
    product_checks,
    state_checks,
)
from threet.accounts.doctor.account_checks import Remembering
from threet.accounts.doctor.examining import Check, Wait, examined, impatient
from threet.accounts.doctor.product_checks import Need
from threet.adapters.sql.account_ids import known_addresses
from threet.adapters.sql.database import Database
from threet.adapters.sql.halt_store import SqlHaltStore
from threet.adapters.sql.ledger_store import SqlLedgerStore
from threet.adapters.sql.migrate import current_revision, newest_revision
from threet.adapters.sql.trading_store import SqlIntentStore
from threet.bootstrap import access, processes
from threet.bootstrap import settings as root
from threet.bootstrap.exchange_desk import ExchangeDesk
from threet.bootstrap.platform_seen import Platform, seen
from threet.bootstrap.product_questions import ProductQuestions
from threet.bootstrap.strategy_runs import configured
from threet.config.sections import Sections
from threet.execution.round_trip import RoundTrip
from threet.model.accounts import AccountState
from threet.model.errors import (
    ConfigurationError,
    DependencyError,
    ExchangeError,
    RateLimitedError,
)
from threet.model.findings import Finding, fail, ok, unknown, warn
from threet.model.products import Product
from threet.ports.clock import Clock

# Address, account mode, agent and collateral come first.
_OF_CONNECTION = 4
GATEWAY = "order_gateway"


@dataclass(kw_only=True)
class Doctor:
    """``is_alone``: nobody else trades in this data folder, and nobody will while it
    is held; for the round trip. ``agent`` signs for the 3T that runs there, with a key
    that nobody else can read."""

    settings: Sections
    clock: Clock
    trades: bool = False
    is_alone: bool = False
    agent: str | None = None
    wait: Wait = impatient
    _redis_reason: str = field(default="", init=False)
    _is_clock_off: bool = field(default=False, init=False)

    def findings(self) -> Iterator[Finding]:
        """In the order in which they are to be mended."""
        yield ok("configuration", "every value is a valid one")
        yield self._network()
        yield from examined([("strategies", self._strategies)])
        yield from examined([("redis", self._redis), ("database", self._database)])
        if not (yield from self._exchange_is_there()):
            yield unknown("account", "not asked", "first the exchange, then the rest")
            return
        yield from examined(self._of_account(), self.wait)
        yield from examined([("builder dexes", self._dexes)], self.wait)
        yield from examined([("products", self._products)], self.wait)
        if self.trades:
            yield from examined([("round trip", self._round_trip)])

    def connection(self) -> Iterator[Finding]:
        """Only what concerns the exchange, the address and the key."""
        yield self._network()
        if (yield from self._exchange_is_there()):
            yield from examined(self._of_account()[:_OF_CONNECTION])

    @cached_property
    def desk(self) -> ExchangeDesk:
        return ExchangeDesk(
            self.settings, self.clock, is_shared=self.platform is not None
        )

    @cached_property
    def platform(self) -> Platform | None:
        """None where Redis does not answer, or is not there yet."""
        if self.settings.redis.host is None:
            return None
        try:
            return asyncio.run(seen(self.settings, self.clock))
        except DependencyError as error:
            self._redis_reason = str(error)
            return None

    @cached_property
    def address(self) -> str | None:
        """The configured account, or the only one that the database knows."""
        configured_one = self.settings.exchanges.hyperliquid.wallet_address
        if configured_one is not None or not self._has_database:
            return configured_one
        known = self._store.read(known_addresses)
        return known[0] if len(known) == 1 else None

    @cached_property
    def _store(self) -> Database:
        return processes.database(self.settings)

    def close(self) -> None:
        if "_store" in self.__dict__:  # it was looked into
            self._store.close()

    @cached_property
    def _has_database(self) -> bool:
        if not _is_there(self.settings):
            return False
        try:
            return current_revision(self._store.engine) == newest_revision()
        except DependencyError:
            return False

    @cached_property
    def _reader(self) -> Remembering:
        return Remembering(self.desk.identity)

    @cached_property
    def _account(self) -> AccountState:
        return self.desk.exchange.account(self.known_address())

    @cached_property
    def _catalogue(self) -> Sequence[Product]:
        return self.desk.exchange.products()

    @cached_property
    def _needs(self) -> Sequence[Need]:
        try:
            runs = configured(self.settings)
        except ConfigurationError:
            return ()  # told by its own check
        needs = [strategy.needs() for _, strategy in runs]
        return product_checks.merged(
            [(one.symbols, one.timeframes, one.bars) for one in needs]
        )

    def _network(self) -> Finding:
        return exchange_checks.trades_there(
            self.settings.exchanges.hyperliquid.network,
            is_allowed=self.settings.execution.on_mainnet,
        )

    def _strategies(self) -> Iterator[Finding]:
        try:
            runs = configured(self.settings)
        except ConfigurationError as error:
            yield fail("strategies", "; ".join(error.reasons), "mend config.yml")
            return
        if not runs:
            remedy = "name some in config.yml: docs/tutorial/write-a-strategy.md"
            yield warn("strategies", "none: nothing is decided", remedy)
            return
        names = ", ".join(run.name for run, _ in runs)
        yield ok("strategies", f"{len(runs)}: {names}")

    def _redis(self) -> Iterator[Finding]:
        if self.platform is not None:
            yield ok("redis", f"answers; {len(self.platform.alive)} processes live")
        elif self._redis_reason:
            yield fail("redis", self._redis_reason, "start Redis, check `redis`")
        else:
            yield warn("redis", "nothing runs here now", "`3t up` brings its own")

    def _database(self) -> Iterator[Finding]:
        url = root.database_url(self.settings)
        where = url.host or f"SQLite in {Path(str(url.database)).parent}"
        if not _is_there(self.settings):
            yield warn("database", f"{where}: not there yet", "`3t up` makes it")
            return
        current = current_revision(self._store.engine)
        yield state_checks.database(current, newest_revision(), str(where))

    def _exchange_is_there(self) -> Generator[Finding, None, bool]:
        url = root.rest_url(self.settings)
        try:
            reading = exchange_checks.read_time(
                self.desk.exchange.server_ms, self.clock
            )
        except RateLimitedError as error:
            remedy = "requests are used up, as at a start: wait a minute, ask again"
            yield unknown("exchange", f"{url}: {error.reason}", remedy)
            return False
        except ExchangeError as error:
            remedy = "check network and URL; of the simulator: does `hlsim serve` run?"
            yield fail("exchange", f"{url}: {error.reason}", remedy)
            return False
        yield exchange_checks.reachable(url, reading)
        clock = exchange_checks.clock_skew(reading)
        self._is_clock_off = clock.is_bad
        yield clock
        return True

    def _of_account(self) -> Sequence[tuple[str, Check]]:
        if self.address is None:
            return [("address", self._no_address)]
        address, reader = self.address, self._reader
        return [
            ("address", lambda: [account_checks.role(reader, address)]),
            ("account mode", lambda: [account_checks.mode(reader, address)]),
            ("agent", self._key),
            ("collateral", lambda: [account_checks.collateral(self._account)]),
            ("action budget", self._actions),
            ("request budget", self._requests),
            ("halts", self._state),
        ]

    def _dexes(self) -> Iterator[Finding]:
        if self.settings.exchanges.hyperliquid.dexes:
            yield from dex_checks.standings(self.desk.dexes.standings(self.address))

    def _no_address(self) -> Iterator[Finding]:
        remedy = "`3t connect`, or exchanges.hyperliquid.wallet_address"
        yield warn("address", "there is none: prices only, no account", remedy)

    def _key(self) -> Iterator[Finding]:
        try:
            signer = self.desk.signer
        except ConfigurationError as error:
            remedy = "`3t connect` with the key of an agent"
            yield fail("agent", "; ".join(error.reasons), remedy)
            return
        yield from account_checks.key(
            self._reader,
            account=self.known_address(),
            signer=self.agent if signer is None else signer.address,
            now_ms=self.clock.now_ms(),
            allows_own=self.settings.exchanges.hyperliquid.allow_own_key,
        )
        if signer is None and self.agent is not None:
            yield account_checks.key_of_run()

    def _actions(self) -> Iterator[Finding]:
        use = self.desk.exchange.address_use(self.known_address())
        known = access.address_forecast(self.settings) if self.platform else None
        in_secs = None if known is None else known.exhausted_in_secs
        yield exchange_checks.action_budget(use, in_secs)

    def _requests(self) -> Iterator[Finding]:
        if self.platform is None:
            limit = self.settings.exchanges.hyperliquid.weight_per_minute
            yield ok("request budget", f"{limit} a minute; nothing here uses it now")
            return
        state = access.budget(self.settings, self.clock).state()
        yield exchange_checks.ip_budget(state)

    def _state(self) -> Iterator[Finding]:
        if not self._has_database:
            return
        address = self.known_address()
        if address not in self._store.read(known_addresses):
            yield ok("halts", "nothing was traded from this database yet")
            return
        store = self._store
        yield state_checks.halts(SqlHaltStore(store, account=address).halts())
        intents = SqlIntentStore(store, account=address, signer="")
        yield state_checks.intents(intents.unsettled())
        yield state_checks.equity(SqlLedgerStore(store, account=address).last_check())

    def _products(self) -> Iterator[Finding]:
        if not self._needs:
            return
        asked = ProductQuestions(
            settings=self.settings,
            clock=self.clock,
            desk=self.desk,
            platform=self.platform,
            store=self._store if self._has_database else None,
            catalogue={one.symbol: one for one in self._catalogue},
            account=None if self.address is None else self._account,
        )
        for need in self._needs:
            yield from examined(asked.checks(need), self.wait)

    def _round_trip(self) -> Iterator[Finding]:
        name, reason = "round trip", self.unfit_to_trade()
        if reason:
            yield unknown(name, f"not tried: {reason}", "see that, then ask again")
            return
        symbol = self._needs[0].symbol if self._needs else "BTC"
        product = next((one for one in self._catalogue if one.symbol == symbol), None)
        if product is None or product.quantity_decimals is None:
            yield unknown(name, f"{symbol} is not listed", "see above")
            return
        address = self.known_address()
        rights = self.desk.authority(address, self._reader)
        signer = self.desk.required_signer()
        trip = RoundTrip(
            clock=self.clock,
            desk=self.desk.orders(address, rights, lambda: self._catalogue),
            intents=SqlIntentStore(self._store, account=address, signer=signer.address),
        )
        mark = self.desk.terms.terms(address, symbol).mark
        yield trip.travel(symbol, mark, product.quantity_decimals)

    def unfit_to_trade(self) -> str:
        """Why no order can be sent; "" if one can."""
        hyperliquid, platform = self.settings.exchanges.hyperliquid, self.platform
        is_allowed = self.settings.execution.on_mainnet
        has_key = self.address is not None and self.desk.signer is not None
        reasons = (
            (
                hyperliquid.network == "mainnet" and not is_allowed,
                "execution.on_mainnet is not set",
            ),
            (
                not has_key and self.agent is not None,
                "the agent's key is the running 3T's own",
            ),
            (not has_key, "it needs an account and the key of its agent"),
            (
                not self._has_database,
                "it needs the database, for the intent and its nonce: `3t db migrate`",
            ),
            (
                platform is not None and GATEWAY in platform.alive,
                "the order gateway runs here: stop 3T first",
            ),
            (
                bool(self._redis_reason),
                "Redis does not say whether an order gateway runs",
            ),
            (not self.is_alone, "3T runs in this data folder"),
            (self._is_clock_off, "this machine's clock is wrong, and dates the nonce"),
        )
        return next((words for is_so, words in reasons if is_so), "")

    def known_address(self) -> str:
        if self.address is None:
            raise ConfigurationError(["there is no address"])
        return self.address


def _is_there(settings: Sections) -> bool:
    """A SQLite file would be made by looking."""
    url = root.database_url(settings)
    return url.host is not None or Path(str(url.database)).exists()

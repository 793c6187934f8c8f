"""Wires the doctor's questions about the products that the strategies need."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from threet.accounts.doctor import product_checks
from threet.accounts.doctor.examining import Check
from threet.accounts.doctor.product_checks import Need
from threet.adapters.sql.candle_store import SqlCandleStore
from threet.adapters.sql.database import Database
from threet.adapters.sql.product_store import SqlProductStore
from threet.bootstrap.exchange_desk import ExchangeDesk
from threet.bootstrap.platform_seen import Platform
from threet.config.sections import Sections
from threet.model.accounts import AccountState
from threet.model.findings import Finding
from threet.model.products import Product
from threet.ports.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductQuestions:
    """``catalogue`` is the exchange's; None is what is not there: a platform that
    runs, a migrated database, an account."""

    settings: Sections
    clock: Clock
    desk: ExchangeDesk
    platform: Platform | None
    store: Database | None
    catalogue: Mapping[str, Product]
    account: AccountState | None

    def checks(self, need: Need) -> Sequence[tuple[str, Check]]:
        symbol = need.symbol
        return [
            (f"{symbol} listed", lambda: self._listed(symbol)),
            (f"{symbol} margin", lambda: self._terms(symbol)),
            (f"{symbol} price", lambda: self._price(symbol)),
            (f"{symbol} candles", lambda: self._candles(need)),
        ]

    def _listed(self, symbol: str) -> Iterator[Finding]:
        kept = self.catalogue
        if self.store is not None:
            products = SqlProductStore(self.store).products()
            kept = {one.symbol: one for one in products}
        dexes = self.settings.exchanges.hyperliquid.dexes
        yield from product_checks.listed(symbol, self.catalogue, kept, dexes)

    def _terms(self, symbol: str) -> Iterator[Finding]:
        account, execution = self.account, self.settings.execution
        if account is None or symbol not in self.catalogue:
            return
        yield product_checks.terms(
            symbol,
            self.desk.terms.terms(account.address, symbol),
            account,
            leverage=execution.leverage,
            margin=execution.margin,
        )

    def _price(self, symbol: str) -> Iterator[Finding]:
        platform = self.platform
        yield product_checks.price(
            symbol,
            None if platform is None else platform.ages_ms.get(symbol),
            streams=platform is not None,
            most_age_ms=self.settings.risk.most_price_age_ms,
        )

    def _candles(self, need: Need) -> Iterator[Finding]:
        if self.store is None:
            return
        hot = self.settings.market_data.hot_candles
        store = SqlCandleStore(self.store, hot_candles=hot)
        yield from product_checks.candles(need, store, self.clock.now_ms())

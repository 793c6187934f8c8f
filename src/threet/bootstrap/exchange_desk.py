"""Wires what a command asks of the exchange and does there, beside the processes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from threet.accounts.authority import Authority, authority
from threet.adapters.hyperliquid.asset_terms import HyperliquidAssetTerms
from threet.adapters.hyperliquid.canceling import cancel_by_oid
from threet.adapters.hyperliquid.dex_standings import HyperliquidDexStandings
from threet.adapters.hyperliquid.dexes import BuilderDexes
from threet.adapters.hyperliquid.identity import HyperliquidIdentity
from threet.adapters.hyperliquid.posting import Posting
from threet.adapters.hyperliquid.rest import HyperliquidReader
from threet.adapters.hyperliquid.signing import Signer
from threet.adapters.hyperliquid.trading import Account, HyperliquidOrderDesk
from threet.bootstrap import access
from threet.bootstrap import settings as root
from threet.bootstrap.trading import KEY, require_agents, signer_of
from threet.config.sections import Sections
from threet.market_data.trading_catalogue import TradingCatalogue
from threet.model.errors import ConfigurationError
from threet.model.products import Product
from threet.ports.asset_terms import AssetTermsReader
from threet.ports.clock import Clock
from threet.ports.dex_standings import DexStandings
from threet.ports.identity import IdentityReader
from threet.ports.order_desk import OrderDesk, Outcome
from threet.ports.rate_budget import Priority
from threet.resilience.exchange_manager import ExchangeManager
from threet.resilience.guarded_asset_terms import GuardedAssetTerms
from threet.resilience.guarded_desk import GuardedOrderDesk
from threet.resilience.guarded_dex_standings import GuardedDexStandings
from threet.resilience.guarded_identity import GuardedIdentity
from threet.resilience.guarded_reader import GuardedReader


@dataclass
class ExchangeDesk:
    """With ``is_shared`` each question takes its weight from the platform's budget;
    without a Redis nobody here counts, and few questions are asked. None is repeated:
    whoever types a command sees what came of it."""

    settings: Sections
    clock: Clock
    is_shared: bool
    _postings: list[Posting] = field(default_factory=list, init=False)

    @cached_property
    def exchange(self) -> HyperliquidReader | GuardedReader:
        bare = access.reader(self.settings, self.clock)
        if self._manager is None:
            return bare
        return self._manager.get_exchange(priority=Priority.ACCOUNT)

    @cached_property
    def identity(self) -> IdentityReader:
        bare = HyperliquidIdentity(self._posting("info"))
        return bare if self._manager is None else GuardedIdentity(bare, self._manager)

    @cached_property
    def terms(self) -> AssetTermsReader:
        bare = HyperliquidAssetTerms(self._posting("info"))
        manager = self._manager
        return bare if manager is None else GuardedAssetTerms(bare, manager)

    @cached_property
    def dexes(self) -> DexStandings:
        names = self.settings.exchanges.hyperliquid.dexes
        bare = HyperliquidDexStandings(self._posting("info"), names, self.clock)
        if self._manager is None:
            return bare
        return GuardedDexStandings(bare, self._manager, dexes=len(names))

    @cached_property
    def signer(self) -> Signer | None:
        """Of the configured key. Raises ``ConfigurationError`` for one that is none."""
        return signer_of(self.settings)

    def required_signer(self) -> Signer:
        if self.signer is None:
            raise ConfigurationError([f"{KEY}: an order needs the key of an agent"])
        return self.signer

    def authority(self, account: str, reader: IdentityReader) -> Authority:
        """Raises ``ConfigurationError`` for a key that may not trade."""
        signer = self.required_signer()
        require_agents(self.settings, signer, account)
        now_ms = self.clock.now_ms()
        return authority(
            reader,
            account=account,
            signer=signer.address,
            now_ms=now_ms,
            allows_own=self.settings.exchanges.hyperliquid.allow_own_key,
        )

    def orders(
        self,
        address: str,
        rights: Authority,
        products: Callable[[], Sequence[Product]],
        *,
        by: Signer | None = None,
    ) -> OrderDesk:
        """Signed ``by`` the configured key unless another one is given."""
        catalogue = TradingCatalogue(products, self.clock)
        info, dexes = self._posting("info"), self.settings.exchanges.hyperliquid.dexes
        bare = HyperliquidOrderDesk(
            exchange=self._posting("exchange"),
            info=info,
            signer=by or self.required_signer(),
            account=Account(address=address, vault=rights.vault),
            asset_of=catalogue.asset_of,
            server_ms=self.exchange.server_ms,
            dexes=BuilderDexes(info, dexes, self.clock),
        )
        if self._manager is None:
            return bare
        return GuardedOrderDesk(bare, self._manager, dexes=len(dexes))

    def cancel_number(
        self, rights: Authority, asset: int, oid: int, nonce: int
    ) -> Outcome:
        return cancel_by_oid(
            self._posting("exchange"),
            self.required_signer(),
            asset=asset,
            oid=oid,
            nonce=nonce,
            vault=rights.vault,
        )

    def reconnect(self) -> None:
        """Every later request goes over a new connection."""
        for one in self._postings:
            one.recreate()

    @cached_property
    def _manager(self) -> ExchangeManager | None:
        if not self.is_shared:
            return None
        budget = access.budget(self.settings, self.clock)
        return access.exchange_manager(
            self.settings, self.clock, budget, source="cli", retries_secs=()
        )

    def _posting(self, path: str) -> Posting:
        made = Posting(
            url=f"{root.rest_url(self.settings).rstrip('/')}/{path}",
            clock=self.clock,
            timeout_secs=self.settings.exchanges.hyperliquid.request_timeout_secs,
            connections=2,
        )
        self._postings.append(made)
        return made

"""The composition root: settings in, wired objects out; nothing happens on import."""

from collections.abc import Sequence
from dataclasses import dataclass

from threet.ports.account_store import AccountStore
from threet.ports.candle_store import CandleStore
from threet.ports.clock import Clock
from threet.ports.exchange import ExchangeReader
from threet.ports.live_view import LiveView
from threet.ports.product_store import ProductStore


@dataclass(frozen=True, slots=True, kw_only=True)
class WebParts:
    """What the page and its API are made of; ``address`` is None without an account.

    ``allowed_hosts`` are further names under which a browser may ask, for a server
    that is not on loopback; the loopback names are always allowed.
    """

    clock: Clock
    products: ProductStore
    candles: CandleStore
    accounts: AccountStore
    live: LiveView
    exchange: ExchangeReader
    network: str
    address: str | None
    expected_processes: Sequence[str]
    price_stale_after_ms: int
    account_stale_after_ms: int = 120_000
    process_dead_after_ms: int = 15_000
    host: str = "127.0.0.1"
    port: int = 8080
    allowed_hosts: Sequence[str] = ()

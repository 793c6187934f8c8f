"""What the wirings of trader and order gateway share."""

from collections.abc import Callable

from threet.accounts.news import relay
from threet.adapters.hyperliquid.signing import Signer, Source
from threet.adapters.redis_streams.blocking_publisher import BlockingPublisher
from threet.adapters.sql.database import Database
from threet.adapters.sql.outbox import SqlOutbox
from threet.bootstrap import access
from threet.bootstrap import settings as root
from threet.config.sections import Sections
from threet.model.errors import ConfigurationError

KEY = "exchanges.hyperliquid.private_key"


def told_at_once(settings: Sections, store: Database) -> Callable[[], int]:
    """Tells what waits at once; the worker's own relay tells what this one left."""
    outbox, lengths = SqlOutbox(store), root.stream_lengths(settings)
    publish = BlockingPublisher(access.blocking_redis(settings), lengths).publish
    return lambda: relay(outbox, publish)


def address_of(settings: Sections) -> str:
    address = settings.exchanges.hyperliquid.wallet_address
    if address is None:
        setting = "exchanges.hyperliquid.wallet_address"
        raise ConfigurationError([f"{setting}: trading needs the account's address"])
    return address


def signer_of(settings: Sections) -> Signer | None:
    """Of the configured key. Raises ``ConfigurationError`` for one that is none."""
    hyperliquid = settings.exchanges.hyperliquid
    if hyperliquid.private_key is None:
        return None
    source: Source = "a" if hyperliquid.network == "mainnet" else "b"
    try:
        return Signer(hyperliquid.private_key.get_secret_value(), source)
    except ValueError as error:
        raise ConfigurationError([f"{KEY}: {error}"]) from None


def require_agents(settings: Sections, signer: Signer, account: str) -> None:
    """The key of the account itself is refused: it could do more than trade (S4)."""
    allows_own = settings.exchanges.hyperliquid.allow_own_key
    if signer.address == account and not allows_own:
        reason = f"{KEY}: is the account's own; approve an agent and use its key"
        raise ConfigurationError([reason])

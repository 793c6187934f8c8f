"""What the wirings of trader and order gateway share."""

from collections.abc import Callable

from threet.accounts.news import relay
from threet.adapters.redis_streams.blocking_publisher import BlockingPublisher
from threet.adapters.sql.database import Database
from threet.adapters.sql.outbox import SqlOutbox
from threet.bootstrap import access
from threet.bootstrap import settings as root
from threet.config.sections import Sections
from threet.model.errors import ConfigurationError


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

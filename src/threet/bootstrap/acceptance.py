"""Wires the acceptance cards; what they see is kept as a small report."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from threet.adapters.hyperliquid.account_feed import HyperliquidAccountFeed
from threet.adapters.hyperliquid.signing import Signer
from threet.adapters.sql.trading_store import SqlIntentStore
from threet.adapters.system_clock import block
from threet.bootstrap import processes
from threet.bootstrap import settings as root
from threet.bootstrap.doctor import Doctor
from threet.config.sections import Sections
from threet.execution.acceptance.deck import Card
from threet.execution.acceptance.stand import Seen, Stand
from threet.model.errors import ConfigurationError
from threet.model.orders import Fill, OrderReport
from threet.ports.clock import Clock
from threet.resilience.backoff import Backoff

_LOOK_EVERY_SECS = 0.05
_READY_SECS = 15.0
_LAST_NEWS_SECS = 3.0


def stand(doctor: Doctor, symbol: str) -> Stand:
    """Raises ``ConfigurationError`` where no card may be run, and the ``ExchangeError``
    family."""
    settings = doctor.settings
    if settings.exchanges.hyperliquid.network == "mainnet":
        reason = "acceptance: is refused on mainnet; the cards are for testnet"
        raise ConfigurationError([reason])
    if reason := doctor.unfit_to_trade():
        raise ConfigurationError([f"acceptance: {reason}"])
    address, desk = doctor.known_address(), doctor.desk
    rights = desk.authority(address, desk.identity)
    products = desk.exchange.products()
    found = next((one for one in products if one.symbol == symbol), None)
    if found is None or found.quantity_decimals is None or found.is_delisted:
        raise ConfigurationError([f"--symbol: {symbol!r:.40} is not listed"])
    number = found.asset_id
    if number is None:
        raise ConfigurationError([f"--symbol: {symbol!r:.40} has no number now"])
    signer = desk.required_signer()
    intents = SqlIntentStore(
        processes.database(settings), account=address, signer=signer.address
    )
    clock = doctor.clock
    return Stand(
        clock=clock,
        desk=desk.orders(address, rights, lambda: products),
        stranger=desk.orders(address, rights, lambda: products, by=_nobody()),
        next_nonce=lambda: intents.next_nonce(clock.now_ms()),
        server_ms=desk.exchange.server_ms,
        agents=lambda: desk.identity.agents(address),
        mark=lambda: _mark(doctor, address, symbol),
        wait=block,
        reconnect=desk.reconnect,
        cancel_number=lambda oid: desk.cancel_number(
            rights, number, oid, intents.next_nonce(clock.now_ms())
        ),
        heard=lambda work: asyncio.run(_heard(settings, clock, address, work)),
        symbol=symbol,
        decimals=found.quantity_decimals,
    )


def report(settings: Sections, card: Card, seen: Seen, now_ms: int) -> Path:
    """Written beside the database: what was seen, when, and where."""
    folder = root.data_dir(settings) / "acceptance"
    root.make_private(folder)
    moment = datetime.fromtimestamp(now_ms / 1000, UTC)
    file = folder / f"{card.number:02d}-{moment:%Y%m%dT%H%M%S}.txt"
    network = settings.exchanges.hyperliquid.network
    head = [
        f"card {card.number}: {card.title}",
        f"{network}, {root.rest_url(settings)}, {moment.isoformat(timespec='seconds')}",
        verdict(seen),
    ]
    file.write_text("\n".join([*head, *seen.lines]) + "\n")
    return file


def verdict(seen: Seen) -> str:
    words = {True: "passed", False: "NOT PASSED", None: "seen"}
    return words[seen.is_passed]


def _mark(doctor: Doctor, address: str, symbol: str) -> Decimal:
    return doctor.desk.terms.terms(address, symbol).mark


def _nobody() -> Signer:
    """A key that no account has approved, forgotten at once."""
    return Signer("0x" + secrets.token_hex(32), "b")


@dataclass(slots=True)
class _Ears:
    told: list[str]

    def hear(self, news: Sequence[OrderReport | Fill]) -> None:
        for one in news:
            if isinstance(one, Fill):
                words = f"fill of oid {one.oid}: {one.side.value} {one.quantity:f}"
            else:
                words = f"order {one.oid}: {one.status}, {one.remaining:f} left"
            self.told.append(words)


async def _heard(
    settings: Sections, clock: Clock, address: str, work: Callable[[], None]
) -> Sequence[str]:
    """In the order of the frames; the streams are given a moment after the work."""
    feed = HyperliquidAccountFeed(
        url=root.websocket_url(settings),
        clock=clock,
        backoff=Backoff(seed=clock.now_ms()),
    )
    ears = _Ears([])
    listening = asyncio.create_task(feed.run(address, ears.hear, lambda _: None))
    try:
        async with asyncio.timeout(_READY_SECS):
            while not feed.is_live:  # noqa: ASYNC110  # it tells nobody when it is
                await asyncio.sleep(_LOOK_EVERY_SECS)
        await asyncio.to_thread(work)
        await asyncio.sleep(_LAST_NEWS_SECS)
    except TimeoutError:
        ears.told.append(f"the streams were not there within {_READY_SECS:.0f} s")
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
    return ears.told

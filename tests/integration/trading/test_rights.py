"""A gateway that starts again trades at once, and learns later what its key may do."""

import asyncio
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.integration.trading.followed import Desk, opened, until
from threet.accounts.authority import Authority
from threet.components import order_gateway
from threet.model.errors import ConfigurationError, ExchangeError

DAY_MS = 86_400_000


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path) as made:
        yield made


def alerts(desk: Desk) -> dict[str, str]:
    return {one.name: one.message for one in desk.alerts}


def revoked() -> Authority:
    raise ConfigurationError(["private_key: is of no agent of the account"])


async def test_o12_a_start_by_memory_is_refused_as_soon_as_it_is_known(
    desk: Desk,
) -> None:
    """An account that was unified meanwhile would look as if it had nothing."""
    desk.memory.keep(Authority())
    desk.authority = revoked
    async with desk.running():
        assert desk.process is not None
        with pytest.raises(ConfigurationError):
            await asyncio.wait_for(desk.process, 30)
    assert "private_key" in alerts(desk)["key_refused"]
    assert desk.memory.recall() is None


async def test_o12_a_key_that_was_revoked_is_told_while_it_trades(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on: one odd answer must not leave positions without a gateway. Its next
    start asks before the first order."""
    monkeypatch.setattr(order_gateway, "_RIGHTS_EVERY_SECS", 0.1)
    async with desk.running() as gateway:
        desk.authority = revoked
        await until(lambda: "key_refused" in alerts(desk))
        cycles = int(gateway.figures()["cycles"])
        await until(lambda: int(gateway.figures()["cycles"]) > cycles + 1)
    assert desk.memory.recall() is None


async def test_f33_an_agent_that_ends_soon_is_told_by_a_start_from_memory(
    desk: Desk,
) -> None:
    desk.memory.keep(Authority())
    until_ms = time.time_ns() // 1_000_000 + 13 * DAY_MS
    desk.authority = lambda: Authority(valid_until_ms=until_ms)
    async with desk.running():
        await until(lambda: "agent_expires" in alerts(desk))
    assert desk.memory.recall() == Authority(valid_until_ms=until_ms)


async def test_who_starts_again_trades_though_nobody_answers_for_the_key(
    desk: Desk,
) -> None:
    def unanswered() -> Authority:
        raise ExchangeError("userRole", "timeout")

    desk.memory.keep(Authority())
    desk.authority = unanswered
    async with desk.running():
        desk.want("0.05")
        await until(lambda: desk.position() == Decimal("0.05"))
    assert not alerts(desk)

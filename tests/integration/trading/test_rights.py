"""A gateway that starts again trades at once, and learns later what its key may do."""

import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.integration.trading.followed import Desk, opened, until
from threet.accounts.authority import Authority
from threet.model.errors import ConfigurationError, ExchangeError

DAY_MS = 86_400_000


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with opened(tmp_path) as made:
        yield made


def alerts(desk: Desk) -> dict[str, str]:
    return {one.name: one.message for one in desk.alerts}


async def test_o12_a_key_that_was_revoked_is_told_while_it_trades(desk: Desk) -> None:
    """Whoever reads the alert closes by hand: no order of 3T passes any more. Its next
    start says so before the first one."""

    def revoked() -> Authority:
        raise ConfigurationError(["private_key: is of no agent of the account"])

    desk.memory.keep(Authority())
    desk.authority = revoked
    async with desk.running() as gateway:
        await until(lambda: "key_refused" in alerts(desk))
        cycles = int(gateway.figures()["cycles"])
        await until(lambda: int(gateway.figures()["cycles"]) > cycles)
    assert alerts(desk)["key_refused"] == "private_key: is of no agent of the account"
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

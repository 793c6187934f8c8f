"""Whoever starts again trades by what was known; the exchange is asked afterwards."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from threet.accounts.authority import Authority
from threet.accounts.trading_rights import TradingRights
from threet.adapters.memory.authority_memory import MemoryAuthorityMemory
from threet.adapters.memory.clock import ManualClock
from threet.model.errors import ConfigurationError, DependencyError, ExchangeError
from threet.ports.rate_budget import Priority

NOW_MS = 1_700_000_000_000
VAULT = Authority(vault="0x" + "c" * 40, valid_until_ms=NOW_MS + 1_000)


class Away:
    """A memory that is away."""

    def keep(self, found: Authority) -> None:
        raise DependencyError("redis", "away")

    def forget(self) -> None:
        raise DependencyError("redis", "away")

    def recall(self) -> Authority | None:
        raise DependencyError("redis", "away")


@dataclass
class Exchange:
    answer: Authority | Exception = VAULT
    asked: list[Priority] = field(default_factory=list)

    def ask(self, priority: Priority) -> Authority:
        self.asked.append(priority)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclass
class Lives:
    """One process after the other, with one memory."""

    exchange: Exchange = field(default_factory=Exchange)
    memory: MemoryAuthorityMemory | Away = field(default_factory=MemoryAuthorityMemory)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW_MS))

    def next(self) -> TradingRights:
        return TradingRights(
            ask=self.exchange.ask, memory=self.memory, clock=self.clock
        )


@pytest.fixture
def lives() -> Lives:
    return Lives()


def test_the_second_start_asks_nothing_before_it_trades(lives: Lives) -> None:
    first = lives.next()
    assert first.at_start() == VAULT
    assert first.is_confirmed
    second = lives.next()
    assert second.at_start() == VAULT
    assert not second.is_confirmed
    assert lives.exchange.asked == [Priority.ORDER]


def test_it_is_confirmed_with_weight_that_ways_out_leave(lives: Lives) -> None:
    lives.next().at_start()
    second = lives.next()
    second.at_start()
    lives.exchange.answer = Authority()
    assert second.confirmed() == Authority()
    assert second.is_confirmed
    assert lives.exchange.asked == [Priority.ORDER, Priority.ACCOUNT]
    assert lives.next().at_start() == Authority()


def test_o12_an_agent_whose_end_has_come_is_asked_for(lives: Lives) -> None:
    lives.next().at_start()
    lives.clock.advance(0.999)
    assert not lives.next().at_start().has_ended(lives.clock.now_ms())
    assert len(lives.exchange.asked) == 1
    lives.clock.advance(0.001)
    lives.next().at_start()
    assert len(lives.exchange.asked) == 2


def test_o12_what_was_refused_is_not_recalled(lives: Lives) -> None:
    lives.next().at_start()
    lives.exchange.answer = ConfigurationError(["revoked"])
    running = lives.next()
    running.at_start()
    with pytest.raises(ConfigurationError):
        running.confirmed()
    with pytest.raises(ConfigurationError):
        lives.next().at_start()


def test_an_exchange_that_does_not_answer_takes_nothing_away(lives: Lives) -> None:
    lives.next().at_start()
    lives.exchange.answer = ExchangeError("userRole", "timeout")
    running = lives.next()
    with pytest.raises(ExchangeError):
        running.confirmed()
    assert not running.is_confirmed
    assert lives.next().at_start() == VAULT


@pytest.mark.parametrize("work", [TradingRights.at_start, TradingRights.confirmed])
def test_without_a_memory_the_exchange_is_asked(
    work: Callable[[TradingRights], Authority],
) -> None:
    lives = Lives(memory=Away())
    for _ in range(2):
        assert work(lives.next()) == VAULT
    assert len(lives.exchange.asked) == 2
    lives.exchange.answer = ConfigurationError(["revoked"])
    with pytest.raises(ConfigurationError):
        work(lives.next())

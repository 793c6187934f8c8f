"""What shared fetch state does, in Redis and in RAM."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import cast

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from threet.adapters.memory.clock import ManualClock
from threet.adapters.memory.fetch_state import (
    MemoryFetchMemory,
    MemoryFetchSlots,
    MemoryRateBudget,
)
from threet.adapters.redis_state.fetch_memory import RedisFetchMemory
from threet.adapters.redis_state.fetch_slots import RedisFetchSlots
from threet.adapters.redis_state.rate_budget import RedisRateBudget
from threet.model.candles import Timeframe
from threet.model.errors import InvalidValueError
from threet.ports.fetch_state import FetchMemory, FetchSlots, RateBudget
from threet.ports.rate_budget import Priority

T0 = 1_700_000_040_000
M1 = Timeframe.M1


@dataclass(frozen=True)
class Shared:
    memory: FetchMemory
    slots: FetchSlots  # three of them
    budget: RateBudget
    let_pass: Callable[[float], None]  # lets the implementation's time pass


def make_older(client: "redis.Redis", secs: float) -> None:
    """The server's clock cannot be set, and real time passes while a test looks: so
    what the server keeps is made older instead."""
    for key in client.scan_iter():
        left_ms = client.pttl(key) - int(secs * 1000)
        if client.pttl(key) > 0:
            client.pexpire(key, left_ms) if left_ms > 0 else client.delete(key)
        if client.type(key) == b"hash":
            grow_older(client, key, int(secs))


def grow_older(client: "redis.Redis", key: bytes, secs: int) -> None:
    """Of a budget: its weights are kept by the second in which they were taken."""
    for name, weight in cast("dict[bytes, bytes]", client.hgetall(key)).items():
        at, _, priority = name.decode().partition(":")
        if priority:
            client.hdel(key, name.decode())
            client.hset(key, f"{int(at) - secs}:{priority}", weight.decode())


@pytest.fixture(params=["memory", "redis"])
def shared(request: pytest.FixtureRequest) -> Shared:
    if request.param == "memory":
        clock = ManualClock(T0)
        memory = MemoryFetchMemory(clock)
        slots = MemoryFetchSlots(3)
        return Shared(
            memory,
            slots,
            MemoryRateBudget(clock),
            clock.advance,
        )
    client: redis.Redis = request.getfixturevalue("valkey_client")
    return Shared(
        RedisFetchMemory(client, lambda *_: None),
        RedisFetchSlots(client, limit=3),
        RedisRateBudget(client),
        partial(make_older, client),
    )


def test_nothing_is_remembered_before_it_is_told(shared: Shared) -> None:
    assert shared.memory.newest_closed_ms("BTC", M1) is None
    assert shared.memory.newest_closed_of([]) == []


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(T0, T0 + 10), min_size=1))
def test_memory_never_moves_backwards(shared: Shared, told: list[int]) -> None:
    symbol = f"kPEPE:{told}"
    for open_ms in told:
        shared.memory.remember(symbol, M1, open_ms)
    assert shared.memory.newest_closed_ms(symbol, M1) == max(told)


def test_pairs_are_kept_apart(shared: Shared) -> None:
    shared.memory.remember("xyz:TSLA", M1, T0)
    pairs = [("xyz:TSLA", Timeframe.H1), ("xyz:TSLA", M1), ("XYZ:TSLA", M1)]
    assert list(shared.memory.newest_closed_of(pairs)) == [None, T0, None]


def test_a_pair_is_queued_once(shared: Shared) -> None:
    assert shared.memory.claim("BTC", M1, 60)
    assert not shared.memory.claim("BTC", M1, 60)
    assert shared.memory.claim("BTC", Timeframe.H1, 60)
    shared.memory.release("BTC", M1)
    assert shared.memory.claim("BTC", M1, 60)


def test_a_queued_pair_is_begun_by_one(shared: Shared) -> None:
    shared.memory.claim("BTC", M1, 60)
    with ThreadPoolExecutor(8) as pool:
        begun = list(pool.map(lambda _: shared.memory.begin("BTC", M1, 60), range(8)))
    assert sum(begun) == 1
    assert not shared.memory.claim("BTC", M1, 60)
    shared.memory.release("BTC", M1)
    assert shared.memory.begin("BTC", M1, 60)


def test_a_claim_of_a_dead_holder_lapses(shared: Shared) -> None:
    shared.memory.begin("BTC", M1, 60)
    assert not shared.memory.claim("BTC", M1, 60)
    shared.let_pass(61)
    assert shared.memory.claim("BTC", M1, 60)


def test_nobody_begins_during_a_pause(shared: Shared) -> None:
    shared.memory.begin("BTC", M1, 60)
    shared.memory.release("BTC", M1, pause_secs=60)
    assert not shared.memory.claim("BTC", M1, 60)
    assert not shared.memory.begin("BTC", M1, 60)
    shared.let_pass(61)
    assert shared.memory.begin("BTC", M1, 60)


def test_there_are_only_so_many_slots(shared: Shared) -> None:
    with ExitStack() as held:
        for _ in range(3):
            assert held.enter_context(shared.slots.slot())
        with shared.slots.slot() as is_free:
            assert not is_free
    with shared.slots.slot() as is_free:
        assert is_free


def test_a_slot_is_given_back_after_an_error(shared: Shared) -> None:
    def work() -> None:
        with shared.slots.slot() as is_free:
            raise ValueError("has one" if is_free else "has none")

    for _ in range(4):
        with pytest.raises(ValueError, match="has one"):
            work()


def test_the_budget_is_spent_and_refilled(
    shared: Shared,
) -> None:
    budget = shared.budget
    assert budget.take(1000) == 0
    wait = budget.take(300)
    assert 0 < wait <= 61
    shared.let_pass(wait)
    assert budget.take(300) == 0


def test_what_is_kept_for_others_is_left_for_them(shared: Shared) -> None:
    assert shared.budget.take(1000, keep=120) == 0
    assert 0 < shared.budget.take(100, keep=120) <= 61
    assert shared.budget.take(100) == 0
    assert 0 < shared.budget.take(100) <= 61
    assert shared.budget.take(100, priority=Priority.CANCEL) == 0
    assert 0 < shared.budget.take(1, priority=Priority.CANCEL) <= 61


def test_each_priority_leaves_the_reserves_of_the_higher_ones(shared: Shared) -> None:
    budget = shared.budget
    assert budget.take(1200 - 96) == 0
    assert budget.take(1) > 0
    for priority, reserve in (
        (Priority.ACCOUNT, 36),
        (Priority.ORDER, 24),
        (Priority.REDUCE, 12),
        (Priority.CANCEL, 24),
    ):
        assert budget.take(reserve, priority=priority) == 0
        assert budget.take(1, priority=priority) > 0


def test_a_pause_is_everybodys_but_not_of_a_way_out(shared: Shared) -> None:
    shared.budget.pause(30)
    assert 0 < shared.budget.take(2) <= 30
    assert 0 < shared.budget.state().paused_secs <= 30
    assert shared.budget.take(2, priority=Priority.CANCEL) == 0


def test_a_surcharge_is_counted_afterwards(shared: Shared) -> None:
    shared.budget.take(20, priority=Priority.ACCOUNT)
    shared.budget.charge(100, priority=Priority.ACCOUNT)
    state = shared.budget.state()
    assert state.used_by[Priority.ACCOUNT] == 120
    assert state.used == 120
    assert state.left == 1080
    assert state.left_for[Priority.DATA] == 1080 - 96


def test_a_refused_weight_takes_nothing(shared: Shared) -> None:
    shared.budget.take(1000)
    assert shared.budget.take(105) > 0
    assert shared.budget.take(104) == 0


@pytest.mark.parametrize("weight", [0, -1, 1105])
def test_an_impossible_weight_is_refused(shared: Shared, weight: int) -> None:
    with pytest.raises(InvalidValueError):
        shared.budget.take(weight)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 600), st.floats(0, 30)), max_size=60))
def test_no_minute_sees_more_than_the_budget(asked: list[tuple[int, float]]) -> None:
    """Law: in every window of 60 s, wherever it starts, at most 1200 are taken."""
    clock = ManualClock(T0)
    budget = MemoryRateBudget(clock)
    taken: list[tuple[float, int]] = []
    for weight, secs in asked:
        if budget.take(weight) == 0:
            taken.append((clock.monotonic(), weight))
        clock.advance(secs)
    for start, _ in taken:
        window = [weight for at, weight in taken if start <= at < start + 60]
        assert sum(window) <= 1200


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 600), st.floats(0, 30)), max_size=60))
def test_whoever_waits_as_long_as_he_was_told_gets_it(
    asked: list[tuple[int, float]],
) -> None:
    clock = ManualClock(T0)
    budget = MemoryRateBudget(clock)
    for weight, secs in asked:
        wait = budget.take(weight)
        if wait:
            clock.advance(wait)
            assert budget.take(weight) == 0
        clock.advance(secs)

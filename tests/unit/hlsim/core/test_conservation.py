"""Laws that hold after every action and every block, whatever users do."""

from collections import defaultdict
from hashlib import sha256

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hlsim.core.exchange import Happened
from hlsim.core.journal import Fill
from hlsim.core.orders import Order, Status
from tests.unit.hlsim.core.random_trading import (
    STEPS,
    USERS,
    Step,
    Trading,
    trading,
    waits_ms,
)

LISTS = st.lists(STEPS, min_size=10, max_size=60)
SEEDS = st.integers(0, 2**32)
BOUNDED = settings(
    max_examples=40, deadline=None, suppress_health_check=list(HealthCheck)
)


def no_money_is_made_or_lost(here: Trading) -> None:
    exchange = here.exchange
    held = exchange.clearing.accounts.cash + exchange.transfers.all_spot
    assert held == exchange.transfers.deposited


def every_long_has_its_short(here: Trading) -> None:
    accounts = list(here.exchange.clearing.accounts)
    for asset in range(len(here.exchange.universe)):
        sizes = [one.szi(asset) for one in accounts]
        assert sum(sizes) == 0
        interest = here.exchange.clearing.open_interest.get(asset, 0)
        assert interest == sum(max(one, 0) for one in sizes)


def positions_are_the_sum_of_fills(here: Trading) -> None:
    sums: dict[tuple[str, int], int] = defaultdict(int)
    for user in USERS:
        for one in here.exchange.journal.history(user).fills:
            assert one.start_szi == sums[user, one.asset]
            sums[user, one.asset] += one.sz if one.is_buy else -one.sz
    for (user, asset), szi in sums.items():
        dex = here.exchange.universe[asset].dex
        assert here.exchange.account(user, dex).szi(asset) == szi


def living(here: Trading) -> list[Order]:
    return [one for user in USERS for one in here.exchange.open.of(user)]


def accounts_count_what_rests(here: Trading) -> None:
    bids: dict[tuple[str, int], int] = defaultdict(int)
    asks: dict[tuple[str, int], int] = defaultdict(int)
    for one in living(here):
        rests = not one.waits and not here.exchange.open.is_held_back(one)
        if rests and not one.reduce_only:
            (bids if one.is_buy else asks)[one.user, one.asset] += one.sz
    for account in here.exchange.clearing.accounts.traders:
        for asset in range(len(here.exchange.universe)):
            if here.exchange.universe[asset].dex == account.dex:
                key = account.user, asset
                assert account.bids.get(asset, 0) == bids[key]
                assert account.asks.get(asset, 0) == asks[key]


def the_book_holds_what_rests_and_is_never_crossed(here: Trading) -> None:
    rest = {
        one.oid
        for one in living(here)
        if not one.waits and not here.exchange.open.is_held_back(one)
    }
    booked: set[int] = set()
    for asset in range(len(here.exchange.universe)):
        bid, ask = here.exchange.matching.best_px(asset)
        assert not (bid and ask) or bid < ask
        booked |= {one.oid for one in here.exchange.matching.resting(asset).orders()}
    assert booked == rest


def no_order_without_size_lives_but_a_positions_stop(here: Trading) -> None:
    for one in living(here):
        assert 0 < one.sz <= one.orig_sz or (one.waits and one.is_position_tpsl)
        if one.reduce_only and not one.waits:
            assert here.exchange.executor.reducible(one)


def the_last_status_told_is_true(here: Trading) -> None:
    for user in USERS:
        last = here.exchange.journal.history(user).last
        alive = {one.oid: one for one in here.exchange.open.of(user)}
        told = {oid for oid, one in last.items() if one.status is Status.OPEN}
        held_back = {
            oid for oid, one in alive.items() if here.exchange.open.is_held_back(one)
        }
        assert told == alive.keys() - held_back
        for oid in told:
            assert last[oid].order.sz == alive[oid].sz


LAWS = (
    no_money_is_made_or_lost,
    every_long_has_its_short,
    positions_are_the_sum_of_fills,
    accounts_count_what_rests,
    the_book_holds_what_rests_and_is_never_crossed,
    no_order_without_size_lives_but_a_positions_stop,
    the_last_status_told_is_true,
)


@given(steps=LISTS, seed=SEEDS)
@BOUNDED
def test_all_laws_hold_after_every_action_and_every_block(
    steps: list[Step], seed: int
) -> None:
    here = trading(seed)
    for step in steps:
        for _ in here.do(step):
            for law in LAWS:
                law(here)
        for number, _ in enumerate(here.live(waits_ms(step))):
            if number < 3:
                for law in LAWS:
                    law(here)
        for law in LAWS:
            law(here)


def lived(steps: list[Step], seed: int) -> list[Happened]:
    here = trading(seed)
    for step in steps:
        for _ in here.do(step):
            pass
        for _ in here.live(waits_ms(step)):
            pass
    return here.happened


def digest(steps: list[Step], seed: int) -> str:
    return sha256(msgspec.json.encode(lived(steps, seed))).hexdigest()


@given(steps=LISTS, seed=SEEDS)
@settings(BOUNDED, max_examples=5)
def test_the_same_seed_and_actions_give_the_same_events(
    steps: list[Step], seed: int
) -> None:
    assert digest(steps, seed) == digest(steps, seed)


@given(steps=LISTS, seed=SEEDS)
@settings(BOUNDED, max_examples=10)
def test_a_trade_is_told_to_both_its_users_under_one_id(
    steps: list[Step], seed: int
) -> None:
    keys: dict[tuple[int, int, int], list[Fill]] = defaultdict(list)
    for happened in lived(steps, seed):
        for one in happened.news:
            if isinstance(one, Fill):
                keys[one.time_ms, one.asset, one.tid].append(one)
    for fills in keys.values():
        assert len(fills) <= 2
        assert len({one.is_buy for one in fills}) == len(fills)

"""Agents: makers own the ladders, takers of two kinds trade against them."""

import re

import numpy as np
import pytest

from hlsim.core.rng import draw, stream
from hlsim.market.agents import CALM, Agents, Moves, Role
from hlsim.market.catalogue import listings
from hlsim.market.synthetic import SyntheticMarket
from tests.unit.hlsim.market.living import lived

START = 1_760_000_040_123
AGENTS = Agents(7)
MOMENTUM = set(AGENTS.of(Role.MOMENTUM))


def momentum_trades(heat: int) -> list[tuple[bool, int]]:
    """(bought, amount) of the momentum takers in 4,000 blocks."""
    base = stream(1, 2)
    takings = [
        one
        for index in range(4000)
        for one in AGENTS.takings(draw(base, index), heat, 100)
    ]
    return [(one.buys, one.micro_usd) for one in takings if one.user in MOMENTUM]


def test_every_agent_has_its_own_address() -> None:
    addresses = AGENTS.participants
    assert len(set(addresses)) == len(addresses)
    assert all(re.fullmatch("0x[0-9a-f]{40}", one) for one in addresses)
    assert not set(addresses) & set(Agents(8).participants)


def test_a_trade_is_between_the_makers_of_its_coin_and_a_taker() -> None:
    market = SyntheticMarket(listings(30, 7), seed=7, start_ms=START, history_days=0)
    makers = set(AGENTS.of(Role.MAKER))
    takers = set(market.participants) - makers
    seen = set()
    for block in lived(market, START + 60_000):
        for asset, trades in block.trades:
            for one in trades:
                taker, maker = one.users if one.side == "B" else one.users[::-1]
                assert maker == market.maker(asset)
                assert maker in makers
                assert taker in takers
                seen.add(taker)
    assert len({market.maker(asset) for asset in range(30)}) > 1
    assert seen & MOMENTUM
    assert seen - MOMENTUM


def test_noise_takes_both_sides_alike() -> None:
    base = stream(3, 4)
    buys = [AGENTS.takings(draw(base, i), 0, 100)[0].buys for i in range(4000)]
    assert sum(buys) == pytest.approx(2000, abs=150)


@pytest.mark.parametrize("heat", [CALM, -CALM, 4 * CALM])
def test_momentum_follows_the_move(heat: int) -> None:
    assert {buys for buys, _ in momentum_trades(heat)} == {heat > 0}


def test_momentum_comes_more_often_and_for_more_after_larger_moves() -> None:
    calm, usual, large = (momentum_trades(heat) for heat in (0, CALM, 4 * CALM))
    assert not calm
    assert len(large) > 3 * len(usual) > 0

    def mean(trades: list[tuple[bool, int]]) -> float:
        return sum(amount for _, amount in trades) / len(trades)

    assert mean(large) > 2 * mean(usual)


def test_a_move_is_measured_from_the_recent_average_and_fades() -> None:
    (listing,) = listings(1, 7)
    price = 1_050_000 << 20
    moves = Moves([listing], np.array([price]), 200)
    assert moves.heat(0, price) == 0
    higher = price + price // 2000
    assert moves.heat(0, higher) > CALM
    assert moves.heat(0, price - price // 2000) < -CALM
    assert moves.heat(0, 2 * price) == 4 * CALM
    for _ in range(1000):
        moves.follow(np.array([higher]))
    assert abs(moves.heat(0, higher)) <= 1

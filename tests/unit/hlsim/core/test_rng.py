"""The generator is SplitMix64, alone and by the array."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hlsim.core.rng import (
    BELL_DEVIATION,
    GOLDEN,
    bell,
    bells,
    draw,
    draws,
    mix,
    stream,
)


def test_the_first_draw_of_seed_zero_is_the_published_one() -> None:
    # Reference value of SplitMix64 with state 0.
    assert mix(GOLDEN) == 0xE220A8397B1DCDAF


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**40))
def test_arrays_draw_what_single_streams_draw(base: int, index: int) -> None:
    words = draws(np.array([base], dtype=np.uint64), index)
    assert int(words[0]) == draw(base, index)
    assert int(bells(words)[0]) == bell(int(words[0]))


def test_bells_have_the_stated_deviation() -> None:
    base = stream(7, 1)
    sample = [bell(draw(base, index)) for index in range(20_000)]
    mean = sum(sample) / len(sample)
    deviation = (sum((x - mean) ** 2 for x in sample) / len(sample)) ** 0.5
    assert abs(mean) < BELL_DEVIATION / 50
    assert abs(deviation / BELL_DEVIATION - 1) < 0.02


def test_streams_of_different_keys_differ() -> None:
    assert len({stream(7, 1), stream(7, 2), stream(8, 1), stream(7, 1, 1)}) == 4

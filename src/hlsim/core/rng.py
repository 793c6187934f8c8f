"""Seeded noise by integer arithmetic alone, so that it is the same on every machine.

The generator is SplitMix64 (Steele, Lea, Flood 2014): draw number ``k`` of a stream
is a pure function of the stream's base and ``k``, so that any draw can be had at once.
"""

import numpy as np
from numpy.typing import NDArray

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
# Standard deviation of `bell`, whose four lanes are uniform on 0..65535.
BELL_DEVIATION = 37837

_MIX_1 = 0xBF58476D1CE4E5B9
_MIX_2 = 0x94D049BB133111EB

Words = NDArray[np.uint64]
Integers = NDArray[np.int64]


def mix(state: int) -> int:
    """Scramble one 64-bit state into one 64-bit draw."""
    z = state & MASK
    z = ((z ^ (z >> 30)) * _MIX_1) & MASK
    z = ((z ^ (z >> 27)) * _MIX_2) & MASK
    return z ^ (z >> 31)


def stream(seed: int, *keys: int) -> int:
    """Return the base of the stream that belongs to ``seed`` and ``keys``."""
    base = mix(seed + GOLDEN)
    for key in keys:
        base = mix(base ^ mix(key + GOLDEN))
    return base


def draw(base: int, index: int) -> int:
    """Return draw ``index`` (any integer) of a stream, 64 bits."""
    return mix(base + index * GOLDEN)


def bell(word: int) -> int:
    """Turn a draw into a bell-shaped integer around 0, within +-131070."""
    lanes = (word & 0xFFFF) + (word >> 16 & 0xFFFF) + (word >> 32 & 0xFFFF)
    return lanes + (word >> 48) - 2 * 0xFFFF


def draws(bases: Words, index: int) -> Words:
    """Return draw ``index`` of each stream."""
    return mix_words(bases + np.uint64(index * GOLDEN & MASK))


def draw_rows(bases: Words, first: int, count: int) -> Words:
    """Return draws ``first`` and on of each stream, a row for each of ``count``."""
    steps = np.arange(count, dtype=np.uint64) * np.uint64(GOLDEN)
    starts = bases + np.uint64(first * GOLDEN & MASK)
    return mix_words(starts[None, :] + steps[:, None])


def mix_words(states: Words) -> Words:
    """Scramble many states; equal to `mix` element by element."""
    z = (states ^ (states >> np.uint64(30))) * np.uint64(_MIX_1)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(_MIX_2)
    mixed: Words = z ^ (z >> np.uint64(31))
    return mixed


def bells(words: Words) -> Integers:
    """Turn draws into bell-shaped integers; equal to `bell` element by element."""
    lane = np.uint64(0xFFFF)
    lanes = (words & lane) + (words >> np.uint64(16) & lane)
    lanes = lanes + (words >> np.uint64(32) & lane) + (words >> np.uint64(48))
    centred: Integers = lanes.astype(np.int64) - 2 * 0xFFFF
    return centred

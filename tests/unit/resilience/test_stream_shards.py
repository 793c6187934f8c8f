"""Which connection carries a topic."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from threet.model.topics import Channel, Topic
from threet.resilience.stream_shards import shard_of, split

SYMBOLS = [f"S{number}" for number in range(230)]


@given(st.text(), st.integers(min_value=1, max_value=10))
def test_all_topics_of_a_symbol_are_on_one_connection(symbol: str, shards: int) -> None:
    topics = [Topic(channel, symbol) for channel in Channel]
    shares = split(topics, shards)
    assert sum(bool(share) for share in shares) == 1
    assert list(shares[shard_of(symbol, shards)]) == topics


def test_a_listing_moves_no_other_symbol() -> None:
    before = split([Topic(Channel.QUOTE, one) for one in SYMBOLS], 4)
    after = split([Topic(Channel.QUOTE, one) for one in ["NEW", *SYMBOLS]], 4)
    moved = [set(old) - set(new) for old, new in zip(before, after, strict=True)]
    assert moved == [set(), set(), set(), set()]


def test_symbols_spread_evenly() -> None:
    loads = Counter(shard_of(one, 4) for one in SYMBOLS)
    assert max(loads.values()) < 2 * min(loads.values())


def test_what_concerns_all_symbols_is_on_the_first() -> None:
    assert [shard_of("", shards) for shards in range(1, 11)] == [0] * 10

"""The frames of a session: which come, how often, in which order."""

from collections.abc import Sequence

from hlsim.faults.frames import FrameStream
from hlsim.faults.injector import Injector
from hlsim.faults.kinds import Duplicate, NeverFirst, Reorder, Silence, Stale
from hlsim.faults.occasions import FrameOccasion
from hlsim.faults.plan import Fault

TOPIC = "the book"


def occasion(channel: str = "l2Book") -> FrameOccasion:
    return FrameOccasion(now_ms=0, session=1, channel=channel, coin="BTC")


def sent(fault: Fault, frames: Sequence[bytes], topic: str | None = TOPIC) -> bytes:
    stream = FrameStream(Injector(1, 0, [fault]))
    return b"".join(
        one for frame in frames for one in stream.outgoing(frame, topic, occasion())
    )


FRAMES = [b"a", b"b", b"c", b"d"]


def test_a_silent_frame_is_left_out() -> None:
    assert sent(Silence(nth=2), FRAMES) == b"acd"


def test_a_duplicate_comes_right_after() -> None:
    assert sent(Duplicate(nth=2, times=3), FRAMES) == b"abbbcd"


def test_a_reordered_frame_comes_after_the_next_ones() -> None:
    assert sent(Reorder(nth=2), FRAMES) == b"acbd"
    assert sent(Reorder(nth=1, by=2), FRAMES) == b"bcad"


def test_reordering_all_swaps_pairs_and_loses_none() -> None:
    assert sent(Reorder(), FRAMES) == b"badc"


def test_a_stale_frame_comes_after_a_newer_one() -> None:
    assert sent(Stale(nth=3), FRAMES) == b"abcbd"
    assert sent(Stale(nth=4, back=3), FRAMES) == b"abcda"


def test_there_is_no_stale_frame_before_the_second() -> None:
    assert sent(Stale(), FRAMES) == b"abacbdc"


def test_topics_are_held_and_remembered_apart() -> None:
    stream = FrameStream(Injector(1, 0, [Reorder(nth=1)]))
    assert stream.outgoing(b"a", "one", occasion()) == []
    assert stream.outgoing(b"x", "two", occasion()) == [b"x"]
    assert stream.outgoing(b"b", "one", occasion()) == [b"b", b"a"]


def test_a_subscription_that_never_hears_stays_mute_until_it_is_made_again() -> None:
    stream = FrameStream(Injector(1, 0, [NeverFirst(nth=1)]))
    stream.subscribed(TOPIC, occasion())
    assert stream.outgoing(b"a", TOPIC, occasion()) == []
    assert stream.outgoing(b"x", "other", occasion()) == [b"x"]
    stream.subscribed(TOPIC, occasion())
    assert stream.outgoing(b"b", TOPIC, occasion()) == [b"b"]


def test_replies_are_struck_by_their_channel() -> None:
    stream = FrameStream(Injector(1, 0, [Silence(channels=("pong",))]))
    assert stream.outgoing(b"p", None, occasion("pong")) == []
    assert stream.outgoing(b"e", None, occasion("error")) == [b"e"]

"""Which occasion is struck: by number, by probability, by time; always the same."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlsim.faults.injector import Injector
from hlsim.faults.kinds import (
    ClockSkew,
    Close,
    Delist,
    LoseAnswer,
    LoseRequest,
    Maintenance,
    RefuseRequest,
    Silence,
)
from hlsim.faults.occasions import ConnectionOccasion, FrameOccasion, RequestOccasion
from hlsim.faults.plan import Fault

USER = "0x" + "aB" * 20


def asked(now_ms: int = 0, kind: str = "order", **more: object) -> RequestOccasion:
    options = {"endpoint": "exchange", **more}
    return RequestOccasion(now_ms=now_ms, kind=kind, **options)  # type: ignore[arg-type] # mixed


def framed(channel: str = "bbo", coin: str | None = "BTC") -> FrameOccasion:
    return FrameOccasion(now_ms=0, session=1, channel=channel, coin=coin)


def struck(injector: Injector, times: Sequence[int]) -> list[bool]:
    return [injector.request(asked(now_ms)) is not None for now_ms in times]


def test_without_a_number_every_occasion_is_struck() -> None:
    assert struck(Injector(1, 0, [LoseRequest()]), range(3)) == [True] * 3


def test_the_nth_occasion_is_struck_once() -> None:
    injector = Injector(1, 0, [LoseRequest(nth=3)])
    assert struck(injector, range(5)) == [False, False, True, False, False]


def test_a_count_says_how_many_from_the_nth_on() -> None:
    injector = Injector(1, 0, [LoseRequest(nth=2, count=2)])
    assert struck(injector, range(5)) == [False, True, True, False, False]


def test_a_fault_is_open_from_its_time_for_its_duration() -> None:
    injector = Injector(1, 100, [LoseRequest(after_ms=10, duration_ms=5)])
    assert struck(injector, [109, 110, 114, 115]) == [False, True, True, False]
    injector = Injector(1, 100, [LoseRequest(at_ms=10)])
    assert struck(injector, [9, 10]) == [False, True]


def test_occasions_before_its_time_are_not_counted() -> None:
    injector = Injector(1, 0, [LoseRequest(after_ms=10, nth=2)])
    assert struck(injector, [1, 2, 10, 11]) == [False, False, False, True]


@given(seed=st.integers(0, 2**64 - 1))
def test_a_rate_strikes_about_that_share(seed: int) -> None:
    hits = sum(struck(Injector(seed, 0, [LoseRequest(rate=0.25)]), [0] * 400))
    # 100 expected, standard deviation sqrt(400 / 4 * 3 / 4) = 8.7.
    assert 50 < hits < 150


def test_rates_of_nothing_and_all_are_exact() -> None:
    assert not any(struck(Injector(1, 0, [LoseRequest(rate=0.0)]), range(50)))
    assert all(struck(Injector(1, 0, [LoseRequest(rate=1.0)]), range(50)))


@given(
    seed=st.integers(0, 2**32),
    kinds=st.lists(st.sampled_from(["order", "cancel", "noop"]), max_size=40),
    rate=st.floats(0, 1),
)
def test_the_same_seed_and_occasions_are_struck_alike(
    seed: int, kinds: list[str], rate: float
) -> None:
    faults = [
        LoseAnswer(rate=rate, types=("order",)),
        LoseRequest(rate=rate),
        Close(upon="request", rate=rate),
    ]
    runs = []
    for _ in range(2):
        injector = Injector(seed, 0, faults)
        for number, kind in enumerate(kinds):
            injector.events(asked(number, kind))
            injector.request(asked(number, kind))
        runs.append((list(injector.recent), injector.counters))
    assert runs[0] == runs[1]


def test_another_seed_strikes_others() -> None:
    runs = {
        tuple(struck(Injector(seed, 0, [LoseRequest(rate=0.5)]), range(64)))
        for seed in range(8)
    }
    assert len(runs) == 8


def test_two_faults_of_a_plan_draw_apart() -> None:
    injector = Injector(1, 0, [LoseRequest(rate=0.5), LoseAnswer(rate=0.5)])
    found = {type(injector.request(asked())) for _ in range(64)}
    assert found == {LoseRequest, LoseAnswer, type(None)}


def test_the_first_fault_that_strikes_wins_and_the_other_is_not_used_up() -> None:
    injector = Injector(1, 0, [LoseRequest(nth=1), RefuseRequest(count=1)])
    kinds = [type(injector.request(asked())) for _ in range(3)]
    assert kinds == [LoseRequest, RefuseRequest, type(None)]


@pytest.mark.parametrize(
    ("fault", "hit", "miss"),
    [
        (LoseRequest(types=("order",)), asked(), asked(kind="cancel")),
        (LoseRequest(endpoints=("info",)), asked(endpoint="info"), asked()),
        (LoseRequest(via="ws"), asked(via="ws"), asked()),
        (LoseRequest(users=(USER,)), asked(user=USER.lower()), asked()),
        (LoseRequest(coins=("BTC",)), asked(coins=frozenset({"BTC", "A"})), asked()),
        (LoseRequest(dexes=("xyz",)), asked(dex="xyz"), asked(dex="flx")),
        (LoseRequest(only_triggers=True), asked(has_trigger=True), asked()),
    ],
)
def test_a_filter_of_requests_lets_only_some_match(
    fault: LoseRequest, hit: RequestOccasion, miss: RequestOccasion
) -> None:
    injector = Injector(1, 0, [fault])
    assert injector.request(miss) is None
    assert injector.request(hit) is fault


@pytest.mark.parametrize(
    ("fault", "hit", "miss"),
    [
        (Silence(channels=("bbo",)), framed(), framed("trades")),
        (Silence(coins=("BTC",)), framed(), framed("allMids", None)),
        (Silence(users=(USER,)), FrameOccasion(
            now_ms=0, session=1, channel="user", user=USER.lower()
        ), framed()),
    ],
)  # fmt: skip
def test_a_filter_of_frames_lets_only_some_match(
    fault: Silence, hit: FrameOccasion, miss: FrameOccasion
) -> None:
    injector = Injector(1, 0, [fault])
    assert injector.frame(miss) is None
    assert injector.frame(hit) is fault


def happened(fault: Fault, times: Sequence[int]) -> list[int]:
    injector = Injector(1, 0, [fault])
    return [now_ms for now_ms in times if injector.due(now_ms)]


def test_an_event_happens_once_at_its_time() -> None:
    assert happened(Delist(coin="BTC", after_ms=7), [5, 6, 7, 8, 100]) == [7]
    assert happened(Delist(coin="BTC"), [0, 1]) == [0]


def test_an_event_repeats_until_its_count_or_duration_is_over() -> None:
    often = Close(every_ms=10, count=3)
    assert happened(often, range(0, 100, 5)) == [0, 10, 20]
    assert happened(Close(every_ms=10, duration_ms=25), range(50)) == [0, 10, 20]


def test_beats_that_time_leapt_over_are_left_out() -> None:
    injector = Injector(1, 0, [Close(every_ms=10)])
    assert len(injector.due(0)) == len(injector.due(1_000_005)) == 1
    assert injector.next_due_ms() == 1_000_010


def test_an_event_on_an_occasion_does_not_happen_by_itself() -> None:
    injector = Injector(1, 0, [Delist(coin="BTC", upon="request", nth=2)])
    assert injector.next_due_ms() is None
    assert injector.due(1000) == []
    assert injector.events(asked()) == []
    assert len(injector.events(asked())) == 1


def test_events_count_the_occasions_they_name() -> None:
    frames = Close(upon="frame", nth=1, upon_channels=("bbo",))
    connections = Close(upon="connection", nth=1)
    injector = Injector(1, 0, [frames, connections])
    assert injector.events(framed("trades")) == injector.events(asked()) == []
    (one,) = injector.events(framed())
    (two,) = injector.events(ConnectionOccasion(now_ms=0, number=1))
    assert (one.fault, two.fault) == (frames, connections)


def test_a_state_lasts_as_long_as_it_says() -> None:
    injector = Injector(1, 0, [ClockSkew(by_ms=5, after_ms=10, lasts_ms=10)])
    injector.due(10)
    assert [injector.skew_ms(now) for now in (9, 10, 19, 20)] == [0, 5, 5, 0]


def test_skews_add_up_and_that_by_hand_too() -> None:
    injector = Injector(1, 0, [ClockSkew(by_ms=5), ClockSkew(by_ms=-7)])
    injector.due(0)
    injector.skew_by_hand_ms = 100
    assert injector.skew_ms(10**9) == 98


def test_a_lifted_state_is_over() -> None:
    injector = Injector(1, 0, [Maintenance()])
    injector.due(0)
    assert injector.maintenance(5) is not None
    assert injector.remove(1) is not None
    assert injector.maintenance(5) is None
    assert injector.remove(1) is None


def test_what_was_injected_is_counted_and_told() -> None:
    injector = Injector(1, 0, [LoseRequest(nth=2)])
    struck(injector, [5, 6])
    assert injector.counters == {"lose_request": 1}
    (told,) = injector.recent
    assert (told.at_ms, told.id, told.kind) == (6, 1, "lose_request")
    assert told.about == "exchange order by http"


def test_a_fault_added_later_counts_its_time_from_then() -> None:
    injector = Injector(1, 0)
    injector.add(LoseRequest(after_ms=10), 1000)
    assert struck(injector, [1009, 1010]) == [False, True]

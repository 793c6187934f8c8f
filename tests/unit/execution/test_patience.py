"""After a refusal there is a pause; the dead man's switch is armed only to protect."""

import pytest

from threet.execution.dead_man import Arm, DeadMan, Disarm
from threet.execution.refusals import Kind, Refusals

SECOND = 1_000


def begun(after_ms: int = 30 * SECOND) -> DeadMan:
    """A process that has taken back what one before it may have armed."""
    man = DeadMan(after_ms)
    man.disarmed()
    return man


def test_o8_f42_refusals_in_a_row_wait_longer_and_longer() -> None:
    refusals, now, waits = Refusals(), 0.0, []
    for _ in range(12):
        refusals.refused("BTC", Kind.ADDS, now)
        waits.append(refusals.wait_secs("BTC", Kind.ADDS, now))
        now += waits[-1]
    assert waits[:3] == [2, 4, 8]
    assert waits[-1] == 300
    assert refusals.wait_secs("ETH", Kind.ADDS, now) == 0
    refusals.accepted("BTC", Kind.ADDS)
    assert refusals.wait_secs("BTC", Kind.ADDS, now - 1) == 0


@pytest.mark.parametrize("refused", [Kind.ADDS, Kind.PROTECTS])
def test_a_way_out_is_held_up_by_no_other_kind(refused: Kind) -> None:
    refusals = Refusals()
    for _ in range(9):
        refusals.refused("BTC", refused, 0)
    assert refusals.wait_secs("BTC", refused, 0) > 0
    assert refusals.wait_secs("BTC", Kind.REDUCES, 0) == 0
    assert refusals.count("BTC", Kind.REDUCES) == 0


@pytest.mark.parametrize("kind", [Kind.REDUCES, Kind.PROTECTS])
def test_a_way_out_and_a_stop_are_tried_again_soon(kind: Kind) -> None:
    refusals = Refusals()
    for _ in range(9):
        refusals.refused("BTC", kind, 0)
    assert refusals.wait_secs("BTC", kind, 0) == 10


def test_the_switch_is_armed_while_quotes_rest_and_pushed_on_in_time() -> None:
    man = begun()
    assert man.due(0, has_quotes=False, has_stops=False) is None
    assert man.due(0, has_quotes=True, has_stops=False) == Arm(30 * SECOND)
    man.armed(30 * SECOND)
    assert man.due(5 * SECOND, has_quotes=True, has_stops=False) is None
    assert man.due(11 * SECOND, has_quotes=True, has_stops=False) == Arm(41 * SECOND)


def test_what_an_earlier_process_armed_is_taken_back_once() -> None:
    man = DeadMan(0)
    assert man.due(0, has_quotes=False, has_stops=True) == Disarm()
    man.not_disarmed(0)  # nothing to take back, or no requests left: nobody knows
    assert man.due(1, has_quotes=False, has_stops=True) is None
    assert man.due(600 * SECOND, has_quotes=False, has_stops=True) == Disarm()
    man.disarmed()
    assert man.due(601 * SECOND, has_quotes=False, has_stops=True) is None


def test_what_an_earlier_process_armed_is_pushed_on_where_quotes_rest() -> None:
    man = DeadMan(30 * SECOND)
    assert man.due(0, has_quotes=True, has_stops=False) == Arm(30 * SECOND)
    man.armed(30 * SECOND)
    assert man.due(31 * SECOND, has_quotes=False, has_stops=True) is None


def test_it_would_cancel_stops_so_it_is_taken_back_when_there_are_any() -> None:
    man = begun()
    assert man.due(0, has_quotes=True, has_stops=True) is None
    man.armed(30 * SECOND)
    assert man.due(1, has_quotes=True, has_stops=True) == Disarm()
    man.disarmed()
    assert man.due(2, has_quotes=True, has_stops=True) is None


def test_refused_for_want_of_volume_it_is_left_alone_for_an_hour() -> None:
    man = DeadMan(30 * SECOND)
    man.refused(0)
    assert man.due(3_599 * SECOND, has_quotes=True, has_stops=False) is None
    assert man.due(3_600 * SECOND, has_quotes=True, has_stops=False) is not None


def test_switched_off_it_is_never_armed() -> None:
    assert begun(0).due(0, has_quotes=True, has_stops=False) is None

"""Whether and when a process that ended is started again."""

from threet.resilience.restart_policy import EXIT_CONFIGURATION, RestartPolicy


def test_a_crash_loop_slows_down_but_never_ends() -> None:
    policy = RestartPolicy()
    pauses = []
    for number in range(12):
        policy.started(number * 1.0)
        pause = policy.ended(1, number * 1.0 + 0.5)
        assert pause is not None
        pauses.append(pause)
    assert pauses[0] < 1
    assert 10 <= pauses[-1] <= 20


def test_a_steady_run_is_forgiven_its_past() -> None:
    policy = RestartPolicy()
    for _ in range(8):
        policy.started(0.0)
        policy.ended(1, 0.1)
    policy.started(100.0)
    pause = policy.ended(-9, 200.0)
    assert pause is not None
    assert pause < 1


def test_a_wrong_configuration_is_not_tried_again() -> None:
    policy = RestartPolicy()
    policy.started(0.0)
    assert policy.ended(EXIT_CONFIGURATION, 1.0) is None

"""A plan is read whole, or refused with everything that is wrong with it."""

import msgspec
import pytest

from hlsim.faults.kinds import KINDS, Close, LoseAnswer, Plan
from hlsim.faults.reading import PlanError, read_fault, read_plan

USER = "0x" + "aB" * 20


def problems(raw: object) -> list[str]:
    with pytest.raises(PlanError) as caught:
        read_plan(raw)
    return caught.value.problems


def test_a_plan_keeps_the_order_of_its_faults() -> None:
    raw = {
        "seed": 3,
        "faults": [
            {"kind": "lose_answer", "instead": 502, "types": ["order"], "rate": 0.5},
            {"kind": "close", "after_ms": 1000, "code": 4000},
        ],
    }
    first = LoseAnswer(instead=502, types=("order",), rate=0.5)
    second = Close(after_ms=1000, code=4000)
    assert read_plan(raw) == Plan(faults=(first, second), seed=3)


def test_a_plan_without_faults_is_a_plan() -> None:
    assert read_plan({}) == read_plan({"faults": None}) == Plan()


def test_every_error_is_told_with_its_place() -> None:
    raw = {
        "sed": 1,
        "seed": "x",
        "faults": [
            {"kind": "lose_answer", "rate": 1.5, "nht": 2, "instead": 200},
            {"kind": "explode"},
            {"kind": "delay_request"},
            7,
            {"kind": "silence", "nth": 0, "rate": "often"},
        ],
    }
    told = [text.partition(": ")[0] for text in problems(raw)]
    assert told == [
        "unknown key 'sed'",
        "seed",
        "faults[0].rate",
        "faults[0]",
        "faults[0].instead",
        "faults[1].kind",
        "faults[2].by_ms",
        "faults[3]",
        "faults[4].nth",
        "faults[4].rate",
    ]
    with pytest.raises(PlanError, match=r"wrong: unknown key 'sed'; seed: must be an"):
        read_plan(raw)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ({"kind": "silence", "after_ms": 1, "at_ms": 2}, "after_ms and at_ms exclude"),
        ({"kind": "silence", "nth": 1, "rate": 0.5}, "nth and rate exclude"),
        ({"kind": "delist", "coin": "BTC", "nth": 1}, "nth and rate need upon"),
        ({"kind": "close", "upon": "request"}, "upon needs nth or rate"),
        (
            {"kind": "close", "upon": "frame", "nth": 1, "every_ms": 5},
            "upon and every_ms exclude",
        ),
        ({"kind": "clock_skew", "by_ms": 1, "duration_ms": 5}, "need upon or every_ms"),
        ({"kind": "close", "upon_types": ["order"]}, "upon_types needs upon: request"),
        (
            {"kind": "close", "upon_channels": ["bbo"]},
            "upon_channels needs upon: frame",
        ),
        ({"kind": "close", "code": 1006}, "no close frame may carry code 1006"),
    ],
)
def test_a_fault_that_contradicts_itself_is_refused(
    fault: dict[str, object], text: str
) -> None:
    (told,) = problems({"faults": [fault]})
    assert told.startswith(f"faults[0]: {text}") or text in told


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "liquidate", "user": 0xAA},
        {"kind": "liquidate", "user": "0xabc"},
        {"kind": "enlist", "coin": "NEW", "px": "NaN"},
        {"kind": "enlist", "coin": "NEW", "px": "1", "sz_decimals": 7},
        {"kind": "lose_answer", "instead": "shrug"},
        {"kind": "post_only"},
        {"kind": ["close"]},
    ],
)
def test_values_that_do_not_fit_are_refused(fault: dict[str, object]) -> None:
    assert len(problems({"faults": [fault]})) == 1


@pytest.mark.parametrize("raw", [[], None, "x", {"faults": {}}, {"faults": "x"}])
def test_what_is_no_plan_is_refused(raw: object) -> None:
    assert len(problems(raw)) == 1


def test_each_kind_has_one_name_and_says_which_row_it_serves() -> None:
    names = [one.__struct_config__.tag for one in KINDS]
    assert len(set(names)) == len(KINDS)
    assert all(one.__doc__ and one.__doc__[0] in "WOM" for one in KINDS)


def test_a_fault_is_written_as_it_is_read() -> None:
    raw = {"kind": "lose_answer", "instead": 502, "users": [USER], "nth": 3}
    assert msgspec.to_builtins(read_fault(raw, "it")) == raw | {"users": (USER,)}

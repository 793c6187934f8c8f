"""A plan is read from a YAML file, or refused with a sentence."""

from pathlib import Path

import pytest

from hlsim.faults.kinds import Plan, Silence
from hlsim.server.plans import load_plan


def test_a_plan_is_a_yaml_file(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text("seed: 5\nfaults:\n  - {kind: silence, coins: [BTC]}\n")
    assert load_plan(file) == Plan(faults=(Silence(coins=("BTC",)),), seed=5)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("faults: [", "is no YAML"),
        ("", "must be a mapping"),
        ("faults: [{kind: liquidate, user: 0xaa}]", r"faults\[0\]\.user: Expected"),
        ("faults: !!python/object/apply:os.getcwd []", "is no YAML"),
        ("\x00", "is no YAML"),
    ],
)
def test_a_file_that_is_no_plan_is_refused(
    tmp_path: Path, text: str, sentence: str
) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(text)
    with pytest.raises(ValueError, match=sentence) as caught:
        load_plan(file)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"cannot read .*nowhere\.yaml: No such file"):
        load_plan(tmp_path / "nowhere.yaml")

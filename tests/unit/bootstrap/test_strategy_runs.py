"""What is wrong with the configured runs is told before anything starts, all of it."""

import pytest

from threet.bootstrap.strategy_runs import configured
from threet.config.sections import Sections
from threet.model.errors import ConfigurationError


def settings(*runs: dict[str, object]) -> Sections:
    return Sections.model_validate({"strategies": runs})


def test_every_run_has_its_strategy() -> None:
    run: dict[str, object] = {
        "name": "mine",
        "strategy": "donchian",
        "parameters": {"entry_bars": 9},
    }
    ((made, strategy),) = configured(settings(run))
    assert made.name == "mine"
    assert strategy.needs().bars == 21


def test_all_that_is_wrong_is_told_at_once() -> None:
    wrong: tuple[dict[str, object], ...] = (
        {"name": "a", "strategy": "nope"},
        {"name": "b", "strategy": "ema_trend", "parameters": {"fast": 60, "slow": 20}},
        {"name": "b", "strategy": "ema_trend", "parameters": {"sybol": "BTC"}},
    )
    with pytest.raises(ConfigurationError) as refused:
        configured(settings(*wrong))
    told = str(refused.value)
    assert "strategies.0: strategy 'nope'" in told
    assert "strategies.1: strategy ema_trend: fast must be below slow" in told
    assert "sybol" in told
    assert "b is the name of several runs" in told

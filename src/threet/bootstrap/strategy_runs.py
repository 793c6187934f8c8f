"""The strategy runs that the settings name, each with its strategy."""

from collections.abc import Sequence

from threet.config.sections import Sections, StrategySettings
from threet.model.errors import ConfigurationError
from threet.strategies.catalogue import made
from threet.strategies.strategy import Strategy


def configured(settings: Sections) -> Sequence[tuple[StrategySettings, Strategy]]:
    """Raises ``ConfigurationError`` with every reason: a strategy or a parameter that
    is none, a name given twice."""
    found, reasons = [], []
    for number, run in enumerate(settings.strategies):
        try:
            found.append((run, made(run.strategy, run.parameters)))
        except ConfigurationError as error:
            reasons += [f"strategies.{number}: {reason}" for reason in error.reasons]
    names = [run.name for run in settings.strategies]
    twice = sorted({name for name in names if names.count(name) > 1})
    reasons += [f"strategies: {name} is the name of several runs" for name in twice]
    if reasons:
        raise ConfigurationError(reasons)
    return found

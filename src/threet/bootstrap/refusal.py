"""How a process ends whose configuration is wrong."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from threet.model.errors import ConfigurationError
from threet.resilience.restart_policy import EXIT_CONFIGURATION


@contextmanager
def telling_refusals() -> Iterator[None]:
    """For every ``main``: all reasons on stderr, and an exit code that no supervisor
    takes for a crash to be tried again."""
    try:
        yield
    except ConfigurationError as error:
        sys.stderr.write("3t: refused:\n")
        sys.stderr.writelines(f"  - {reason}\n" for reason in error.reasons)
        raise SystemExit(EXIT_CONFIGURATION) from None

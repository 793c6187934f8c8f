"""`3t init`: what the containers need and the repository cannot hold."""

import sys
from pathlib import Path

from threet import bootstrap
from threet.cli import stack_files, stack_trading
from threet.cli.stack_files import ENVIRONMENT, SECRETS, VARIANTS
from threet.model.errors import ConfigurationError


def make(variant: str | None, *, trading: bool) -> None:
    """Says what it wrote. Raises ``ConfigurationError``."""
    if not Path("docker-compose.yml").exists():
        reason = "3t init: run it in 3T's own folder, where docker-compose.yml lies"
        raise ConfigurationError([reason])
    if variant is not None and variant not in VARIANTS:
        raise ConfigurationError([f"--variant: is one of {', '.join(VARIANTS)}"])
    network = bootstrap.config().exchanges.hyperliquid.network
    chosen = None if variant is None else VARIANTS[variant]
    written = stack_files.complete_environment(network, chosen)
    is_new = stack_files.make_secrets(network)
    what = f"wrote {', '.join(written)}" if written else "nothing was missing"
    sys.stdout.write(f"{ENVIRONMENT}: {what}\n")
    what = "made, with no key in it" if is_new else "kept as it is"
    sys.stdout.write(f"{SECRETS}: {what}\n")
    if trading or stack_trading.is_on():
        for line in stack_trading.switch_on(network):
            sys.stdout.write(f"{line}\n")

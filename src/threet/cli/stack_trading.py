"""`3t init --trading`: the containers that trade, and an agent for the simulator."""

import secrets

from threet.adapters.hyperliquid.signing import Signer
from threet.bootstrap.embedded import DEMO_ADDRESS
from threet.cli.stack_files import (
    ENVIRONMENT,
    SECRETS,
    set_variables,
    variables,
    write_privately,
)
from threet.cli.yaml_text import value_at, with_value
from threet.model.errors import ConfigurationError

PROFILE = "trading"
_SIMULATOR = "simulator"
_PROFILES = "COMPOSE_PROFILES"
_SECTION = ("exchanges", "hyperliquid")
_KEY = (*_SECTION, "private_key")
_ADDRESS = (*_SECTION, "wallet_address")


def is_on() -> bool:
    """Whether it was switched on before."""
    return PROFILE in _profiles()


def switch_on(network: str) -> list[str]:
    """What was done, a sentence each; a second time nothing.

    Raises ``ConfigurationError`` where there is no agent's key, and none to be made.
    """
    said = _complete_account() if network == _SIMULATOR else []
    key = value_at(SECRETS.read_text(), _KEY)
    if key is None:
        reason = f"{SECRETS}: holds no agent's key to trade with; `3t connect` first"
        raise ConfigurationError([reason])
    # Without the simulator's profile its exchange is not started.
    ours = [_SIMULATOR, PROFILE] if network == _SIMULATOR else [PROFILE]
    others = [one for one in _profiles() if one not in (_SIMULATOR, PROFILE)]
    wanted = {_PROFILES: ",".join([*ours, *others])}
    if network == _SIMULATOR:
        wanted["HLSIM_AGENT"] = _agent_of(key)
    written = set_variables(wanted)
    return [*said, *(f"{ENVIRONMENT}: wrote {name}" for name in written)]


def _profiles() -> list[str]:
    text = variables(ENVIRONMENT.read_text()).get(_PROFILES, "")
    return [name.strip() for name in text.split(",") if name.strip()]


def _complete_account() -> list[str]:
    """The simulated exchange has funds for one account, and obeys whom we name."""
    text = SECRETS.read_text()
    said = []
    address = value_at(text, _ADDRESS)
    if address is None:
        text = with_value(text, _ADDRESS, DEMO_ADDRESS)
        said.append(f"{SECRETS}: wrote the account of the simulated exchange")
    elif str(address).lower() != DEMO_ADDRESS:
        reason = (
            f"{SECRETS}: wallet_address: the containers' simulated exchange has funds "
            f"for {DEMO_ADDRESS} alone"
        )
        raise ConfigurationError([reason])
    if value_at(text, _KEY) is None:
        text = with_value(text, _KEY, "0x" + secrets.token_hex(32))
        said.append(f"{SECRETS}: made the key of an agent, worth nothing elsewhere")
    if said:
        write_privately(SECRETS, text)
    return said


def _agent_of(key: object) -> str:
    try:
        return Signer(str(key), "b").address
    except ValueError:
        reason = f"{SECRETS}: private_key: must be 0x and 64 hex digits, in quotes"
        raise ConfigurationError([reason]) from None

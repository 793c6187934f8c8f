"""Roles, agents and vault leaders (HYPERLIQUID.md 2)."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from threet.adapters.hyperliquid import answers
from threet.adapters.hyperliquid.posting import Posting
from threet.model.errors import InvalidValueError
from threet.ports.identity import AccountMode, Agent, Role, Standing


class WireOwner(msgspec.Struct, frozen=True):
    user: str | None = None
    master: str | None = None


class WireRole(msgspec.Struct, frozen=True):
    role: Literal["missing", "user", "agent", "subAccount", "vault"]
    data: WireOwner | None = None


class WireAgent(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    address: str
    valid_until: int | None = None


class WireVault(msgspec.Struct, frozen=True):
    leader: str


# "dexAbstraction" moves collateral between the exchange's own dexes, not to spot.
_MODES = {
    "default": AccountMode.SEPARATE,
    "disabled": AccountMode.SEPARATE,
    "dexAbstraction": AccountMode.SEPARATE,
    "unifiedAccount": AccountMode.UNIFIED,
    "portfolioMargin": AccountMode.PORTFOLIO,
}
_MODE: msgspec.json.Decoder[str] = msgspec.json.Decoder(str)
_ROLE: msgspec.json.Decoder[WireRole] = msgspec.json.Decoder(WireRole)
_AGENTS: msgspec.json.Decoder[list[WireAgent]] = msgspec.json.Decoder(list[WireAgent])
_VAULT: msgspec.json.Decoder[WireVault | None] = msgspec.json.Decoder(WireVault | None)


class HyperliquidIdentity:
    """Implements ``threet.ports.identity.IdentityReader``."""

    def __init__(self, info: Posting) -> None:
        self._info = info

    def standing(self, address: str) -> Standing:
        body = self._info.ask("userRole", {"type": "userRole", "user": address})
        return answers.read("userRole", body, _ROLE, _standing)

    def agents(self, address: str) -> Sequence[Agent]:
        body = self._info.ask("extraAgents", {"type": "extraAgents", "user": address})
        return answers.read("extraAgents", body, _AGENTS, _agents)

    def mode(self, address: str) -> AccountMode:
        question = {"type": "userAbstraction", "user": address}
        body = self._info.ask("userAbstraction", question)
        return answers.read("userAbstraction", body, _MODE, _mode)

    def leader(self, vault: str) -> str | None:
        question = {"type": "vaultDetails", "vaultAddress": vault}
        body = self._info.ask("vaultDetails", question)
        return answers.read("vaultDetails", body, _VAULT, _leader)


def _standing(told: WireRole) -> Standing:
    owner = None if told.data is None else told.data.user or told.data.master
    return Standing(Role(told.role), None if owner is None else owner.lower())


def _mode(told: str) -> AccountMode:
    if told not in _MODES:
        raise InvalidValueError("userAbstraction", f"be one of {list(_MODES)}", told)
    return _MODES[told]


def _agents(told: Sequence[WireAgent]) -> Sequence[Agent]:
    return [
        Agent(
            address=one.address.lower(),
            name=one.name,
            valid_until_ms=one.valid_until,
        )
        for one in told
    ]


def _leader(told: WireVault | None) -> str | None:
    return None if told is None else told.leader.lower()

"""Agent wallets: approved under a name, until a time, replaced by name (§4)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from hlsim.core.intervals import DAY_MS
from hlsim.core.refusal import Refused

LONGEST_NAME = 16
NAMED_AGENTS = 3
NAMED_AGENTS_PER_SUB_ACCOUNT = 2
NOBODY = "0x" + "0" * 40
_EXPIRING_NAME = re.compile(r"(?P<name>.*) valid_until (?P<ms>[0-9]{1,18})", re.DOTALL)

ALREADY_USED = Refused("Extra agent already used.")
DOES_NOT_EXIST = Refused("Extra agent does not exist.")
VALIDITY_OVER = Refused("Agent valid_until already expired.")
REMOVAL_PENDING = Refused("User has pending agent removal")
NAME_TOO_LONG = Refused("Agent name is too long.")  # a guess


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRules:
    """How long agents live, in milliseconds; as third parties measured it in 2026.

    Without `valid_until` an agent gets ``default_validity_ms``, more than
    ``longest_validity_ms`` is refused, and for ``removal_ms`` after a removal nothing
    else is approved.
    """

    default_validity_ms: int = 90 * DAY_MS
    longest_validity_ms: int = 180 * DAY_MS
    removal_ms: int = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A key that signs for ``master`` until ``valid_until`` (ms); unnamed is ""."""

    address: str
    name: str
    master: str
    valid_until: int

    def is_alive(self, now_ms: int) -> bool:
        """Whether it may still sign."""
        return now_ms < self.valid_until


@dataclass(frozen=True, slots=True)
class Approved:
    """An approval done; ``retired`` are the agents that it ended, if any."""

    retired: tuple[str, ...] = ()


class Agents:
    """All agents, by address and by the name that their master gave them."""

    def __init__(self, rules: AgentRules) -> None:
        """Begin without agents."""
        self._rules = rules
        self._by_address: dict[str, Agent] = {}
        self._named: dict[str, dict[str, Agent]] = {}
        self._removal_ends_ms: dict[str, int] = {}

    def living(self, address: str, now_ms: int) -> Agent | None:
        """Return the agent at ``address``, None if there is none or it has expired."""
        agent = self._by_address.get(address)
        return agent if agent and agent.is_alive(now_ms) else None

    def of(self, master: str, now_ms: int) -> Iterator[Agent]:
        """Yield the living agents of ``master``, the oldest approved name first."""
        named = self._named.get(master, {})
        return (one for one in named.values() if one.is_alive(now_ms))

    def approve(
        self,
        master: str,
        address: str,
        signed_name: str,
        *,
        sub_accounts: int,
        now_ms: int,
    ) -> Approved | Refused:
        """Let ``address`` sign for ``master``, in the place of its namesake.

        ``signed_name`` may end in ` valid_until <ms>`; the zero address only removes.
        """
        if now_ms < self._removal_ends_ms.get(master, now_ms):
            return REMOVAL_PENDING
        name, valid_until = self._parse_name(signed_name, now_ms)
        if address == NOBODY:
            return self._remove(master, name, now_ms)
        agent = Agent(
            address=address, name=name, master=master, valid_until=valid_until
        )
        if refused := self._refusal(agent, sub_accounts, now_ms):
            return refused
        return self._put(agent, now_ms)

    def expire(self, address: str, now_ms: int) -> None:
        """End an agent's life now; KeyError if ``address`` is none."""
        agent = replace(self._by_address[address], valid_until=now_ms)
        self._by_address[address] = agent
        self._named[agent.master][agent.name] = agent

    def _parse_name(self, signed_name: str, now_ms: int) -> tuple[str, int]:
        if expiring := _EXPIRING_NAME.fullmatch(signed_name):
            return expiring["name"], int(expiring["ms"])
        return signed_name, now_ms + self._rules.default_validity_ms

    def _refusal(self, agent: Agent, sub_accounts: int, now_ms: int) -> Refused | None:
        if len(agent.name) > LONGEST_NAME:
            return NAME_TOO_LONG
        latest = now_ms + self._rules.longest_validity_ms
        if not now_ms < agent.valid_until <= latest:
            return VALIDITY_OVER
        if self.living(agent.address, now_ms):
            return ALREADY_USED
        most = NAMED_AGENTS + NAMED_AGENTS_PER_SUB_ACCOUNT * sub_accounts
        others = {one.name for one in self.of(agent.master, now_ms)} - {"", agent.name}
        if agent.name and len(others) >= most:
            return Refused(
                "Too many extra agents for cumulative volume traded. "
                f"Current limit is {most}"
            )
        return None

    def _put(self, agent: Agent, now_ms: int) -> Approved:
        retired = [
            one
            for one in self._named.get(agent.master, {}).values()
            if one.name == agent.name or not one.is_alive(now_ms)
        ]
        if former := self._by_address.get(agent.address):
            self._drop(former)
        for one in retired:
            self._drop(one)
        self._by_address[agent.address] = agent
        self._named.setdefault(agent.master, {})[agent.name] = agent
        return Approved(tuple(one.address for one in retired))

    def _remove(self, master: str, name: str, now_ms: int) -> Approved | Refused:
        agent = self._named.get(master, {}).get(name)
        if agent is None:
            return DOES_NOT_EXIST
        self._drop(agent)
        self._removal_ends_ms[master] = now_ms + self._rules.removal_ms
        return Approved((agent.address,))

    def _drop(self, agent: Agent) -> None:
        self._by_address.pop(agent.address, None)
        self._named[agent.master].pop(agent.name, None)

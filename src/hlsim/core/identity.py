"""Who may act for whom: users, their agents, sub-accounts and vaults (§3, §4).

Addresses are lower-case with ``0x`` throughout.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from hlsim.core.agents import ALREADY_USED, Agent, AgentRules, Agents, Approved
from hlsim.core.refusal import Refused
from hlsim.core.sub_accounts import SubAccount, SubAccountRules, SubAccounts

RoleName = Literal["missing", "user", "agent", "vault", "subAccount"]
# For actions that no vault may do, and for all that are user-signed; seen by others.
VAULT_MAY_NOT = Refused("Vault may not perform this action.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who signed, whose key that is, and whose account is acted on.

    ``signer`` counts nonces, ``user`` counts actions and holds orders and positions;
    ``master`` is the user that the signer is or serves.
    """

    signer: str
    master: str
    user: str


@dataclass(frozen=True, slots=True)
class Role:
    """What `userRole` tells; ``master`` of an agent or a sub-account only."""

    name: RoleName
    master: str | None = None


class Identities:
    """Every address that means something here."""

    def __init__(
        self,
        *,
        vaults: Mapping[str, str] | None = None,
        agent_rules: AgentRules | None = None,
        sub_account_rules: SubAccountRules | None = None,
    ) -> None:
        """Begin with ``vaults``, each with its leader, and no user."""
        self._users: set[str] = set()
        self._vaults = dict(vaults or {})
        self._agents = Agents(agent_rules or AgentRules())
        self._sub_accounts = SubAccounts(sub_account_rules or SubAccountRules())

    def add_user(self, address: str) -> None:
        """Let ``address`` exist, because it was funded; again is nothing."""
        self._users.add(address)

    def is_known(self, signer: str, now_ms: int) -> bool:
        """Tell whether ``signer`` is a user or a living agent."""
        return self._master_of(signer, now_ms) is not None

    def first_known(self, candidates: Iterable[str], now_ms: int) -> str:
        """Return the first of ``candidates`` that is known, else the first of all.

        An L1 action may have been signed for one of several networks: each gives a
        candidate, and further ones are not asked for. ValueError if there is none.
        """
        first = None
        for candidate in candidates:
            if self.is_known(candidate, now_ms):
                return candidate
            first = first or candidate
        if first is None:
            raise ValueError("no candidate")
        return first

    def resolve(
        self, signer: str, vault_address: str | None, now_ms: int
    ) -> Actor | Refused:
        """Tell on whose account an L1 action of ``signer`` is done.

        That ``vault_address`` belongs to somebody else is answered as if it did not
        exist, which is a guess.
        """
        master = self._master_of(signer, now_ms)
        if master is None:
            return Refused(f"User or API Wallet {signer} does not exist.")
        if vault_address is None:
            return Actor(signer=signer, master=master, user=master)
        if self.leader(vault_address) != master:
            return Refused(f"Vault not registered: {vault_address}")
        return Actor(signer=signer, master=master, user=vault_address)

    def resolve_user_signed(
        self, signer: str, vault_address: str | None = None
    ) -> Actor | Refused:
        """Tell on whose account a user-signed action is done: the signer's own.

        An agent's key stands for itself here, and that it never deposited (§3.2).
        """
        if vault_address is not None:
            return VAULT_MAY_NOT
        if signer not in self._users:
            return _must_deposit(signer)
        return Actor(signer=signer, master=signer, user=signer)

    def leader(self, address: str) -> str | None:
        """Return who leads the vault or owns the sub-account, None if it is neither."""
        if one := self._sub_accounts.find(address):
            return one.master
        return self._vaults.get(address)

    def role(self, address: str, now_ms: int) -> Role:
        """Return what `userRole` tells."""
        if agent := self._agents.living(address, now_ms):
            return Role("agent", agent.master)
        if one := self._sub_accounts.find(address):
            return Role("subAccount", one.master)
        if address in self._vaults:
            return Role("vault")
        return Role("user" if address in self._users else "missing")

    def agents(self, master: str, now_ms: int) -> tuple[Agent, ...]:
        """Return the living named agents of ``master``, as `extraAgents` lists them."""
        return tuple(one for one in self._agents.of(master, now_ms) if one.name)

    def unnamed_agent(self, master: str, now_ms: int) -> Agent | None:
        """Return the agent without a name, which only `webData3` shows, if any."""
        named = self._agents.of(master, now_ms)
        return next((one for one in named if not one.name), None)

    def sub_accounts(self, master: str) -> tuple[SubAccount, ...]:
        """Return the sub-accounts of ``master``, the oldest first."""
        return self._sub_accounts.of(master)

    def approve_agent(
        self, master: str, address: str, name: str, now_ms: int
    ) -> Approved | Refused:
        """Let ``address`` sign L1 actions for ``master`` and all that it leads.

        ``name`` is as signed: "" for the unnamed one, ` valid_until <ms>` at its end
        for an expiry. The zero address removes the agent of that name. The nonces of
        the agents that it retires are to be forgotten (`Nonces.forget`).
        """
        if master not in self._users:
            return _must_deposit(master)
        if address in self._users or self.leader(address):
            return ALREADY_USED
        count = len(self.sub_accounts(master))
        return self._agents.approve(
            master, address, name, sub_accounts=count, now_ms=now_ms
        )

    def expire_agent(self, address: str, now_ms: int) -> None:
        """End an agent's life now (a fault); KeyError if ``address`` is no agent."""
        self._agents.expire(address, now_ms)

    def create_sub_account(
        self, master: str, name: str, volume: int
    ) -> SubAccount | Refused:
        """Open a sub-account for ``master``, who has traded ``volume`` (millionths)."""
        if master not in self._users:
            return _must_deposit(master)
        return self._sub_accounts.create(master, name, volume)

    def _master_of(self, signer: str, now_ms: int) -> str | None:
        if agent := self._agents.living(signer, now_ms):
            return agent.master
        return signer if signer in self._users else None


def _must_deposit(address: str) -> Refused:
    return Refused(f"Must deposit before performing actions. User: {address}")

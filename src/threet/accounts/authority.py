"""May this key trade for this account? Asked before the first order, not by it (O12).

A wrong or an expired agent looks healthy until the first order (F32, F33), and a
sub-account or a vault is traded by naming it in what its master's agent signs (F31).
"""

from dataclasses import dataclass

from threet.model.errors import ConfigurationError
from threet.ports.identity import AccountMode, IdentityReader, Role, Standing

EXPIRY_WARNED_MS = 14 * 86_400_000
_KEY = "exchanges.hyperliquid.private_key"
_ADDRESS = "exchanges.hyperliquid.wallet_address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """``vault`` is the address to name in what is signed, None for an account of its
    own. ``valid_until_ms`` is None where the exchange tells no end."""

    vault: str | None = None
    valid_until_ms: int | None = None

    def has_ended(self, now_ms: int) -> bool:
        return self.valid_until_ms is not None and self.valid_until_ms <= now_ms

    def expires_soon(self, now_ms: int) -> bool:
        until_ms = self.valid_until_ms
        return until_ms is not None and until_ms - now_ms < EXPIRY_WARNED_MS


def authority(
    reader: IdentityReader,
    *,
    account: str,
    signer: str,
    now_ms: int,
    allows_own: bool = False,
) -> Authority:
    """``allows_own``: the key of the account itself, or of a sub-account's master, is
    no reason to refuse.

    Raises ``ConfigurationError`` for a key that may not trade for the account, and
    the ``ExchangeError`` family.
    """
    account, signer = account.lower(), signer.lower()
    signing = reader.standing(signer)
    is_own = signing == Standing(Role.AGENT, account)
    # A question about a role is dear: whose agent it is says that it is a user's.
    standing = Standing(Role.USER) if is_own else reader.standing(account)
    master = _master(reader, account, standing)
    is_agent = signing == Standing(Role.AGENT, master)
    if not (is_agent or (allows_own and signer == master)):
        raise ConfigurationError([_not_an_agent(signer, master, signing)])
    _require_separate(reader.mode(account), account)
    until_ms = _valid_until_ms(reader, master, signer)
    if until_ms is not None and until_ms <= now_ms:
        reason = f"{_KEY}: the agent {signer} has expired; approve a new one"
        raise ConfigurationError([reason])
    is_other = standing.role in {Role.SUB_ACCOUNT, Role.VAULT}
    return Authority(vault=account if is_other else None, valid_until_ms=until_ms)


def _require_separate(mode: AccountMode, account: str) -> None:
    if mode is not AccountMode.SEPARATE:
        reason = (
            f"{_ADDRESS}: the collateral of {account} is {mode.value}: its equity "
            "would look like 0; switch it back to separate accounts at the exchange"
        )
        raise ConfigurationError([reason])


def _master(reader: IdentityReader, account: str, standing: Standing) -> str:
    """Whose agent must have signed."""
    match standing.role:
        case Role.USER:
            return account
        case Role.SUB_ACCOUNT if standing.owner is not None:
            return standing.owner
        case Role.VAULT:
            leader = reader.leader(account)
            if leader is not None:
                return leader
        case Role.AGENT:
            reason = (
                f"{_ADDRESS}: {account} is an agent; write the address of the account "
                f"it signs for, {standing.owner}"
            )
            raise ConfigurationError([reason])  # F30: it would look empty
        case _:
            pass
    reason = f"{_ADDRESS}: the exchange knows no account {account}; pay something in"
    raise ConfigurationError([reason])


def _not_an_agent(signer: str, master: str, signing: Standing) -> str:
    if signing.role is Role.AGENT:
        return f"{_KEY}: {signer} is the agent of {signing.owner}, not of {master}"
    return f"{_KEY}: {signer} is no agent of {master}; approve it at the exchange"


def _valid_until_ms(reader: IdentityReader, master: str, signer: str) -> int | None:
    for one in reader.agents(master):
        if one.address == signer:
            return one.valid_until_ms
    return None

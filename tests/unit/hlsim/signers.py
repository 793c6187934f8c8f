"""Signs actions for tests, by the official SDK.

The keys are fixtures: of nobody, and for this simulator alone.
"""

from collections.abc import Mapping
from typing import Any

from eth_account import Account
from hyperliquid.utils.signing import sign_agent, sign_l1_action

MASTER_KEY = "0x" + "01" * 32  # fixture
MASTER = Account.from_key(MASTER_KEY).address.lower()
OTHER_KEY = "0x" + "02" * 32  # fixture
OTHER = Account.from_key(OTHER_KEY).address.lower()
AGENT_KEY = "0x" + "03" * 32  # fixture
AGENT = Account.from_key(AGENT_KEY).address.lower()


def signed(
    action: Mapping[str, Any],
    nonce: int,
    *,
    key: str = MASTER_KEY,
    vault: str | None = None,
    expires_after: int | None = None,
) -> dict[str, Any]:
    """Return the body of /exchange, signed for testnet as the SDK does for any URL."""
    wallet = Account.from_key(key)
    signature = sign_l1_action(wallet, action, vault, nonce, expires_after, False)
    return {
        "action": action,
        "nonce": nonce,
        "signature": signature,
        "vaultAddress": vault,
        "expiresAfter": expires_after,
    }


def approval(agent: str, name: str, nonce: int) -> dict[str, Any]:
    """Return the body by which MASTER lets an agent sign for it."""
    action = {
        "type": "approveAgent",
        "agentAddress": agent,
        "agentName": name,
        "nonce": nonce,
    }
    signature = sign_agent(Account.from_key(MASTER_KEY), action, False)
    return {"action": action, "nonce": nonce, "signature": signature}

"""The gate: who asks, and whether the asking itself is in order (§1.4, §3.3, §4).

The order of the checks is a guess: identity, expiry, nonce, address budget.
"""

from collections.abc import Iterable

import msgspec

from hlsim.core.address_budget import AddressBudgets
from hlsim.core.commands import Command
from hlsim.core.identity import Actor, Identities
from hlsim.core.nonces import Nonces, check_expiry
from hlsim.core.refusal import Refused


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """What surrounds a command: who may have signed it, and until when it counts.

    ``signers`` are tried in turn (a signature does not say for which network it was
    made); ``is_user_signed`` is true for what only the account's own wallet may sign.
    """

    signers: Iterable[str]
    nonce: int
    vault: str | None = None
    expires_after: int | None = None
    is_user_signed: bool = False


class Gate:
    """Lets commands in, or says why not."""

    def __init__(self, identities: Identities, budgets: AddressBudgets) -> None:
        """Ask ``identities`` who somebody is and count in ``budgets``."""
        self._identities = identities
        self._budgets = budgets
        self.nonces = Nonces()

    def admit(self, asking: Asking, command: Command, now_ms: int) -> Actor | Refused:
        """Return on whose account the command is to be carried out."""
        signer = self._identities.first_known(asking.signers, now_ms)
        if asking.is_user_signed:
            actor = self._identities.resolve_user_signed(signer, asking.vault)
        else:
            actor = self._identities.resolve(signer, asking.vault, now_ms)
        if isinstance(actor, Refused):
            return actor
        budget = self._budgets.of(actor.user)
        expired = check_expiry(asking.expires_after, now_ms)
        if expired is not None:
            budget.charge_expired(command.weight)
            return expired
        refused = self.nonces.take(actor.signer, asking.nonce, now_ms)
        if refused is None:
            refused = budget.take(command.weight, now_ms, cancels=command.only_cancels)
        return refused or actor

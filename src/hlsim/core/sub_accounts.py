"""Sub-accounts: named accounts without a key, that their master acts for (§4)."""

from dataclasses import dataclass
from hashlib import sha256

from hlsim.core.address_budget import dollars_text
from hlsim.core.numbers import USD
from hlsim.core.refusal import Refused

ADDRESS_BYTES = 20
TOO_MANY = Refused("Too many sub-accounts")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubAccountRules:
    """What must be traded for sub-accounts; volumes in millionths of a dollar.

    The first ``allowed`` need ``first_volume``, each of the rest ``next_volume`` more.
    """

    first_volume: int = 100_000 * USD
    allowed: int = 10
    next_volume: int = 100_000_000 * USD
    most: int = 50

    def limit(self, volume: int) -> int:
        """Return how many sub-accounts a master that traded ``volume`` may have."""
        return min(self.allowed + volume // self.next_volume, self.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubAccount:
    """An account of ``master``."""

    address: str
    name: str
    master: str


class SubAccounts:
    """All sub-accounts, by address and by master."""

    def __init__(self, rules: SubAccountRules) -> None:
        """Begin without any."""
        self._rules = rules
        self._by_address: dict[str, SubAccount] = {}
        self._by_master: dict[str, list[SubAccount]] = {}

    def find(self, address: str) -> SubAccount | None:
        """Return the sub-account at ``address``, None if there is none."""
        return self._by_address.get(address)

    def of(self, master: str) -> tuple[SubAccount, ...]:
        """Return those of ``master``, the oldest first."""
        return tuple(self._by_master.get(master, ()))

    def create(self, master: str, name: str, volume: int) -> SubAccount | Refused:
        """Open one more for a master that has traded ``volume``."""
        if volume < self._rules.first_volume:
            return Refused(
                "Cannot create sub-accounts until enough volume traded. "
                f"Required: ${dollars_text(self._rules.first_volume)}. "
                f"Traded: ${dollars_text(volume)}."
            )
        number = len(self.of(master))
        if number >= self._rules.limit(volume):
            return TOO_MANY
        address = sub_account_address(master, number)
        one = SubAccount(address=address, name=name, master=master)
        self._by_address[address] = one
        self._by_master.setdefault(master, []).append(one)
        return one


def sub_account_address(master: str, number: int) -> str:
    """Return the address of a master's sub-account, counted from 0; ours alone."""
    digest = sha256(f"sub-account {number} of {master}".encode()).digest()
    return "0x" + digest[:ADDRESS_BYTES].hex()

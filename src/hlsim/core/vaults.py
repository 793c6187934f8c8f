"""Vaults: whose money a vault trades with, as shares of what it is worth.

A deposit buys shares at the vault's worth of then, a withdrawal sells them at that of
now: profit and loss are everybody's by their share. What a vault holds before anybody
paid in is its leader's. No commission is taken, and nothing is locked up.
"""

from hlsim.core.numbers import divided


class Vaults:
    """The shares of all vaults."""

    def __init__(self) -> None:
        """Begin without shares."""
        self._shares: dict[str, dict[str, int]] = {}

    def holders(self, vault: str) -> list[str]:
        """Return who has shares of a vault, in the order of their first deposit."""
        return [user for user, held in self._shares.get(vault, {}).items() if held]

    def of(self, user: str) -> list[str]:
        """Return the vaults that a user has shares of."""
        return [one for one, held in self._shares.items() if held.get(user)]

    def equity(self, user: str, vault: str, value: int) -> int:
        """Return what a user's shares are worth in a vault worth ``value``."""
        shares = self._shares.get(vault, {})
        total = sum(shares.values())
        return max(value, 0) * shares.get(user, 0) // total if total else 0

    def found(self, leader: str, vault: str, value: int) -> None:
        """Let the leader own what a vault without shares is worth."""
        if not self.holders(vault) and value > 0:
            self._shares[vault] = {leader: value}

    def buy(self, user: str, vault: str, usd: int, value: int) -> None:
        """Give shares for a deposit into a vault that was worth ``value`` before."""
        shares = self._shares.setdefault(vault, {})
        total = sum(shares.values())
        bought = usd if not total else divided(usd * total, max(value, 1))
        shares[user] = shares.get(user, 0) + bought

    def sell(self, user: str, vault: str, usd: int, value: int) -> None:
        """Take shares for a withdrawal from a vault that was worth ``value`` before."""
        shares = self._shares[vault]
        sold = -(-usd * sum(shares.values()) // max(value, 1))
        shares[user] = max(shares[user] - sold, 0)

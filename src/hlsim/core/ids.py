"""Order ids and transaction hashes: the same for the same seed and the same actions."""

from hlsim.core.rng import draw, stream

_FIRST_OID = 77_000_000_000


class Ids:
    """Hands out ids in the order in which things happen."""

    def __init__(self, seed: int) -> None:
        """Begin at the first id."""
        self._oid = _FIRST_OID
        self._hashes = 0
        self._base = stream(seed, 0x1D)

    def oid(self) -> int:
        """Return the next order id."""
        self._oid += 1
        return self._oid

    def tx_hash(self) -> str:
        """Return the hash of the next transaction."""
        self._hashes += 4
        base, first = self._base, self._hashes
        return (
            f"0x{draw(base, first):016x}{draw(base, first + 1):016x}"
            f"{draw(base, first + 2):016x}{draw(base, first + 3):016x}"
        )

"""Fills as they were told, each once; what follows from them about positions."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from threet.model.orders import Fill


class FillStore(Protocol):
    """Of one account. Raises ``DependencyError``; then nothing was changed."""

    def record(self, fills: Sequence[Fill]) -> Sequence[Fill]:
        """Keep those that are new, and return them."""

    def newest_ms(self) -> int | None:
        """The time of the newest; None while there is none."""

    def expected(self) -> Mapping[str, Decimal]:
        """Of each symbol with a fill what its position must be, 0 included: what it was
        before the first kept fill, and all fills since."""

    def forget(self) -> None:
        """All of them: a simulated exchange that began anew knows none."""

    def recent(self, limit: int, symbol: str | None = None) -> Sequence[Fill]:
        """The newest ``limit``, oldest first."""

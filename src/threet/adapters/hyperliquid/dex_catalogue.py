"""The products of builder dexes, numbered by where their dex stands now (M1, F44).

What is true of one dex says nothing of another, nor of the first. A dex whose catalogue
cannot be read, or that is missing from the list, keeps the products it had, so that it
does not look delisted; without a number nothing is sent for them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from threet.adapters.hyperliquid import answers
from threet.adapters.hyperliquid.dexes import USDC_TOKEN, BuilderDexes
from threet.model.errors import ExchangeError, MalformedAnswerError, RateLimitedError
from threet.model.products import Product, dex_of

# Builder dex n (1, 2 ...) has the numbers from 100000 + 10000 n on (HYPERLIQUID.md 3).
_FIRST_NUMBER = 100_000
_NUMBERS_A_DEX = 10_000

# Told when it changes what is the matter with a dex: its name, and what; "" is nothing.
Tell = Callable[[str, str], None]


def tell_nobody(dex: str, reason: str) -> None:
    del dex, reason


@dataclass(slots=True)
class DexCatalogue:
    dexes: BuilderDexes
    tell: Tell = tell_nobody
    _known: dict[str, Sequence[Product]] = field(default_factory=dict)
    _told: dict[str, str] = field(default_factory=dict)

    def products(self) -> Sequence[Product]:
        """Raises ``RateLimitedError`` only: then nobody asks anything for a while."""
        if not self.dexes.names:
            return []
        try:
            places = self.dexes.numbers()
        except RateLimitedError:
            raise
        except ExchangeError as error:
            reason = f"the list of dexes cannot be read: {error}"
            return [one for dex in self.dexes.names for one in self._kept(dex, reason)]
        return [one for dex in self.dexes.names for one in self._of(dex, places)]

    def amiss(self, dex: str) -> str:
        """What was the matter with it when it was last read; "" is nothing."""
        return self._told.get(dex, "")

    def _of(self, dex: str, places: Mapping[str, int]) -> Sequence[Product]:
        if dex not in places:
            return self._kept(dex, "the exchange lists no such dex")
        try:
            meta = self._read(dex)
        except RateLimitedError:
            raise
        except ExchangeError as error:
            return self._kept(dex, f"its catalogue cannot be read: {error}")
        if meta.collateral_token != USDC_TOKEN:
            self._known.pop(dex, None)
            self._say(dex, "its collateral is not USDC, in which 3T reckons")
            return []
        self._say(dex, "")
        base = _FIRST_NUMBER + places[dex] * _NUMBERS_A_DEX
        self._known[dex] = answers.products(meta, base)
        return self._known[dex]

    def _read(self, dex: str) -> answers.WireMeta:
        meta = self.dexes.meta(dex)
        if any(dex_of(asset.name) != dex for asset in meta.universe):
            raise MalformedAnswerError(f"meta {dex}", "holds products of another dex")
        return meta

    def _kept(self, dex: str, reason: str) -> Sequence[Product]:
        self._say(dex, reason)
        return [replace(one, asset_id=None) for one in self._known.get(dex, ())]

    def _say(self, dex: str, reason: str) -> None:
        if self._told.get(dex, "") != reason:
            self._told[dex] = reason
            self.tell(dex, reason)
